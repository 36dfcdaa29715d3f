"""The catalogues hold every text of ours, and the check says what is missing."""

import re
from io import BytesIO

import pytest
from babel.messages.pofile import read_po

from bot.cli.catalogue import Found, Wrong, clashes, main, problems, template_text, texts_in

CHECKED = """\
say("Hello {who}.", who=x)
content.say_n("{n} week for {who}", "{n} weeks for {who}", n, who=y)
# Translators: the state
# of a bridge
say("open")
say("yes" if sure else "no")
say("one " "sentence")
"""


def test_the_catalogues_are_up_to_date():
    """The committed template holds exactly the texts of the code, and no catalogue has a gap."""
    assert [] == problems()


def test_every_way_to_write_a_text_is_collected():
    """Sentences, counted ones, alternatives and joined literals are found, with what is said to translators."""
    assert [
        Found("Hello {who}.", "", "m.py"),
        Found("{n} week for {who}", "{n} weeks for {who}", "m.py"),
        Found("open", "", "m.py", "Translators: the state of a bridge"),
        Found("yes", "", "m.py"),
        Found("no", "", "m.py"),
        Found("one sentence", "", "m.py"),
    ] == list(texts_in(CHECKED, "m.py"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("say(title)", "must be written out here"),
        ('say(f"Hello {who}")', "must be written out here"),
        ('say("a" + b)', "must be written out here"),
        ("say()", "must be written out here"),
        ('say("")', "must be written out here"),
        ('say_n("{n} week", weeks, n)', "must be written out here"),
        ('say("yes" if sure else answer)', "must be written out here"),
        ('Say("Hello")', "is collected by nobody"),
        ('say("Hello {who}.", whom=x)', r"needs the values \{who\}, not \{whom\}"),
        ('say("Hello.", who=x)', r"needs the values none, not \{who\}"),
        ('say("Hello {Who}.")', "at character 7"),
    ],
)
def test_a_text_that_cannot_be_collected_is_named(line, why):
    """The check names file, line and reason of a text that translators would never see."""
    wrong = [one for one in texts_in(f"x = 1\n{line}\n", "flows/m.py") if isinstance(one, Wrong)]

    assert 1 == len(wrong)
    assert re.match(rf"flows/m\.py:2: .*{why}", str(wrong[0]))


def test_values_that_come_bundled_are_left_to_the_reader():
    """Where values come as **values, the check cannot know them and says nothing."""
    assert [Found("Hello {who}.", "", "m.py")] == list(texts_in('say("Hello {who}.", **values)', "m.py"))


def test_a_text_with_two_plurals_is_named():
    """A catalogue holds one plural for a text, so a second one is a mistake."""
    found = [Found("{n} week", "{n} weeks", "a.py"), Found("{n} week", "some weeks", "b.py")]

    assert ["'{n} week' has several plurals: 'some weeks', '{n} weeks'; reword one of them"] == clashes(found)
    assert [] == clashes(found[:1] * 2)


def test_the_template_is_the_same_whatever_the_order():
    """No date and no line number: the same texts make the same bytes, and read back as themselves."""
    found = [Found("b", "", "y.py"), Found("a", "", "x.py", "Translators: c"), Found("a", "", "w.py")]
    text = template_text(found)

    assert text == template_text(found[::-1])
    assert {"a", "b"} == {message.id for message in read_po(BytesIO(text.encode())) if message.id}


def test_a_stale_template_is_named_with_the_fix(tmp_path):
    """A new text in the code makes the check fail until the template is written again."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "a.py").write_text('say("New")', encoding="utf-8")
    pot = tmp_path / "telemachy.pot"

    assert ["telemachy.pot is stale: run `python -m bot.cli.catalogue --write`"] == problems(
        tmp_path, pot, tmp_path
    )
    pot.write_text(template_text([Found("New", "", "flows/a.py")]), encoding="utf-8")
    assert [] == problems(tmp_path, pot, tmp_path)


def test_a_gap_in_a_catalogue_is_named(tmp_path):
    """A language with an untranslated text fails the check by file and text."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "a.py").write_text('say("New")', encoding="utf-8")
    pot = tmp_path / "telemachy.pot"
    pot.write_text(template_text([Found("New", "", "flows/a.py")]), encoding="utf-8")
    (tmp_path / "fi.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "New"\nmsgstr ""\n', encoding="utf-8")

    assert ["fi.po: not translated: New"] == problems(tmp_path, pot, tmp_path)


def test_the_command_says_what_it_is_for(capsys):
    """Called without a choice, the command shows what can be chosen."""
    with pytest.raises(SystemExit):
        main([])

    assert "--check" in capsys.readouterr().err
