"""Counts of what is served, in the text format of Prometheus; labels come from the routes, never from callers."""

import threading
import time
from collections import Counter
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_ems.web.admission import Lane

BUCKETS_S = (0.005, 0.025, 0.1, 0.25, 1.0, 2.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestCounts:
    """Requests by route and status, their durations, and how many are being answered now."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._durations: Counter[tuple[str, float]] = Counter()
        self._seconds: Counter[str] = Counter()
        self.in_flight = 0

    def begin(self) -> None:
        """Note that a request has arrived."""
        with self._lock:
            self.in_flight += 1

    def end(self, route: str, method: str, status: int, seconds: float) -> None:
        """Note that a request has been answered."""
        with self._lock:
            self.in_flight -= 1
            self._requests[route, method if method in _METHODS else "other", status] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]  # a Counter adds floats as well
            for bucket in BUCKETS_S:
                if seconds <= bucket:
                    self._durations[route, bucket] += 1

    def text(self, lanes: Iterable[Lane], gauges: dict[str, float]) -> str:
        """Return all counts, one per line."""
        with self._lock:
            requests, durations = sorted(self._requests.items()), dict(self._durations)
            seconds, in_flight = dict(self._seconds), self.in_flight
        totals: Counter[str] = Counter()
        lines = ["# TYPE geo_ems_requests_total counter"]
        for (route, method, status), count in requests:
            totals[route] += count
            lines.append(f'geo_ems_requests_total{{route="{route}",method="{method}",code="{status}"}} {count}')
        lines.append("# TYPE geo_ems_request_seconds histogram")
        for route, total in sorted(totals.items()):
            for bucket in BUCKETS_S:
                count = durations.get((route, bucket), 0)
                lines.append(f'geo_ems_request_seconds_bucket{{route="{route}",le="{bucket}"}} {count}')
            lines.append(f'geo_ems_request_seconds_bucket{{route="{route}",le="+Inf"}} {total}')
            lines.append(f'geo_ems_request_seconds_sum{{route="{route}"}} {seconds[route]:.6f}')
            lines.append(f'geo_ems_request_seconds_count{{route="{route}"}} {total}')
        lines += ["# TYPE geo_ems_requests_in_flight gauge", f"geo_ems_requests_in_flight {in_flight}"]
        lines += ["# TYPE geo_ems_lane_in_flight gauge", "# TYPE geo_ems_lane_shed_total counter"]
        for lane in lanes:
            lines.append(f'geo_ems_lane_in_flight{{lane="{lane.name}"}} {lane.in_flight}')
            lines.append(f'geo_ems_lane_shed_total{{lane="{lane.name}"}} {lane.shed}')
        for name, value in gauges.items():
            lines += [f"# TYPE geo_ems_{name} gauge", f"geo_ems_{name} {value:g}"]
        return "\n".join(lines) + "\n"


class CountRequests:
    """Counts each request under the template of its route, also those that are refused."""

    def __init__(self, app: ASGIApp, *, counts: RequestCounts) -> None:
        """Keep the next application and the counts."""
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 499  # the caller went away before an answer began

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._counts.begin()
        start = time.perf_counter()
        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._counts.end(route, scope["method"], status, time.perf_counter() - start)
