"""The words in which questions about roads are asked."""

from enum import StrEnum


class Metric(StrEnum):
    """What a nearest or coverage question measures and ranks by."""

    STRAIGHT_LINE = "straight_line"
    TRAVEL_TIME = "travel_time"
    ROAD_DISTANCE = "road_distance"


class Mode(StrEnum):
    """How one moves on the roads."""

    DRIVE = "drive"
    WALK = "walk"


class Direction(StrEnum):
    """Which way is travelled: a team comes to the incident, people go from it to a shelter."""

    TO_INCIDENT = "to_incident"
    FROM_INCIDENT = "from_incident"


class Policy(StrEnum):
    """What a barrier does to those who meet it."""

    CLOSED = "closed"
    SLOW = "slow"
    DELAY = "delay"
    IGNORE = "ignore"
