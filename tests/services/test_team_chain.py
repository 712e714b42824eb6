"""The table of the team chain, every pair of it."""

from itertools import pairwise

import pytest

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.services.team_chain import CHAIN, STATUSES, next_statuses, transition
from geo_ems.settings import bundled_folder

# s = a step, S = skips something, = the same, b = back (undo only), . = may not follow
TABLE = """
               av de or ac dc na dp st os tr fa do re rc oo
available      =  s  s  S  S  S  S  S  S  S  S  S  .  .  s
delayed        s  =  s  S  S  S  S  S  S  S  S  S  .  .  s
ordered        S  .  =  s  s  s  S  S  S  S  S  S  S  s  s
accepted       S  .  b  =  s  b  s  S  S  S  S  S  S  s  s
declined       s  s  s  .  =  .  .  .  .  .  .  .  .  .  s
no_answer      s  s  s  s  s  =  S  S  S  S  S  S  S  s  s
departed       S  .  b  b  b  b  =  s  S  S  S  S  S  s  s
staged         S  .  b  b  b  b  b  =  s  S  S  S  S  s  s
on_scene       S  .  b  b  b  b  b  b  =  s  S  s  S  s  s
transporting   S  .  b  b  b  b  b  b  b  =  s  S  S  s  s
at_facility    S  .  b  b  b  b  b  b  b  b  =  s  S  s  s
done           S  s  s  b  b  b  b  b  b  b  b  =  s  .  s
returning      s  s  s  b  b  b  b  b  b  b  b  b  =  .  s
recalled       S  s  s  .  .  .  .  .  .  .  .  .  s  =  s
out_of_service s  s  .  .  .  .  .  .  .  .  .  .  .  .  =
"""
MARKS = {"step": "s", "skip": "S", "same": "=", "back": "b", "not_allowed": "."}


def table_rows() -> list[tuple[str, str, str]]:
    """Return every pair; the columns stand in the order of the rows, their heads are the first letters."""
    _, *rows = [line.split() for line in TABLE.strip().splitlines()]
    names = [before for before, *_ in rows]
    return [(before, after, mark) for before, *marks in rows for after, mark in zip(names, marks, strict=True)]


def test_the_table_names_every_status_of_the_layer_and_no_other() -> None:
    codes = set(load_definitions(bundled_folder() / "layers")["response_teams"].fields["status"].codes)

    assert codes == set(STATUSES)
    assert len(table_rows()) == len(STATUSES) ** 2


@pytest.mark.parametrize(("before", "after", "mark"), table_rows())
def test_what_may_follow(before: str, after: str, mark: str) -> None:
    found = transition(before, after)

    assert MARKS[found.move] == mark
    assert bool(found.skipped) is (mark == "S")


@pytest.mark.parametrize(
    ("before", "after", "skipped"),
    [
        ("ordered", "departed", ("accepted",)),
        ("departed", "on_scene", ("staged",)),
        ("available", "on_scene", ("ordered", "accepted", "departed", "staged")),
        ("on_scene", "returning", ("done",)),
        ("on_scene", "at_facility", ("transporting",)),
        ("transporting", "done", ("at_facility",)),
        ("on_scene", "available", ("done", "returning")),
        ("recalled", "available", ("returning",)),
        ("delayed", "declined", ("ordered",)),
    ],
)
def test_what_is_passed_over_is_named_in_order(before: str, after: str, skipped: tuple[str, ...]) -> None:
    assert transition(before, after).skipped == skipped


def test_nobody_is_missed_who_was_not_to_be_carried() -> None:
    assert transition("on_scene", "done").move == "step"


def test_a_team_without_a_status_may_do_what_a_free_one_may() -> None:
    for after in STATUSES:
        known, unknown = transition("available", after), transition(None, after)
        assert unknown == known or (after == "available" and unknown.move == "step")


def test_the_plain_chain_is_steps_all_along() -> None:
    for before, after in pairwise(CHAIN):
        assert transition(before, after).move == "step"


def test_what_may_be_entered_next_names_the_plain_steps_first() -> None:
    assert next_statuses("returning")[:3] == ("available", "delayed", "ordered")
    assert set(next_statuses("out_of_service")) == {"available", "delayed"}
