"""Translations: read from bot/locale/*.po when first needed, and offered only where nothing is missing."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.markup import BadTemplate, placeholders

SOURCE = "en"
FOLDER = Path(__file__).parent / "locale"
TEMPLATE = FOLDER / "telemachy.pot"


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that people may choose: the source's, then those with a faultless catalogue."""
    found = sorted(file.stem for file in FOLDER.glob("*.po"))
    return (SOURCE, *(language for language in found if translations(language) is not None))


@cache
def translations(language: str) -> GNUTranslations | None:
    """Return the catalogue of a language, None where it has none or its catalogue has a fault."""
    file = FOLDER / f"{language}.po"
    if not file.exists():
        return None
    catalogue = read(file)
    if faults(catalogue, read(TEMPLATE)):
        return None
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def read(file: Path) -> Catalog:
    """Read a .po or .pot file."""
    with file.open("rb") as stream:
        # Named after the file: the plural forms come from the language when the header is silent.
        return read_po(stream, locale=file.stem if file.suffix == ".po" else None, abort_invalid=True)


def faults(catalogue: Catalog, template: Catalog) -> list[str]:
    """Return what keeps a catalogue from being offered, a line each."""
    found = []
    for wanted in template:
        if wanted.id:
            message = catalogue.get(_key(wanted))
            fault = "missing" if message is None else _fault(message, catalogue.num_plurals)
            if fault:
                found.append(f"{fault}: {_key(wanted)}")
    return found


def _fault(message: Message, forms: int) -> str:
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    texts = tuple(text or "" for text in strings)
    if message.fuzzy:
        return "marked fuzzy"
    if not all(texts) or (message.pluralizable and len(texts) != forms):
        return "not translated" if not any(texts) else f"needs {forms} plural forms"
    ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
    # A plural form may leave out the number ("one week", the dual); nothing else.
    may = frozenset[str]().union(*map(placeholders, ids))
    must = may - {"n"} if message.pluralizable else may
    for text in texts:
        try:
            has = placeholders(text)
        except BadTemplate as error:
            return str(error)
        if not must <= has <= may:
            return f"has {{{', '.join(sorted(has))}}} where the source has {{{', '.join(sorted(may))}}}"
    return ""


def _key(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, tuple | list) else message.id)
