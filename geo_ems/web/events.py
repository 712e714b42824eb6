"""`/v1/events`: every acknowledged change as it happens, resumable without a gap; positions beside them.

The id of an event is STORE-SEQ.POSITION: who sends the last one it got gets all that the log has
after it. Positions are told at most once a second per team and listener, and the newest only.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Annotated, Final

import anyio
from fastapi import APIRouter, Depends, Request, Response
from sse_starlette import EventSourceResponse
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from geo_ems.model.caller import Caller, Permission
from geo_ems.web import kinds
from geo_ems.web.dependencies import asking, calling
from geo_ems.web.event_hub import EventHub, change_text, event_text
from geo_ems.web.parameters import Asked, Parameter
from geo_ems.web.state import served

EVENTS = "/v1/events"
EVENT_STREAM: Final = "text/event-stream"
HEARTBEAT_S: Final = 15
SEND_TIMEOUT_S: Final = 10.0
POSITIONS_EVERY_S: Final = 1.0
RETRY_MS: Final = 2000
FAREWELL_S: Final = 1.0
_WAIT_S: Final = 0.25
_ID = re.compile(r"([^\s-]{1,40})-([0-9]{1,15})\.([0-9]{1,15})")
_SEQ = re.compile(r"[0-9]{1,15}")

SINCE = Parameter(
    "since", kinds.text(80), "the id of the last event, or a seq; the header Last-Event-ID goes before it"
)
EVENTS_QUERY: tuple[Parameter[object], ...] = (SINCE,)

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Place:
    """How far a listener has come, in one store."""

    store: str
    seq: int
    position_seq: int

    @property
    def event_id(self) -> str:
        """Return the place as the id of an event."""
        return f"{self.store}-{self.seq}.{self.position_seq}"


class _Stream(EventSourceResponse):
    """A stream that ends quietly where its listener takes nothing any more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            return


@router.api_route(EVENTS, methods=["GET", "HEAD"])
async def get_events(
    request: Request,
    caller: Annotated[Caller, Depends(calling(Permission.READ))],
    asked: Annotated[Asked, Depends(asking(*EVENTS_QUERY))],
) -> Response:
    """Tell every acknowledged change, and where teams are."""
    hub = served(request).events
    hub.check_room()
    given = request.headers.get("last-event-id") or asked.one(SINCE)
    stopping = anyio.Event()
    told = _told(hub, given, sees_positions=caller.may(Permission.READ_PRIVATE), stopping=stopping)
    return _Stream(
        told,
        ping=HEARTBEAT_S,
        sep="\n",
        send_timeout=SEND_TIMEOUT_S,
        shutdown_event=stopping,
        shutdown_grace_period=FAREWELL_S,
    )


async def _told(
    hub: EventHub, given: str | None, *, sees_positions: bool, stopping: anyio.Event
) -> AsyncIterator[bytes]:
    """Yield what a listener is told, from where it was."""
    with hub.listening():
        place, opening = await _begin(hub, given)
        yield b"retry: %d\n\n%b" % (RETRY_MS, opening)
        due_s, has_caught_up = 0.0, False
        while not stopping.is_set():
            changes = await hub.changes_after(place.seq)
            if changes:
                texts = []
                for change in changes:
                    place = replace(place, seq=change.seq)
                    texts.append(change_text(change, place.event_id))
                yield b"".join(texts)
                if has_caught_up and hub.is_behind(place.seq):
                    hub.let_go += 1
                    yield event_text("end", {"reason": "slow"}, place.event_id)
                    return
            now_s = asyncio.get_running_loop().time()
            fixes = hub.fixes() if sees_positions and now_s >= due_s else None
            if fixes is not None and fixes.seq > place.position_seq:
                texts = []
                for slot in fixes.since(place.position_seq).tolist():
                    place = Place(place.store, place.seq, int(fixes.number[slot]))
                    texts.append(hub.position_text(fixes, slot, place.event_id))
                due_s = now_s + POSITIONS_EVERY_S
                if texts:
                    yield b"".join(texts)
            if not changes:
                has_caught_up = True
                await hub.wait(_WAIT_S)
        yield event_text("end", {"reason": "shutdown"}, place.event_id)


async def _begin(hub: EventHub, given: str | None) -> tuple[Place, bytes]:
    """Return where a listener begins, and what it is told first: `ready`, or `reset` where its id leads nowhere."""
    store, seq, position_seq = await hub.state()
    now = Place(store, seq, position_seq)
    if given is None:
        return now, event_text("ready", {"seq": seq, "position_seq": position_seq}, now.event_id)
    found = _ID.fullmatch(given)
    if found is not None:
        wanted = Place(found[1], int(found[2]), int(found[3]))
    elif _SEQ.fullmatch(given):
        wanted = Place(store, int(given), position_seq)
    else:
        return now, _reset("unknown_id", now)
    if wanted.store != store:
        return now, _reset("other_store", now)
    if wanted.seq > seq or wanted.position_seq > position_seq:
        return now, _reset("ahead", now)
    return wanted, event_text("ready", {"seq": wanted.seq, "position_seq": wanted.position_seq}, wanted.event_id)


def _reset(reason: str, now: Place) -> bytes:
    return event_text("reset", {"reason": reason, "remedy": "Load everything anew.", "seq": now.seq}, now.event_id)
