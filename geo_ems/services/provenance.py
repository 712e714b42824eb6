"""How old the data behind an answer are."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from geo_ems.catalogue.snapshots import LayerSnapshot
from geo_ems.model.answers import DataAsOf


def instant_text(instant: datetime) -> str:
    """Return an instant as UTC text to the second, such as 2026-07-01T19:10:00Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local_date(instant: datetime, zone: ZoneInfo) -> str:
    """Return the calendar date of an instant in the project's zone: the day that stock must not have passed."""
    return instant.astimezone(zone).date().isoformat()


def data_as_of(snapshot: LayerSnapshot) -> DataAsOf:
    """Return the oldest and newest observation in a layer, and when the store last changed it."""
    oldest, newest = snapshot.observed
    return DataAsOf(oldest, newest, snapshot.changed_at)
