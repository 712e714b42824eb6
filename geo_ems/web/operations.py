"""`/livez`, `/readyz`, `/metrics`: what those who run the server ask."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

import anyio
import anyio.to_thread
from fastapi import APIRouter, Depends, Response

from geo_ems import __version__
from geo_ems.errors import GeoEmsError
from geo_ems.model.caller import Caller, Permission
from geo_ems.web.dependencies import asking, calling
from geo_ems.web.parameters import Asked
from geo_ems.web.responses import json_response
from geo_ems.web.state import Served, served

PROBE_TIME_S = 1.0
RESERVE_BYTES = 100_000_000
_LISTED = 20
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

router = APIRouter()
Parts = Annotated[Served, Depends(served)]
Reader = Annotated[Caller, Depends(calling(Permission.READ))]
NothingAsked = Annotated[Asked, Depends(asking())]


@router.api_route("/livez", methods=["GET", "HEAD"])
async def livez(_: Reader, __: NothingAsked) -> Response:
    """Say that the server answers; touches nothing else, and passes every lane by."""
    return json_response({"status": "alive"})


@router.api_route("/readyz", methods=["GET", "HEAD"])
async def readyz(parts: Parts, _: Reader, __: NothingAsked) -> Response:
    """Say whether questions and changes are served, and why not; 503 where they are not."""
    faults: list[str] = []
    starting = list(parts.starting)
    with anyio.move_on_after(PROBE_TIME_S) as waiting:
        faults = await anyio.to_thread.run_sync(partial(_write_faults, parts), abandon_on_cancel=True)
    if waiting.cancelled_caught:
        faults = [f"the store did not take a change within {PROBE_TIME_S:g} s"]
    state = await parts.reads.run(partial(_state, parts, [*starting, *faults]))
    is_ready = state["status"] == "ready"
    return json_response(state, status=HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)


@router.api_route("/metrics", methods=["GET", "HEAD"])
async def metrics(parts: Parts, _: Reader, __: NothingAsked) -> Response:
    """Return the counts in the text format of Prometheus."""
    counts = parts.application.positions.store.counts
    gauges = {
        "free_disk_bytes": float(parts.application.probe.free_disk_bytes()),
        "positions_stored": float(counts.stored),
        "positions_repeated": float(counts.repeated),
        "positions_flagged": float(counts.jumps),
        "positions_pruned": float(counts.pruned),
        "event_listeners": float(parts.events.listeners),
        "event_listeners_let_go": float(parts.events.let_go),
    }
    return Response(parts.counts.text(parts.lanes, gauges), headers={"Content-Type": METRICS_TYPE})


def _write_faults(parts: Served) -> list[str]:
    try:
        parts.application.probe.check_writing()
    except GeoEmsError as error:
        return [str(error)]
    return []


def _state(parts: Served, faults: list[str]) -> dict[str, object]:
    probe = parts.application.probe
    warnings = list(probe.warnings())
    poison: tuple[str, ...] = ()
    seq, layers = None, {}
    try:
        described = parts.application.store.describe()
        seq, layers = described.seq, {name: described.layers[name].count for name in parts.layers}
        poison = probe.poison_rows()
    except GeoEmsError as error:
        faults = [*faults, str(error)]
    if poison:
        warnings.append(
            f"{len(poison)} rows or values cannot be used; they are left out of answers, "
            "or answered from their last good version"
        )
    free = probe.free_disk_bytes()
    if free < RESERVE_BYTES:
        warnings.append(f"only {free} bytes are free on the disk of the store")
    return {
        "status": "not ready" if faults else "ready",
        "faults": faults,
        "warnings": warnings,
        "version": __version__,
        "sqlite_version": probe.sqlite_version,
        "seq": seq,
        "layers": layers,
        "poison_rows": list(poison[:_LISTED]),
        "poison_row_count": len(poison),
        "free_disk_bytes": free,
    }
