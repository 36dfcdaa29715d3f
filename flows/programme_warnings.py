"""Warn of what runs, and what people would still stumble over."""

from __future__ import annotations

from collections.abc import Iterator

from flows.programme import Programme, Step, Texts
from flows.programme_read import Problem

# What a card may say before its details.
MOST_WORDS = 40


def warnings(programme: Programme, file: str) -> tuple[Problem, ...]:
    """Return what works and is still worth a look."""
    found = (*_wording(programme), *_languages(programme), *_silence(programme))
    return tuple(Problem(file, place, key, what, fix) for place, key, what, fix in found)


Found = Iterator[tuple[str, str, str, str]]  # place, key, what, fix


def _place(step: Step) -> str:
    return f'step "{step.id}"'


def _wording(programme: Programme) -> Found:
    for step in programme.steps():
        for role, texts in step.text:
            for code, words in texts:
                of = f"the text for {role or 'everybody'} ({code})"
                if len(words.split()) > MOST_WORDS:
                    yield (
                        _place(step),
                        "text",
                        f"{of} has {len(words.split())} words",
                        f"say it in {MOST_WORDS} or fewer",
                    )
                if "!" in words:
                    yield _place(step), "text", f"{of} has an exclamation mark", "say it calmly"
        for asked in step.who:
            if step.text and asked not in dict(step.text) and "" not in dict(step.text):
                yield _place(step), "text", f"the {asked} reads only the title", f"add a text for {asked}"


def _languages(programme: Programme) -> Found:
    """Find texts that lack a language which other texts of the programme have."""
    spoken = {code for _, _, texts in _texts(programme) for code, _ in texts}
    for place, key, texts in _texts(programme):
        missing = sorted(spoken - {code for code, _ in texts})
        if missing:
            yield (
                place,
                key,
                f"not written in {', '.join(missing)}",
                f"add it; until then people read {texts[0][0]}",
            )


def _texts(programme: Programme) -> Iterator[tuple[str, str, Texts]]:
    yield "programme", "title", programme.title
    for phase in programme.phases:
        yield f'phase "{phase.id}"', "title", phase.title
    for step in programme.steps():
        yield _place(step), "title", step.title
        for _, texts in step.text:
            yield _place(step), "text", texts


def _silence(programme: Programme) -> Found:
    """Find what nobody would notice."""
    if not any(step.kind == "closing" for step in programme.steps()):
        yield "programme", "", "there is no step of kind closing", "add one, so that prompts end"
    for phase in programme.phases:
        for key, written in (("objectives", phase.objectives), ("criteria", phase.criteria)):
            if not written:
                yield f'phase "{phase.id}"', key, "nothing is written", "say it in a line or two"
