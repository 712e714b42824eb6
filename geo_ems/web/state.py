"""What lives as long as the server: the project, the lanes, the counts, the finder of places."""

from dataclasses import dataclass, field

from fastapi import Request

from geo_ems.model.definitions import LayerDefinition
from geo_ems.services.places import PlaceFinder
from geo_ems.web.admission import Lane
from geo_ems.web.application import WebApplication
from geo_ems.web.event_hub import EventHub
from geo_ems.web.kept_promises import KeptPromises
from geo_ems.web.metrics import RequestCounts

IMPORTS_AT_WORK, IMPORTS_WAITING = 2, 4
_STORE_CHARACTERS = 8
# A fix that waits for the disk holds no thread.
POSITIONS_AT_WORK, POSITIONS_WAITING = 500, 500


@dataclass(frozen=True, slots=True)
class Served:
    """The parts that routes share."""

    application: WebApplication
    layers: dict[str, LayerDefinition]
    places: PlaceFinder
    counts: RequestCounts
    reads: Lane
    writes: Lane
    imports: Lane
    positions: Lane
    events: EventHub
    promises: KeptPromises = field(default_factory=KeptPromises)
    descriptions: dict[str, bytes] = field(default_factory=dict)
    """The API description as written, by the address it names."""
    starting: list[str] = field(default_factory=list)
    """What is still being prepared since the start; questions are answered meanwhile, more slowly."""

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Return all lanes."""
        return self.reads, self.writes, self.imports, self.positions


def make_served(application: WebApplication) -> Served:
    """Return the shared parts of one server."""
    limits = application.publishing.limits
    return Served(
        application=application,
        layers=dict(application.layers),
        places=PlaceFinder(application.snapshots, application.clock),
        counts=RequestCounts(),
        reads=Lane("read", at_work=limits.requests_at_work, waiting=limits.requests_waiting),
        writes=Lane("write", at_work=limits.writes_at_work, waiting=limits.writes_waiting),
        imports=Lane("import", at_work=IMPORTS_AT_WORK, waiting=IMPORTS_WAITING),
        positions=Lane("position", at_work=POSITIONS_AT_WORK, waiting=POSITIONS_WAITING),
        events=EventHub(
            read_after=application.changes_after,
            store_state=lambda: _store_state(application),
            fixes=application.positions.store.latest,
        ),
    )


def _store_state(application: WebApplication) -> tuple[str, int]:
    described = application.store.describe()
    return described.store_id[:_STORE_CHARACTERS], described.seq


def served(request: Request) -> Served:
    """Return the shared parts of the server that a request reached."""
    found: Served = request.app.state.served
    return found
