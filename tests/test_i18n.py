"""Words in the reader's language, moments in the reader's zone."""

from datetime import UTC, date, datetime
from itertools import combinations

import pytest

from bot import catalogues
from bot.content import (
    Ask,
    Card,
    Choice,
    Day,
    Moment,
    PersonName,
    Say,
    Text,
    UserText,
    say,
    say_n,
    told,
)
from bot.i18n import MissingValue, Reader, languages, plain_words, words
from bot.markup import Span
from tests.pseudo import PSEUDO_READER, leaks, untranslated

HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Plural-Forms: nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);\\n"\n'
)
POT = """
msgid "Until {when}, {who}."
msgstr ""

msgid "{n} week"
msgid_plural "{n} weeks"
msgstr[0] ""
msgstr[1] ""
"""
PO = """
msgid "Until {when}, {who}."
msgstr "{who}, do {when}."

msgid "{n} week"
msgid_plural "{n} weeks"
msgstr[0] "{n} teden"
msgstr[1] "dva tedna"
msgstr[2] "{n} tedni"
msgstr[3] "{n} tednov"
"""
AFTERNOON = Moment(datetime(2026, 3, 5, 13, 0, tzinfo=UTC))
LJUBLJANA = "Europe/Ljubljana"


@pytest.fixture
def slovenian(tmp_path, monkeypatch):
    """A folder with a template and a Slovenian catalogue; call it to write another catalogue there."""

    def write(po=PO, name="sl", header=HEADER):
        (tmp_path / f"{name}.po").write_text(header + po, encoding="utf-8")
        catalogues.languages.cache_clear()
        catalogues.translations.cache_clear()

    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    monkeypatch.setattr(catalogues, "TEMPLATE", tmp_path / "telemachy.pot")
    (tmp_path / "telemachy.pot").write_text(HEADER + POT, encoding="utf-8")
    write()
    yield write
    catalogues.languages.cache_clear()
    catalogues.translations.cache_clear()


def test_values_take_the_form_the_reader_knows():
    """Names, typed text, moments, days, numbers and nested sentences are filled in by their kind."""
    sentence = say(
        "{who}: {typed}, {when}, {day}, {number}, {nested}",
        who=PersonName("Ana", "p1"),
        typed=UserText("_so_ **it** {goes}"),
        when=AFTERNOON,
        day=Day(date(2026, 3, 6)),
        number=1234.5,
        nested=say("up to **{code}**", code="E7"),
    )
    expected = "Ana: _so_ **it** {goes}, Thu 5 Mar, 14:00, Friday 6 March, 1,234.5, up to E7"

    assert expected == plain_words(sentence, "en", LJUBLJANA)


def test_a_name_carries_the_person_and_nested_words_keep_their_look():
    """Spans say who is named, which run is bold, and what came from a value."""
    rich = words(say("_{a}_{b}", a=say("x **y**"), b=PersonName("Ana", "p1")), "en", "UTC")

    assert (
        Span("x ", italic=True),
        Span("y", bold=True, italic=True),
        Span("Ana", person="p1", given=True),
    ) == rich


def test_a_sentence_without_one_of_its_values_is_an_error():
    """A missing value raises and names itself and the sentence."""
    with pytest.raises(MissingValue, match=r"no value for \{week\} in 'Week \{week\}'"):
        Reader().text(say("Week {week}", wek=5))


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("en", LJUBLJANA, "Thu 5 Mar, 14:00"),
        ("en", "America/New_York", "Thu 5 Mar, 08:00"),
        ("en", "Pacific/Auckland", "Fri 6 Mar, 02:00"),
        ("en-US", LJUBLJANA, "Thu, Mar 5, 2:00 PM"),
        ("en-QQ", LJUBLJANA, "Thu 5 Mar, 14:00"),
        ("sl", LJUBLJANA, "čet., 5. mar. 14:00"),
        ("sl-SI", LJUBLJANA, "čet., 5. mar. 14:00"),
        ("tlh", LJUBLJANA, "Thu 5 Mar, 14:00"),
    ],
)
def test_a_moment_is_told_in_the_readers_zone_and_language(slovenian, language, zone, expected):
    """The same instant is another day and hour elsewhere, and written as people there write it."""
    assert expected == Reader(language, zone).moment(AFTERNOON).replace("\u202f", " ")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (Moment(AFTERNOON.at, "time"), "14:00"),
        (Moment(AFTERNOON.at, "date"), "Thursday 5 March"),
    ],
)
def test_a_moment_may_be_told_as_time_or_day_alone(moment, expected):
    """The style of a moment leaves out the day or the time."""
    assert expected == Reader("en", LJUBLJANA).moment(moment)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("sl", "četrtek, 5. marec"),
        ("el", "Πέμπτη 5 Μαρτίου"),
        ("lv", "ceturtdiena, 5. marts"),
        ("fi", "torstai 5. maaliskuuta"),
    ],
)
def test_days_are_written_in_full_in_every_language(slovenian, language, expected):
    """Weekday and month are spelt out in the order and case of the language."""
    plural = {"sl": 4, "el": 2, "lv": 3, "fi": 2}[language]
    forms = "".join(f'msgstr[{i}] "{{n}}"\n' for i in range(plural))
    slovenian(PO.split("msgstr[0]")[0] + forms, language, HEADER.split('"Plural')[0])

    assert expected == Reader(language).day(Day(date(2026, 3, 5)))


@pytest.mark.parametrize(("n", "expected"), [(1, "1 week"), (0, "0 weeks"), (2, "2 weeks"), (5, "5 weeks")])
def test_english_counts(n, expected):
    """One is singular, everything else plural."""
    assert expected == Reader().text(say_n("{n} week", "{n} weeks", n))


@pytest.mark.parametrize(
    ("n", "expected"), [(1, "1 teden"), (2, "dva tedna"), (3, "3 tedni"), (5, "5 tednov"), (101, "101 teden")]
)
def test_slovenian_counts_with_a_dual(slovenian, n, expected):
    """The catalogue chooses among four forms, and a form may spell its number out."""
    assert expected == Reader("sl").text(say_n("{n} week", "{n} weeks", n))


def test_a_translation_may_change_the_order(slovenian):
    """Values are named, so a translation puts them where its grammar wants them."""
    sentence = say("Until {when}, {who}.", when=Day(date(2026, 3, 5), "short"), who=PersonName("Ana"))
    expected = "Ana, do 5. mar.."

    assert expected == Reader("sl").text(sentence)


@pytest.mark.parametrize(
    "broken",
    [
        PO.replace("{who}, do {when}.", ""),
        PO.replace("{who}, do {when}.", "{ki}, do {when}."),
        PO.replace("{who}, do {when}.", "do {when}."),
        PO.replace("{who}, do {when}.", "{who}, do {when}. }"),
        PO.replace('msgstr[3] "{n} tednov"', ""),
        PO.replace("dva tedna", ""),
        PO.split('msgid "{n} week"')[0],
        PO.replace('msgid "Until', '#, fuzzy\nmsgid "Until'),
    ],
    ids=["empty", "unknown value", "lost value", "brace", "form missing", "form empty", "absent", "fuzzy"],
)
def test_a_catalogue_with_a_fault_is_not_offered(slovenian, broken):
    """One missing or wrong text keeps a language from people, who read English instead."""
    before = languages()
    slovenian(broken)

    assert ("en", "sl") == before
    assert ("en",) == languages()
    assert ["3 weeks"] == [Reader("sl").text(say_n("{n} week", "{n} weeks", 3))]


def test_an_authors_texts_come_in_the_readers_language_else_in_the_first():
    """A programme author's wording needs no catalogue; who has no text of theirs reads the first."""
    sentence = told({"sl": "Kava z {who}", "fi": "Kahvi: {who}"}, who=PersonName("Ana"))

    assert ["Kava z Ana", "Kahvi: Ana", "Kava z Ana", "Kava z Ana"] == [
        Reader(language).text(sentence) for language in ("sl", "fi-FI", "en", "sl-SI")
    ]


def test_no_words_are_no_words():
    """An empty text stays empty, although catalogues keep their header under it."""
    assert () == Reader("sl").rich(Say(""))


VIEWERS = ("author", "mentee", "mentor", "head", "coordinator", "director")


@pytest.mark.parametrize(
    ("seen_by", "own_roles", "expected"),
    [
        (("author",), (), "Only you see this."),
        (("author", "coordinator"), (), "Only you and HR see this."),
        (("coordinator",), (), "Only HR sees this."),
        (("author", "mentee", "coordinator"), (), "You, the mentee and HR see this."),
        (("author", "mentor", "coordinator"), ("mentor",), "Only you and HR see this."),
        (("coordinator", "author"), (), "Only you and HR see this."),
        (("mentee", "coordinator"), ("mentee",), "Only the mentee and HR see this."),
        (("author", "mentee", "mentor", "head", "coordinator"), ("mentee",),
         "You, the mentor, the department head and HR see this."),
        ((), (), ""),
    ],
)  # fmt: skip
def test_people_are_told_who_sees_an_answer(seen_by, own_roles, expected):
    """The line names everybody who will see it, and the reader as "you"."""
    assert expected == Reader().audience(seen_by, own_roles)


def test_every_audience_has_its_own_sentence():
    """Each of the 63 audiences can be said, differently, and names exactly its viewers."""
    every = [c for n in range(1, 7) for c in combinations(VIEWERS, n)]
    said = {seen_by: Reader().audience(seen_by) for seen_by in every}
    names = {"author": "ou", "mentee": "mentee", "mentor": "mentor", "head": "head", "coordinator": "HR",
             "director": "director"}  # fmt: skip

    assert 63 == len(set(said.values()))
    for seen_by, sentence in said.items():
        assert set(seen_by) == {one for one in VIEWERS if names[one] in sentence}


def test_the_pseudo_locale_is_longer_and_keeps_values_and_looks():
    """Our letters are accented and 40 % more; values, addresses and bold stay as they were."""
    rich = PSEUDO_READER.rich(say("See **{who}** at https://ex.org, **now**.", who=PersonName("Ana", "p1")))
    text = "".join(span.text for span in rich)
    plain = "See Ana at https://ex.org, now."

    assert text.startswith("⟦Šéé Ana åţ https://ex.org, ñöŵ.")
    assert text.endswith("⟧")
    assert len(text) >= len(plain) + 0.4 * len("See  at , now.")
    assert [Span("Ana", bold=True, person="p1", given=True)] == [span for span in rich if span.person]
    assert ["ñöŵ"] == [span.text for span in rich if span.bold and not span.person]


def test_what_came_past_translation_is_found():
    """Plain words in a rendering that no value holds, and prose handed over as a code, are named."""
    card = Card(
        say("Week {week}", week=5),
        (
            Text(say("From {who}: {what}", who=PersonName("Ana"), what=UserText("all good"))),
            Ask(say("Fine?"), "v", "r", (Choice(say("yes"), "y"),), ("author",)),
        ),
    )
    drawn = " ".join(PSEUDO_READER.text(words) for words in (card.title, card.blocks[0].words, say("yes")))

    assert [] == untranslated(card)
    assert [] == leaks(drawn, card)
    assert ["Pick", "one"] == leaks(drawn + " Pick one: Ana", card)
    assert ["on leave"] == untranslated(Card(say("{why}", why="on leave")))
