"""A project file that is plainly right is read without the library that checks it, and read alike."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.errors import FaultsError
from geo_ems.settings import plainly_right
from geo_ems.settings.checking import checked_project

NAME = {"zh": "甲县", "en": "A County"}
VALUES = st.one_of(
    st.sampled_from([0, 1, 5, 5.0, 1000, 1001, 1_000_000, 1_000_000.5, True, "5", float("nan"), float("inf"), "", []]),
    st.integers(-2, 90_000),
    st.floats(),
    st.text(max_size=3),
)
KEYS = ("k", "position_stale_after_s", "detour_factor", "shelter_cutoff_m", "depot_cutoff_m", "team_cutoff_m", "closure_stale_after_s", "kk")
FILES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.one_of(
            st.just(NAME), st.sampled_from([{}, {"zh": "甲"}, {**NAME, "fr": "x"}, "甲", {**NAME, "en": ""}])
        ),
        "time_zone": st.sampled_from(["Asia/Shanghai", "UTC", "Asia/Nowhere", "", "/etc", 8]),
        "language": st.sampled_from(["zh", "en", "fr", None, ["zh"]]),
        "store": st.sampled_from(["a.gpkg", "", 5]),
        "defaults": st.one_of(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=2), st.just("none")),
        "more": st.just(1),
    },
)


@given(FILES)
def test_a_file_is_plainly_right_exactly_where_a_close_check_finds_no_fault(raw: dict[str, object]) -> None:
    try:
        checked = checked_project(raw, Path("geo-ems.toml"))
    except FaultsError:
        checked = None
    assert plainly_right(raw) == checked


@pytest.mark.parametrize(
    "defaults", [{"k": 1000}, {"detour_factor": 1}, {"shelter_cutoff_m": 0.5}, {"position_stale_after_s": 86_400}]
)
def test_the_limits_of_the_defaults_are_the_same_for_both(defaults: dict[str, float]) -> None:
    raw: dict[str, object] = {"name": NAME, "defaults": defaults}
    read = plainly_right(raw)
    assert read is not None
    assert read == checked_project(raw, Path("geo-ems.toml"))


def test_reading_the_bundled_project_loads_no_checking_library() -> None:
    code = (
        "import sys; from geo_ems.settings import *; load_project(bundled_folder(), {});"
        "sys.exit('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
