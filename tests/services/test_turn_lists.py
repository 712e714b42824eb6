"""A list of turns as one tells it: one stretch for a road that goes straight on."""

from geo_ems.model.answers import Turn
from geo_ems.services.arrival_rows import _as_driven


def turn(word: str, road: str | None, metres: float) -> Turn:
    return Turn(word, f"R{metres:g}", road, metres, (0.0, 0.0), False)


def test_pieces_of_one_road_straight_on_are_one_stretch() -> None:
    told = _as_driven([turn("start", "G890", 100.0), turn("straight", "G890", 50.5), turn("straight", "Bridge", 7.0)])
    assert [(item.turn, item.road, item.distance_m) for item in told] == [
        ("start", "G890", 150.5),
        ("straight", "Bridge", 7.0),
    ]


def test_a_turn_on_the_same_road_and_roads_without_a_name_stay_apart() -> None:
    turns = [
        turn("start", "G890", 1.0),
        turn("left", "G890", 2.0),
        turn("straight", None, 3.0),
        turn("straight", None, 4.0),
    ]
    assert len(_as_driven(turns)) == 4
