"""A service that keeps incidents and orders for browser tests, with the shapes the real one answers in."""

from page_service import Service

KIND, TEAM, TAKEN = "flood", "T-1", "T-2"
TOOK = "'公安分队' was taken by 'Li' at 2026-07-21 03:02:00 +08:00 for incident 'I1'"
FOLLOWS = {
    "ordered": ["accepted", "declined", "no_answer", "departed", "staged", "recalled"],
    "accepted": ["departed", "recalled"],
    "departed": ["on_scene", "recalled"],
}


class IncidentService(Service):
    """Holds two incidents, one of them overdue and without a place; one team can be ordered, one is taken."""

    def __init__(self, text=str, **page_options):
        self.incidents = {
            "I1": self.made("I1", text("河湾村洪水"), {"overdue_s": 725, "state": "overdue"}, None),
            "I2": self.made("I2", text("石桥村火灾"), {"remaining_s": 1805, "state": "running"}, (112.04, 28.03)),
        }
        self.orders: dict[str, dict] = {}
        self.history: dict[str, list[dict]] = {"I1": [], "I2": []}
        self.keys: list[str | None] = []
        self.bodies: list[tuple[str, str, dict | None]] = []
        self.failing: set[str] = set()
        self.barriers: list[dict] = []
        super().__init__(text, **page_options)

    @staticmethod
    def made(incident_id, name, clock, place, kind=KIND):
        geometry = None if place is None else {"type": "Point", "coordinates": list(place)}
        values = {
            "name": name,
            "kind": kind,
            "state": "open",
            "received_at": "2026-07-20T18:50:00Z",
            "description": None,
        }
        return {
            "incident": {"type": "Feature", "id": incident_id, "geometry": geometry, "properties": values, "rev": 7},
            "clock": {"remaining_s": None, "overdue_s": None, **clock},
        }

    def background(self, path):
        if path in self.failing:
            return 503, {"title": "Service Unavailable", "detail": "the store is away"}
        if path == "/v1/barriers":
            return 200, {"barriers": self.barriers, "as_of": "2026-07-20T19:10:00Z"}
        rows = [
            {**one["incident"], "clock": one["clock"], "ask": ["trapped_persons", "watch_list"]}
            for one in self.incidents.values()
            if one["incident"]["properties"]["state"] == "open"
        ]
        rows.sort(key=lambda row: row["clock"]["state"] != "overdue")
        return 200, {"incidents": rows, "matched": len(rows), "overdue": 1}

    def act(self, handler, path, _query, body):  # noqa: C901, PLR0911, PLR0912  (one case for each path of the service)
        parts = path.strip("/").split("/")
        if handler.command != "GET":
            self.keys.append(handler.headers["Idempotency-Key"])
            self.bodies.append((handler.command, path, body))
        if path in self.failing and handler.command != "GET":
            return 409, {
                "title": "Conflict",
                "detail": self.text("1 of 1 cannot be booked"),
                "errors": [self.conflict()],
            }
        match parts:
            case ["v1", "incidents"]:
                place = (body["lon"], body["lat"]) if "lon" in body else None
                clock = {"state": "running", "remaining_s": 3599}
                self.incidents["I3"] = self.made("I3", self.text("新事件"), clock, place, body["kind"])
                self.history["I3"] = [self.change(90, "open")]
                return 201, self.whole("I3")
            case ["v1", "incidents", incident_id]:
                if handler.command == "PATCH":
                    self.incidents[incident_id]["incident"]["properties"] |= body
                    self.history[incident_id].append(self.change(91, "refine"))
                return 200, self.whole(incident_id)
            case ["v1", "incidents", incident_id, step]:
                action = {"reports": f"report_{body.get('kind')}"}.get(step, step)
                self.history[incident_id].append(self.change(92, action))
                if step in ("merge", "terminate"):
                    self.incidents[incident_id]["incident"]["properties"]["state"] = "terminated"
                return 200, self.whole(incident_id)
            case ["v1", "undo"]:
                for entries in self.history.values():
                    for entry in entries:
                        entry["undone_by"] = 99 if entry["seq"] == body["seq"] else entry["undone_by"]
                return 200, {"undone": [], "seqs": [99], "features": []}
            case ["v1", "dispatch"]:
                return 200, self.recommended()
            case ["v1", "assignments"] if handler.command == "GET":
                return 200, {"assignments": list(self.orders.values())}
            case ["v1", "assignments"]:
                return self.ordered(body)
            case ["v1", "assignments", order_id, step]:
                return 200, self.stepped(order_id, step, body)
            case ["v1", "barriers", *_]:
                return 201, {"id": "B1"}
        return None

    def conflict(self):
        return {"field": TAKEN, "value": None, "problem": self.text(TOOK), "remedy": self.text("Choose another.")}

    def change(self, seq, action):
        return {
            "seq": seq,
            "action": action,
            "recorded_at": "2026-07-20T19:10:00Z",
            "occurred_at": None,
            "who": self.text("Li"),
            "undone_by": None,
            "changes": [
                {"field": "name", "label": self.text("名称"), "from": None, "to": self.text("x"), "words": None}
            ],
        }

    def whole(self, incident_id):
        text, district = self.text, {"id": "T1", "name": self.text("西乡镇"), "name_en": None, "duty_phone": "0737-555"}
        return {
            **self.incidents[incident_id],
            "must_report": {
                "value": None,
                "why": text("情况不全"),
                "province_banner": None,
                "ask": ["trapped_persons", "ongoing", "watch_list"],
                "conditions": [
                    {
                        "number": 5,
                        "key": "trapped",
                        "label": text("有人被困"),
                        "matched": None,
                        "why": text("未知"),
                        "ask": [],
                    },
                    {
                        "number": 6,
                        "key": "going_on",
                        "label": text("仍在持续"),
                        "matched": True,
                        "why": text("是"),
                        "ask": [],
                    },
                ],
                "recipients": [{"id": "a", "label": text("市总值班室"), "phone": "12345"}],
                "copies": [],
                "possible_copies": [],
            },
            "jurisdiction": {
                "basis": "geometry",
                "leads": district,
                "words": text("由西乡镇牵头"),
                "chain": [district],
                "consent": [],
                "outside": False,
                "partly_outside": False,
            },
            "reports": [],
            "teams": [],
            "assignments": [],
            "merged": [],
            "rev": 7,
            "warnings": [text("请问清地点")],
            "nearby_open": [
                {"id": "I2", "name": text("石桥村火灾"), "kind": "fire", "straight_m": 900.0, "received_at": None}
            ]
            if incident_id == "I3"
            else [],
            "history": self.history[incident_id],
        }

    def picked(self, team_id, name, state="ready"):
        text = self.text
        return {
            "layer": "response_teams",
            "id": team_id,
            "name": text(name),
            "total_s": 540.0,
            "distance_m": 4000.0,
            "straight_m": 3000.0,
            "amounts": {"teams": 1.0, "people": 42.0},
            "state": state,
            "why": text("具备所需能力"),
            "status": "available",
            "consent": text("需上级同意"),
            "contact": {"phone": text("119")},
            "flags": [],
            "item": None,
        }

    def recommended(self):
        text = self.text
        reason = {"code": "busy", "count": 1, "text": text("1 支正在执行任务"), "ids": []}
        short = {
            "missing": {"teams": 1.0},
            "reasons": [reason],
            "cures": [{"action": "recall", "text": text("召回"), "ids": []}],
        }
        need = {
            "what": "teams",
            "name": "boats",
            "label": text("舟艇救援"),
            "unit": None,
            "wanted": {"teams": 2.0},
            "got": {"teams": 1.0},
            "within_s": 2700.0,
            "picks": [self.picked(TEAM, "消防大队")],
            "shortfall": short,
            "to_open": [],
            "passed_over": [],
            "to_confirm": [self.picked("T-3", "民兵分队", "to_confirm")],
        }
        support = {
            "needed": True,
            "ask": {"id": "P", "name": text("示例市"), "duty_phone": "0737-999"},
            "missing": [text("舟艇: 1 队")],
            "resources": [],
        }
        return {
            "kind": KIND,
            "alarm_level": 1,
            "levels": [1, 2],
            "as_of": "2026-07-20T19:10:00Z",
            "card": {"note": text("示例值")},
            "needs": [need],
            "support_request": support,
            "cover": [],
            "move_ups": [],
            "warnings": [text("注意")],
        }

    def ordered(self, body):
        made = [
            {
                "id": f"A{n}",
                "rev": 3,
                "resource_layer": pick["layer"],
                "resource_id": pick["id"],
                "resource_name": self.text("消防大队"),
                "status": "ordered",
                "may_follow": FOLLOWS["ordered"],
                "history": [{"status": "ordered", "occurred_at": "2026-07-20T19:11:00Z"}],
            }
            for n, pick in enumerate(body["picks"])
        ]
        if body.get("preview"):
            return 200, {"preview": True, "assignments": made, "conflicts": []}
        self.orders |= {row["id"]: row for row in made}
        return 201, {"preview": False, "assignments": made, "conflicts": []}

    def stepped(self, order_id, step, body):
        row = self.orders[order_id]
        if step == "undo":
            row["history"].pop()
        else:
            row["history"].append({"status": body.get("status", "recalled"), "occurred_at": "2026-07-20T19:12:00Z"})
        row["status"] = row["history"][-1]["status"] if row["history"] else "cancelled"
        row["may_follow"], row["rev"] = FOLLOWS.get(row["status"], []), row["rev"] + 1
        return {"assignments": [row], "conflicts": []}
