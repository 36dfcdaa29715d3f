"""Read people and pairs from a CSV file; either all is sound, or every problem is named and nothing kept."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from io import StringIO

from bot.people_pairs import Found, PeopleFile
from bot.people_rows import NOBODY, House, Problem, Row, meant, read_row

COLUMNS = ("name", "email", "roles", "department", "manager", "zone", "country", "start", "mentor")
OPTIONAL = ("position", "capacity", "language")
_MOST_BYTES = 5_000_000
_WANTED = f"the columns are {', '.join(COLUMNS)}, and if you like {', '.join(OPTIONAL)}"


class PeopleFileError(Exception):
    """Name every problem of a file, in the order of its lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda one: one.line))
        super().__init__("\n".join(map(str, self.problems)))


def read_people(data: bytes, today: date, *, pairs_follow: bool = False, house: House = NOBODY) -> PeopleFile:
    """
    Return the people and pairs of a file's bytes, or raise PeopleFileError with all that is wrong.

    A file without any pair is refused, unless pairs may follow in the chat. Mentors, managers and coordinators may
    also be of the `house`.
    """
    problems: list[Problem] = []
    rows = [row for row in _rows(_text(data), today, house, problems) if row is not None]
    found = Found(rows, tuple(house.people.values()))
    # Who mentors whom is looked at only among sound rows: a broken one would be blamed twice.
    problems += found.problems(pairs_follow=pairs_follow) if not problems else found.doubles()
    if problems:
        raise PeopleFileError(problems)
    return found.file()


# --- the text and its columns ----------------------------------------------------------------


def _text(data: bytes) -> str:
    if len(data) > _MOST_BYTES:
        raise PeopleFileError([Problem(0, "", f"is larger than {_MOST_BYTES // 1_000_000} MB: split it")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        words = "is not UTF-8: save it again as “CSV UTF-8”"
        raise PeopleFileError([Problem(line, "", words)]) from None


def _rows(text: str, today: date, house: House, problems: list[Problem]) -> Iterator[Row | None]:
    if not text.strip():
        raise PeopleFileError([Problem(0, "", f"is empty: {_WANTED}")])
    if "\0" in text:
        raise PeopleFileError([Problem(0, "", "is not a text file: save it as CSV")])
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = _header(next(reader, []))
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield read_row(reader.line_num, header, cells, today, house, problems)
    except csv.Error:
        # Python's own words name its limits; what lies behind both is one mark that has no second.
        words = 'cannot be read: look for a quotation mark (") without its second, there or in a line before'
        raise PeopleFileError([Problem(reader.line_num, "", words)]) from None


def _delimiter(text: str) -> str:
    # Spreadsheets write semicolons where the comma is the decimal sign.
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _header(cells: Sequence[str]) -> tuple[str, ...]:
    names = tuple(cell.strip().casefold() for cell in cells)
    known = (*COLUMNS, *OPTIONAL)
    problems = [
        Problem(1, name, f"is not a column{meant(name, known)}") for name in names if name not in known
    ]
    problems += [Problem(1, name, "stands there twice") for name, n in Counter(names).items() if n > 1]
    problems += [Problem(1, name, "is missing") for name in COLUMNS if name not in names]
    if problems:
        raise PeopleFileError([*problems, Problem(1, "", _WANTED)])
    return names
