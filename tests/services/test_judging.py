"""Who qualifies is found out once per kind of question; what changes since is judged anew, and nothing else."""

from typing import TYPE_CHECKING

import pytest

from geo_ems.catalogue.recent import Recent
from geo_ems.model.definitions import Availability
from geo_ems.queries.compiled import load_kernels
from geo_ems.services import judging

if TYPE_CHECKING:
    from small_county import SmallCounty


@pytest.fixture
def judged_rows(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of rows of each part that is judged while the test runs."""
    rows: list[int] = []
    judge_part = judging._part_failures

    def counted(part, asked):
        rows.append(len(part.columns))
        return judge_part(part, asked)

    monkeypatch.setattr(judging, "_part_failures", counted)
    return rows


def ten_shelters(county: "SmallCounty") -> None:
    for number in range(10):
        status = ("open", "standby", "closed", None)[number % 4]
        county.put(
            "shelters", f"S{number}", (number / 100, 0.0), status=status, surveyed_on=f"2024-01-{number + 1:02d}"
        )


def test_another_place_is_answered_without_judging_anew(county: "SmallCounty", judged_rows: list[int]) -> None:
    ten_shelters(county)
    first = county.nearest("shelters", (0.0, 0.0), k=1)
    second = county.nearest("shelters", (0.09, 0.0), k=1)
    assert [first.results[0].id, second.results[0].id] == ["S0", "S8"]
    assert first.excluded_counts == second.excluded_counts
    assert judged_rows == [10]


def test_after_an_edit_only_the_edited_feature_is_judged(county: "SmallCounty", judged_rows: list[int]) -> None:
    ten_shelters(county)
    county.nearest("shelters", k=1)
    county.put("shelters", "S0", (0.0, 0.0), status="closed")
    assert county.nearest("shelters", k=1).results[0].id == "S4"
    assert judged_rows == [10, 1]


def test_each_kind_of_question_is_judged_by_itself(county: "SmallCounty", judged_rows: list[int]) -> None:
    ten_shelters(county)
    kinds = (
        {},
        {"availability": frozenset({Availability.DELAYED})},
        {"where": ("surveyed_on>=2024-01-05",)},
        {"where": ("surveyed_on>=2024-01-09",)},
        {},
    )
    found = [county.nearest("shelters", k=1, **kind).results[0].id for kind in kinds]
    assert found == ["S0", "S1", "S4", "S8", "S0"]
    assert judged_rows == [10] * 4


def test_an_area_of_danger_that_begins_or_ends_counts_at_once(county: "SmallCounty") -> None:
    ten_shelters(county)
    for state, nearest in (("active", "S4"), ("expired", "S0"), ("active", "S4")):
        county.put("hazard_areas", "H", _square(), kind="flood", state=state)
        assert county.nearest("shelters", k=1).results[0].id == nearest
    assert county.nearest("shelters", k=1, ignore_hazards=True).results[0].id == "S0"


def _square():
    import shapely

    return shapely.box(-0.005, -0.005, 0.005, 0.005)


def test_repeated_questions_of_a_large_layer_are_answered_alike_with_marked_candidates(county: "SmallCounty") -> None:
    from shapely import Point

    from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange

    changes = tuple(
        FeatureChange(
            ChangeKind.CREATE,
            f"S{number:04d}",
            Feature(
                f"S{number:04d}",
                Point(number % 50 / 100, number // 50 / 100),
                {"name": "x", "status": ("open", "standby", None)[number % 3]},
            ),
        )
        for number in range(1200)
    )
    county.store.commit(ChangeBatch("shelters", changes, "tester", "test", bulk=True))
    plain = county.nearest("shelters", k=9)
    load_kernels()
    assert [county.nearest("shelters", k=9) for _ in range(3)] == [plain] * 3
    far = [county.nearest("shelters", k=9, cutoff_m=1500.0, include_excluded=True) for _ in range(3)]
    assert far[0] == far[1] == far[2]
    assert sum(far[0].excluded_counts.values()) + len(far[0].results) == 1200


def test_the_age_of_the_data_follows_edits_and_deletions(county: "SmallCounty") -> None:
    def spans() -> tuple[str | None, str | None]:
        said = county.nearest("shelters").data_as_of["shelters"]
        return said.observed_min, said.observed_max

    ten_shelters(county)
    assert spans() == ("2024-01-01", "2024-01-10")
    county.put("shelters", "S0", (0.0, 0.0), surveyed_on="2024-01-01", status="closed")
    assert spans() == ("2024-01-01", "2024-01-10")
    county.put("shelters", "S0", (0.0, 0.0), surveyed_on="2024-01-04")
    assert spans() == ("2024-01-02", "2024-01-10")
    county.put("shelters", "S9", (0.0, 0.0))
    assert spans() == ("2024-01-02", "2024-01-09")
    county.put("shelters", "T", (0.0, 0.0), surveyed_on="2025-05-05")
    assert spans() == ("2024-01-02", "2025-05-05")


def test_the_things_used_last_are_kept() -> None:
    kept, made = Recent(2), []

    def make(name: str) -> str:
        return kept.get(name, lambda: made.append(name) or name)

    assert [make(name) for name in "abacab"] == list("abacab")
    assert made == ["a", "b", "c", "b"]
