"""A small service on loopback for browser tests: the page, and answers worked out over the sample county."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from map_samples import content, coverage_answer, nearest_json, rows

from geo_ems.cartography.answer_documents import coverage_document
from geo_ems.cartography.page import overview_page

BACKGROUND = {"/v1/barriers": {"barriers": []}, "/v1/incidents": {"incidents": [], "matched": 0, "overdue": 0}}


class Service:
    """Serves one page; keeps what was asked, may refuse everything or hold an answer back.

    What the page asks by itself (closures, incidents, events) stands in `heard`, not in `asked`.
    """

    def __init__(self, text=str, **page_options):
        self.text, self.asked, self.refuse, self.hold = text, [], None, {}
        self.heard: list[str] = []
        self.listeners: list[queue.Queue[bytes]] = []
        self.changed: dict[str, object] = {}  # what has changed since the page was made
        self.page = overview_page(content(text), served=True, include_private=True, **page_options)
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                service.reply(self, None)

            def do_POST(self):
                service.reply(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_PATCH(self):
                self.do_POST()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.hang_up()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def reply(self, handler, body):
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path in ("/", "/v1/maps/overview"):
            return self.send(handler, 200, self.page, "text/html; charset=utf-8")
        if parts.path == "/v1/events":
            return self.keep_telling(handler)
        if handler.command == "GET" and parts.path in BACKGROUND:
            self.heard.append(parts.path)
            status, answer = self.background(parts.path)
            return self.send(handler, status, json.dumps(answer).encode(), "application/json")
        self.asked.append((parts.path, query or body))
        if self.refuse:
            return self.send(handler, 400, json.dumps(self.refuse).encode(), "application/problem+json")
        if query.get("layer") in self.hold:
            self.hold[query["layer"]].wait(10)
        done = self.act(handler, parts.path, query, body)
        if done is not None:
            status, answer = done
            return self.send(handler, status, json.dumps(answer).encode(), "application/json")
        return self.send(handler, 200, json.dumps(self.answer(parts.path, query)).encode(), "application/json")

    def background(self, path):
        """Return status and answer to what the page asks by itself."""
        return 200, BACKGROUND[path]

    def act(self, _handler, _path, _query, _body):
        """Return status and answer of what else a service may do; None for the questions below."""

    def tell(self, layer, *, event="change"):
        """Tell every page that a layer changed."""
        for listener in self.listeners:
            listener.put(b"event: %b\ndata: %b\n\n" % (event.encode(), json.dumps({"layer": layer}).encode()))

    def hang_up(self):
        """Break the line of events; pages come back after the time they were given."""
        for listener in self.listeners:
            listener.put(b"")

    def keep_telling(self, handler):
        mine: queue.Queue[bytes] = queue.Queue()
        self.listeners.append(mine)
        try:
            handler.send_response(200)
            handler.send_header("Content-Type", "text/event-stream")
            handler.end_headers()
            handler.wfile.write(b"retry: 700\n\n")
            while told := mine.get():
                handler.wfile.write(told)
        except OSError:  # the page was closed
            return
        finally:
            self.listeners.remove(mine)
            handler.close_connection = True

    def answer(self, path, query):
        if path == "/v1/nearest":
            required = query.get("suitable_for") or query.get("capability")
            at = (float(query["lon"]), float(query["lat"]))
            answer = nearest_json(query["layer"], at, int(query["k"]), text=self.text, required=required)
            return {**answer, **self.changed}
        if path == "/v1/places":
            return {
                "places": [
                    {
                        "id": i,
                        "layer": "population",
                        "name": v["name"],
                        "name_en": v.get("name_en"),
                        "kind": "village",
                        "district": {"id": "T1", "name": self.text("西乡镇"), "name_en": None},
                        "lon": g.x,
                        "lat": g.y,
                    }
                    for i, g, v in rows(self.text)["population"]
                    if query["q"] in str(v["name"])
                ]
            }
        return coverage_document(coverage_answer(self.text))

    def send(self, handler, status, body, kind):
        try:
            handler.send_response(status)
            handler.send_header("Content-Type", kind)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:  # the page cancelled the question
            return
