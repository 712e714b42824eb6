"""What a recommendation advises where something falls short."""

import pytest

from geo_ems.services.dispatch_ranking import Candidate
from geo_ems.services.dispatch_words import widen_cure


def candidate(total_s: float) -> Candidate:
    return Candidate(
        "response_teams", "T1", "North", total_s, None, None, None, "", "available", False, None, False, (), {}, {}
    )


@pytest.mark.parametrize(
    ("total_s", "said"),
    [
        (3601.0, "allow 61 min: North"),
        (21_600.0, "allow 360 min: North"),
        (21_601.0, "the soonest takes 6 h: find another way"),
    ],
)
def test_nobody_is_advised_to_wait_for_half_a_day(total_s: float, said: str) -> None:
    assert widen_cure([candidate(total_s)], "en").text == said
