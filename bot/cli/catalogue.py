"""Collect the texts that people read into bot/locale/telemachy.pot: `python -m bot.cli.catalogue --write`."""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.catalogues import FOLDER, TEMPLATE, faults, read
from bot.markup import BadTemplate, placeholders

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "flows", "adapters")
# The keywords, each with how many of its first arguments are texts.
_KEYWORDS = {"say": 1, "say_n": 2}
# Here Say is made from given texts: its own module, which defines both keywords.
_HOME = Path("bot/content.py")
# A comment above a text that begins like this is handed on to its translators.
_TAG = "Translators"
_HEADER = """\
# The texts of telemachy; renewed by `python -m bot.cli.catalogue --write`.
msgid ""
msgstr ""
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


@dataclass(frozen=True, slots=True)
class Found:
    """A text of ours with the file it stands in; `plural` is empty where nothing is counted."""

    msgid: str
    plural: str
    file: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A text that cannot be collected, with its place and the fix."""

    file: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.why}"


def collect(root: Path = ROOT, packages: Sequence[str] = PACKAGES) -> tuple[list[Found], list[Wrong]]:
    """Read every text of the packages, in the order of their files."""
    found: list[Found] = []
    wrong: list[Wrong] = []
    for package in packages:
        for file in sorted((root / package).rglob("*.py")):
            name = file.relative_to(root)
            if name != _HOME:
                both = list(texts_in(file.read_text(encoding="utf-8"), name.as_posix()))
                found += [one for one in both if isinstance(one, Found)]
                wrong += [one for one in both if isinstance(one, Wrong)]
    return found, wrong


def texts_in(source: str, file: str) -> Iterator[Found | Wrong]:
    """Read the texts of one module; a text that is not written out is wrong."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source, file)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name == "Say" and (node.args or any(key.arg == "msgid" for key in node.keywords)):
            yield Wrong(file, node.lineno, "write say(…), say_n(…) or told(…): Say(…) is collected by nobody")
        elif name in _KEYWORDS:
            yield from _read(node, _KEYWORDS[name], file, _comment_above(lines, node.lineno))


def template_text(found: Sequence[Found]) -> str:
    """Return the catalogue's template: the same texts give the same bytes on every day and machine."""
    catalogue = Catalog(charset="utf-8", fuzzy=False)
    for one in sorted(found, key=lambda text: (text.msgid, text.file)):
        catalogue.add(
            (one.msgid, one.plural) if one.plural else one.msgid,
            locations=[(one.file, 0)],
            auto_comments=[one.comment] if one.comment else [],
        )
    written = BytesIO()
    write_po(written, catalogue, width=100, omit_header=True, sort_output=True, include_lineno=False)
    return _HEADER + written.getvalue().decode("utf-8")


def problems(root: Path = ROOT, template: Path = TEMPLATE, folder: Path = FOLDER) -> list[str]:
    """Return what is to be mended: texts not written out, a stale template, incomplete catalogues."""
    found, wrong = collect(root)
    told = [*map(str, wrong), *clashes(found)]
    if told:
        return told
    now = template_text(found)
    if not template.exists() or template.read_text(encoding="utf-8") != now:
        return [f"{template.name} is stale: run `python -m bot.cli.catalogue --write`"]
    return [
        f"{file.name}: {fault}"
        for file in sorted(folder.glob("*.po"))
        for fault in faults(read(file), read(template))
    ]


def clashes(found: Sequence[Found]) -> list[str]:
    """Return texts that are counted in one place and not in another, which no catalogue can hold."""
    plurals: dict[str, set[str]] = {}
    for one in found:
        plurals.setdefault(one.msgid, set()).add(one.plural)
    return [
        f"{msgid!r} has several plurals: {', '.join(map(repr, sorted(forms)))}; reword one of them"
        for msgid, forms in sorted(plurals.items())
        if len(forms) > 1
    ]


def _read(call: ast.Call, count: int, file: str, comment: str) -> Iterator[Found | Wrong]:
    variants = [_literals(argument) for argument in call.args[:count]]
    if len(variants) < count or any(not texts for texts in variants):
        yield Wrong(file, call.lineno, "the text must be written out here, to be collected for translation")
        return
    counted = {"n"} if count > 1 else set()
    given = {key.arg for key in call.keywords}
    for msgid, plural in zip(variants[0], variants[1] if counted else [""] * len(variants[0]), strict=True):
        try:
            needed = placeholders(msgid) | placeholders(plural)
        except BadTemplate as error:
            yield Wrong(file, call.lineno, str(error))
            continue
        # Values that come as **values are seen by the Reader only.
        if None not in given and given != needed - counted:
            yield Wrong(
                file,
                call.lineno,
                f"{msgid!r} needs the values {_named(needed - counted)}, not {_named(given)}",
            )
        yield Found(msgid, plural, file, comment)


def _literals(node: ast.expr) -> list[str]:
    match node:
        case ast.Constant(str(text)) if text:
            return [text]
        case ast.IfExp(body=yes, orelse=no):
            both = (_literals(yes), _literals(no))
            return [*both[0], *both[1]] if all(both) else []
    return []


def _named(names: Collection[str | None]) -> str:
    return ", ".join(sorted(f"{{{name}}}" for name in names)) or "none"


def _comment_above(lines: Sequence[str], line: int) -> str:
    above: list[str] = []
    for text in reversed(lines[: line - 1]):
        stripped = text.strip()
        if not stripped.startswith("#"):
            return ""
        above.insert(0, stripped.lstrip("# "))
        if above[0].startswith(_TAG):
            return " ".join(above)
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the catalogues, or write their template anew."""
    parser = argparse.ArgumentParser(prog="python -m bot.cli.catalogue", description=__doc__)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument(
        "--check", action="store_true", help="say what is stale or incomplete; fail if anything is"
    )
    choice.add_argument("--write", action="store_true", help=f"renew {TEMPLATE.name}")
    if parser.parse_args(arguments).check:
        return _report(problems())
    found, wrong = collect()
    faulty = [*map(str, wrong), *clashes(found)]
    if not faulty:
        TEMPLATE.write_text(template_text(found), encoding="utf-8")
    return _report(faulty)


def _report(found: Sequence[str]) -> int:
    for one in found:
        print(one, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
