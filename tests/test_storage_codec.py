"""
Contents as JSON text: whatever can be said can be stored, and comes back equal.
"""

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import content as c
from storage.codec import Codec

CODEC = Codec()
# A programme's words nest a little: enough to be found, few enough to be quick.
_TEXT = st.text(max_size=8)


def values_of(hint: Any, depth: int = 2) -> st.SearchStrategy[Any]:
    """
    Make values of a type as its annotations tell it.
    """
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if isinstance(hint, UnionType):
        kinds = [kind for kind in get_args(hint) if depth > 0 or not _nests(kind)]
        return st.one_of([values_of(kind, depth) for kind in kinds])
    if get_origin(hint) is tuple:
        kinds = get_args(hint)
        if len(kinds) == 2 and kinds[1] is Ellipsis:
            return st.lists(values_of(kinds[0], depth), max_size=2).map(tuple) if depth > 0 else st.just(())
        return st.tuples(*(values_of(kind, depth) for kind in kinds))
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(
            hint, **{field.name: values_of(hints[field.name], depth - 1) for field in fields(hint)}
        )
    return {
        str: _TEXT,
        int: st.integers(),
        bool: st.booleans(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bytes: st.binary(max_size=8),
        date: st.dates(),
        datetime: st.datetimes(timezones=st.just(UTC)),
        NoneType: st.none(),
    }[hint]


def _nests(kind: Any) -> bool:
    return kind is c.Say


@pytest.mark.parametrize(
    "kind", [*get_args(c.Content), *get_args(c.Block), *get_args(c.Field)], ids=lambda kind: kind.__name__
)
def test_every_kind_of_content_comes_back_equal(kind):
    """Any value of any kind of content, block and field survives as text."""
    union = next(union for union in (c.Content, c.Block, c.Field) if kind in get_args(union))
    write, read = CODEC.writer(union), CODEC.reader(union)

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(values_of(kind, 4))
    def comes_back(value: Any) -> None:
        assert value == read(write(value))

    comes_back()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(values_of(c.Value, 4))
def test_every_value_in_a_sentence_comes_back_equal(value):
    """Names, instants, days, links, numbers and sentences in sentences keep their type."""
    write, read = CODEC.writer(c.Say), CODEC.reader(c.Say)
    words = c.say("{x}", x=value)

    found = read(write(words))

    assert (words, type(value)) == (found, type(found.values[0][1]))


def test_a_naive_instant_is_refused():
    """An instant without a zone cannot be told to anybody."""
    with pytest.raises(ValueError, match="no time zone"):
        CODEC.writer(c.Say)(c.say("{at}", at=c.Moment(datetime(2027, 1, 11))))  # noqa: DTZ001


def test_defaults_take_no_room():
    """A small card is a small text."""
    assert '{"_":"card","title":{"msgid":"Hello"}}' == CODEC.writer(c.Content)(c.Card(c.say("Hello")))


def test_a_field_of_a_newer_version_is_passed_over():
    """An older program reads what a newer one stored."""
    text = json.dumps({"_": "card", "title": {"msgid": "Hello", "later": 1}, "later": [1]})

    assert c.Card(c.say("Hello")) == CODEC.reader(c.Content)(text)


def test_content_of_an_unknown_kind_is_an_error_that_names_it():
    """A kind that only a newer version knows is not shown as something else."""
    with pytest.raises(ValueError, match="'hologram' is unknown"):
        CODEC.reader(c.Content)('{"_":"hologram"}')
