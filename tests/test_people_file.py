"""
A file of people is taken whole or not at all, and every problem is named with its line and column.
"""

from datetime import date

import pytest

from bot.people_file import PeopleFileError, read_people
from bot.people_pairs import Wanted
from bot.people_rows import House

TODAY = date(2027, 1, 4)
HEADER = "name,email,roles,department,manager,zone,country,start,mentor"
ANA = "Ana Novak,ana@example.org,mentee,Data,Peter Hribar,Europe/Ljubljana,SI,2027-01-18,Matej Kos"
MATEJ = "Matej Kos,matej@example.org,mentor,Data,peter@example.org,Europe/Ljubljana,SI,,"
PETER = "Peter Hribar,peter@example.org,head,Data,,Europe/Ljubljana,SI,,"
IRENA = "Irena Vidmar,irena@example.org,coordinator,People,,Europe/Ljubljana,SI,,"
QUOTES = 'cannot be read: look for a quotation mark (") without its second, there or in a line before'
SOUND = (HEADER, ANA, MATEJ, PETER, IRENA)


def problems(*lines: str) -> list[str]:
    """
    Return what is wrong with a file of these lines.
    """
    with pytest.raises(PeopleFileError) as caught:
        read_people("\n".join(lines).encode(), TODAY)
    return [str(problem) for problem in caught.value.problems]


def without(line: str, *, instead: str = "") -> tuple[str, ...]:
    """
    Return the sound file with one line taken out or changed.
    """
    return tuple(one for one in (instead if one == line else one for one in SOUND) if one)


def test_a_sound_file_gives_people_and_pairs() -> None:
    """
    Managers and mentors are found by name or e-mail, and the head by the department.
    """
    found = read_people("\n".join(SOUND).encode(), TODAY)

    assert [one.id for one in found.people] == [
        f"{name}@example.org" for name in ("ana", "matej", "peter", "irena")
    ]
    assert found.pairs == (
        Wanted("ana@example.org", "matej@example.org", date(2027, 1, 18), head="peter@example.org"),
    )
    assert found.people[0].manager == found.people[1].manager == "peter@example.org"
    assert (found.people[1].capacity, found.people[3].is_coordinator) == (3, True)


def test_semicolons_a_byte_order_mark_and_capitals_in_the_header_are_taken() -> None:
    """
    A file as a spreadsheet of a country with decimal commas saves it is read.
    """
    text = "\n".join(SOUND).replace(",", ";").replace("name;email", "Name;E-mail").replace("E-mail", "Email")
    assert len(read_people(b"\xef\xbb\xbf" + text.encode(), TODAY).people) == 4


@pytest.mark.parametrize(
    ("line", "instead", "problem"),
    [
        (ANA, ANA.replace("Europe/Ljubljana", "Europe/Lubljana"), "line 2, column zone: unknown time zone"),
        (ANA, ANA.replace(",SI,", ",Slovenia,"), "line 2, column country: unknown country 'Slovenia'"),
        (ANA, ANA.replace("2027-01-18", "18. 1. 2027"), "line 2, column start: '18. 1. 2027' is not a day"),
        (ANA, ANA.replace("Ana Novak", "A" * 81), "line 2, column name: is longer than 80 characters"),
        (ANA, ANA.replace("Ana Novak", "Ana\u202e"), "line 2, column name: has a character that nobody sees"),
        (ANA, ANA.replace("Ana Novak", '"Ana\nNovak"'), "line 3, column name: has a character that nobody sees"),
        (ANA, ANA.replace("Europe/Ljubljana", ""), "line 2, column zone: is empty: write an IANA name"),
        (ANA, ANA.replace("2027-01-18", "2026-01-18"), "line 2, column start: 2026-01-18 is in the past"),
        (ANA, ANA.replace("ana@", "ana at "), "line 2, column email: 'ana at example.org' is not an e-mail"),
        (ANA, ANA.replace("Matej Kos", "Matej Koss"), "line 2, column mentor: there is nobody called 'Matej Koss'"),
        (ANA, ANA.replace("Matej Kos", "Irena Vidmar"), "line 2, column mentor: Irena Vidmar is not a mentor"),
        (ANA, ANA.replace("Matej Kos", "Ana Novak"), "line 2, column mentor: nobody can mentor themselves"),
        (ANA, ANA.replace("Matej Kos", ""), "line 2, column mentor: is empty"),
        (MATEJ, MATEJ.replace("mentor", "menter"), "line 3, column roles: 'menter' is none of"),
        (MATEJ, MATEJ + "x", "line 3, column mentor: is only for a mentee"),
        (PETER, PETER + ",more", "line 4: has 10 cells where the first line has 9"),
        (PETER, PETER.replace("Peter Hribar", ""), "line 4, column name: is empty"),
        (IRENA, "", "the file, column roles: nobody is a coordinator"),
        (IRENA, IRENA.replace("irena@", "ANA@"), "line 5, column email: ANA@example.org stands in line 2 already"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named_with_line_and_column(line: str, instead: str, problem: str) -> None:
    """
    The message says where the trouble is, and what it is.
    """
    assert [problem] == [found[: len(problem)] for found in problems(*without(line, instead=instead))]


def test_nobody_is_mentored_by_their_own_manager() -> None:
    """
    A mentor who is the mentee's manager is refused.
    """
    led = ANA.replace("Peter Hribar", "Matej Kos")
    assert ["line 2, column mentor: Matej Kos leads Ana Novak and cannot be the mentor too"] == problems(
        *without(ANA, instead=led)
    )


def test_a_mentor_without_room_is_named_at_the_first_mentee_too_many() -> None:
    """
    Three mentees at a time are a mentor's room where the file does not say otherwise.
    """
    more = [ANA.replace("Ana Novak", f"Ana {n}").replace("ana@", f"ana{n}@") for n in range(3)]
    expected = "line 8, column mentor: Matej Kos has room for 3: choose another mentor, or raise the capacity in line 3"
    assert [expected] == problems(*SOUND, *more)


def test_a_mentor_may_offer_more_room() -> None:
    """
    The optional column `capacity` says how many mentees a mentor offers to take.
    """
    more = [ANA.replace("Ana Novak", f"Ana {n}").replace("ana@", f"ana{n}@") + "," for n in range(3)]
    lines = [f"{HEADER},capacity", f"{ANA},", f"{MATEJ},4", f"{PETER},", f"{IRENA},", *more]
    assert 4 == len(read_people("\n".join(lines).encode(), TODAY).pairs)


def test_all_problems_are_listed_at_once() -> None:
    """
    Nobody has to mend a file line by line, running the import again each time.
    """
    broken = (
        HEADER,
        ANA.replace("2027-01-18", "soon"),
        MATEJ.replace("Europe/Ljubljana", "Mars"),
        IRENA + "x",
    )
    assert ["line 2, column start", "line 3, column zone", "line 4, column mentor"] == [
        problem.split(":")[0] for problem in problems(*broken)
    ]


def test_a_wrong_column_says_which_one_is_meant() -> None:
    """
    The header's problems are told before any row is looked at, with the columns that are wanted.
    """
    found = problems(HEADER.replace("mentor", "mentr"), ANA)
    assert "line 1, column mentr: is not a column (did you mean mentor?)" == found[0]
    assert "line 1, column mentor: is missing" == found[1]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (
            b" \n",
            f"the file: is empty: the columns are {HEADER.replace(',', ', ')}, and if you like position, capacity, language",
        ),
        (HEADER.encode() + b"\nAna \x8a\n", "line 2: is not UTF-8: save it again as “CSV UTF-8”"),
        (HEADER.encode() + b"\n\0", "the file: is not a text file: save it as CSV"),
        (HEADER.encode() + b'\n"Ana', f"line 2: {QUOTES}"),
        (HEADER.encode() + b'\n"Ana' + 200_000 * b"a" + b'"', f"line 2: {QUOTES}"),
        (b"x" * 5_000_001, "the file: is larger than 5 MB: split it"),
    ],
)
def test_what_is_no_csv_file_is_refused_clearly(data: bytes, problem: str) -> None:
    """
    An empty, foreign, broken or endless file gives one clear reason.
    """
    with pytest.raises(PeopleFileError) as caught:
        read_people(data, TODAY)
    assert problem == str(caught.value.problems[0])


def test_pairs_may_follow_in_the_chat():
    """People alone are a file too, as long as somebody from HR is among them."""
    lines = [line for line in SOUND if ",mentee," not in line]
    found = read_people("\n".join(lines).encode(), TODAY, pairs_follow=True)

    assert (len(lines) - 1, ()) == (len(found.people), found.pairs)
    with pytest.raises(PeopleFileError, match="nobody is a mentee"):
        read_people("\n".join(lines).encode(), TODAY)


# --- with people who are there already ---------------------------------------------------------


def house(**more: object) -> House:
    """Return the sound file's people as they are kept, with a programme begun on a day in December."""
    people = read_people("\n".join(SOUND).encode(), TODAY).people
    return House(
        people={one.id: one for one in people},
        began=lambda mentee, start: (mentee, start) == ("ana@example.org", date(2026, 12, 7)),
        **more,  # type: ignore[arg-type]
    )


def test_mentors_managers_and_coordinators_may_be_there_already() -> None:
    """A month later the file has the newcomer alone; who is meant by a name is looked up in the house, too."""
    bor = "Bor Novak,bor@example.org,mentee,Data,peter@example.org,Europe/Ljubljana,SI,2027-02-15,Matej Kos"
    found = read_people(f"{HEADER}\n{bor}".encode(), TODAY, house=house())

    start = date(2027, 2, 15)
    assert (Wanted("bor@example.org", "matej@example.org", start, "peter@example.org"),) == found.pairs
    assert ["bor@example.org"] == [one.id for one in found.people]
    assert ["irena@example.org"] == [one.id for one in found.with_role("coordinator")]


@pytest.mark.parametrize(
    ("mentor", "problem"),
    [
        ("Mateo Kos", "nobody called 'Mateo Kos' in the file or here before; did you mean Matej Kos?"),
        ("Peter Hribar", "Peter Hribar is not a mentor: add the role in a row of theirs"),
    ],
)
def test_what_the_method_forbids_holds_for_who_is_there_already(mentor: str, problem: str) -> None:
    """A mistyped name of somebody known, or a manager, is named with line and column."""
    bor = f"Bor,bor@example.org,mentee,Data,peter@example.org,Europe/Ljubljana,SI,2027-02-15,{mentor}"
    with pytest.raises(PeopleFileError) as caught:
        read_people(f"{HEADER}\n{bor}".encode(), TODAY, house=house())

    assert problem in str(caught.value)


def test_a_row_whose_programme_has_begun_may_stay() -> None:
    """A file that grows from month to month is taken as a whole; a new start in the past is still refused."""
    lines = [one.replace("2027-01-18", "2026-12-07") for one in SOUND]
    begun = read_people("\n".join(lines).encode(), TODAY, house=house())
    with pytest.raises(PeopleFileError, match="2026-12-08 is in the past"):
        read_people("\n".join(lines).replace("2026-12-07", "2026-12-08").encode(), TODAY, house=house())

    assert [date(2026, 12, 7)] == [one.start for one in begun.pairs]


def test_who_says_nothing_has_the_zone_and_language_of_the_house() -> None:
    """Somebody known keeps their own; a language that is none is named."""
    eva = "Eva Zver,eva@example.org,mentor,Data,,,SI,,"
    ana = ANA.replace("Europe/Ljubljana", "").replace("2027-01-18", "2026-12-07")
    text = "\n".join((HEADER, ana, eva))
    kept = house(zone="Europe/Athens", language="sl")
    found = read_people(text.encode(), TODAY, house=kept)
    told = f"{HEADER},language\n{eva},klingon"
    with pytest.raises(PeopleFileError, match="column language: 'klingon' is not a language code"):
        read_people(told.encode(), TODAY, pairs_follow=True, house=kept)

    assert [("Europe/Ljubljana", "en"), ("Europe/Athens", "sl")] == [
        (one.zone, one.language) for one in found.people
    ]
