"""Breaks and barriers as they are written on the command line."""

from pathlib import Path

import pytest

from geo_ems.cli.road_arguments import barriers_argument, breaks_argument
from geo_ems.errors import UsageError


def test_breaks_are_written_with_their_unit() -> None:
    assert breaks_argument("5min,10min") == ((300.0, 600.0), ())
    assert breaks_argument("500m, 1km") == ((), (500.0, 1000.0))


@pytest.mark.parametrize("text", ["5", "", "5min,", "near", "1e3m"])
def test_breaks_without_a_unit_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a break"):
        breaks_argument(text)


def test_barriers_are_ids_or_files_with_drawn_ones(tmp_path: Path) -> None:
    file = tmp_path / "closed.geojson"
    file.write_text(
        '{"type": "Feature", "id": "wall", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {}}',
        encoding="utf-8",
    )
    drawn, ids = barriers_argument(["ZD-01,ZD-02", str(file)])
    assert (ids, [barrier.id for barrier in drawn]) == (("ZD-01", "ZD-02"), ["wall"])


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "closed.json"
    file.write_text("closed", encoding="utf-8")
    with pytest.raises(UsageError, match="is no JSON"):
        barriers_argument([str(file)])
