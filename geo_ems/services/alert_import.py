"""Alerts of other offices into the layer of hazard areas: new ones, their updates, their ends.

An alert warns and closes no road by itself: its area may be a whole province. It gets the policy `ignore`,
unless the one who imports it says what it does to traffic.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from geo_ems.errors import DataError
from geo_ems.formats.cap import Alert, AlertArea, AlertFile, AlertInfo
from geo_ems.model.caller import Caller
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange, Value
from geo_ems.model.labels import Label, Language
from geo_ems.model.roads import Policy
from geo_ems.services.alert_kinds import GRADES, alert_kind
from geo_ems.services.barrier_question import PolicySaid
from geo_ems.services.provenance import instant_text
from geo_ems.storage.protocol import LayerStore

LAYER, ORIGIN = "hazard_areas", "import-cap"
_NAME_CHARACTERS, _REMARK_CHARACTERS, _ALERT_ID_CHARACTERS = 200, 4000, 600
_WIDE_KM2 = 100.0


@dataclass(frozen=True, slots=True)
class AlertImport:
    """How alerts are taken: by whom, when, in which zone naive times are read, and what they do to traffic."""

    store: LayerStore
    caller: Caller
    now: datetime
    zone: ZoneInfo
    language: Language
    policy: PolicySaid
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class AlertReport:
    """What became of a file: areas stored, areas ended by an update or a cancellation, and what there is to say."""

    stored: tuple[Feature, ...]
    ended_ids: tuple[str, ...]
    notes: tuple[Label, ...]


def import_alerts(file: AlertFile, *, file_name: str, sha256: str, work: AlertImport) -> AlertReport:
    """Store the areas of all alerts of a file in one change, or nothing of it.

    Only messages of status Actual count; exercises, tests and drafts are told and not stored. An update ends the
    areas of the alerts that it refers to, a cancellation too. What is stored already is left as it is.

    Raises
    ------
    DataError
        Where an alert cannot be told from others.
    ConflictError
        Where somebody changed an area meanwhile; nothing was stored.
    """
    desk = _Desk(work)
    for alert in file.alerts:
        desk.take(alert)
    if file.linked_count:
        desk.say(
            f"列表中有 {file.linked_count} 条只有链接,没有内容,未导入",
            f"{file.linked_count} entries of the list only link to an alert and were not taken",
        )
    changes = desk.changes()
    if changes and not work.dry_run:
        note = json.dumps({"file": file_name, "sha256": sha256, "alerts": len(file.alerts)}, ensure_ascii=False)
        work.store.commit(ChangeBatch(LAYER, changes, work.caller.principal, ORIGIN, note))
    return AlertReport(tuple(desk.new.values()), tuple(desk.ended), tuple(desk.notes))


class _Desk:
    """Takes alerts one after the other, against what is stored and what came before them in the file."""

    def __init__(self, work: AlertImport) -> None:
        self._work = work
        columns = work.store.read_columns(LAYER)
        known = [str(columns.ids[row]) for row in range(len(columns)) if columns.columns["alert_id"].knows(row)]
        self._stored = {feature.id: feature for feature in work.store.read_rows(LAYER, known)}
        self.new: dict[str, Feature] = {}
        self.ended: dict[str, Feature] = {}
        self.acting: dict[str, Feature] = {}
        self.notes: list[Label] = []

    def say(self, zh: str, en: str) -> None:
        """Add a note."""
        self.notes.append(Label(zh, en))

    def take(self, alert: Alert) -> None:
        """Take one alert."""
        named = alert.identifier[:80]
        if alert.status != "Actual":
            self.say(f"{named}: 状态 {alert.status},不是实况,未存入", f"{named}: status {alert.status}, not stored")
            return
        if alert.message in {"Ack", "Error"}:
            self.say(f"{named}: 是回执 {alert.message},未存入", f"{named}: a receipt ({alert.message}), not stored")
            return
        if known := self._areas_of(alert):
            self._take_again(named, known)
            return
        self._end_referenced(alert)
        if alert.message == "Cancel":
            return
        infos = self._infos_asked(alert)
        if not infos:
            self.say(f"{named}: 没有内容(info),未存入", f"{named}: says nothing (no info), nothing was stored")
        places: set[tuple[object, ...]] = set()
        for info in infos:
            for area in info.areas:
                same = (info.event, info.expires, area.description, area.geometry)
                if same not in places:
                    places.add(same)
                    self._put(alert, info, area, place=len(places), several=len(infos) > 1 or len(info.areas) > 1)
            if not info.areas:
                self._put(alert, info, AlertArea("", None, (), ()), place=len(places) + 1, several=False)
                places.add((info.event, info.expires))

    def changes(self) -> tuple[FeatureChange, ...]:
        """Return what is to be stored."""
        created = [FeatureChange(ChangeKind.CREATE, each.id, each) for each in self.new.values()]
        replaced = [FeatureChange(ChangeKind.REPLACE, each.id, each, each.rev) for each in self.ended.values()]
        acting = [
            FeatureChange(ChangeKind.REPLACE, each.id, each, each.rev)
            for each in self.acting.values()
            if each.id not in self.ended
        ]
        return (*created, *replaced, *acting)

    def _take_again(self, named: str, known: Sequence[Feature]) -> None:
        told = [self._act_as_asked(feature) for feature in known]
        if not any(told):
            self.say(f"{named}: 已经存过,未改动", f"{named}: stored before, left as it is")

    def _act_as_asked(self, feature: Feature) -> bool:
        """Let an area that is stored act on the roads as it is asked now; return whether anything was said of it.

        Without a policy of its own (`ignore`) a second import takes nothing back.
        """
        policy, before = self._work.policy, feature.properties
        values: dict[str, Value] = {
            "policy": str(policy.policy),
            "slow_factor": policy.factor if policy.policy is Policy.SLOW else None,
            "delay_s": policy.delay_s if policy.policy is Policy.DELAY else None,
            "state": "active",
        }
        if policy.policy is Policy.IGNORE or feature.id not in self._stored:
            return False
        if before.get("state") == "expired":
            self.say(
                f"{feature.id}: 已失效,通行政策未改;道路仍不通的,用 geo-ems barriers close 封闭",
                f"{feature.id}: is over, its policy was left; where it still holds, geo-ems barriers close",
            )
            return True
        if all(before.get(name) == value for name, value in values.items()):
            return False
        self.acting[feature.id] = self._stored[feature.id] = replace(feature, properties={**before, **values})
        self.say(
            f"{feature.id}: 已经存过,通行政策改为 {policy.policy},现在起作用",
            f"{feature.id}: stored before; its policy is {policy.policy} now, and it acts",
        )
        return True

    def _areas_of(self, alert: Alert) -> list[Feature]:
        said = _alert_id(alert)
        every = (*self._stored.values(), *self.new.values())
        return [feature for feature in every if feature.properties.get("alert_id") == said]

    def _end_referenced(self, alert: Alert) -> None:
        ends_at = instant_text(self._instant(alert.sent))
        for sender, identifier, sent in alert.references:
            found = [
                feature
                for feature in (*self._stored.values(), *self.new.values())
                if _is_meant(str(feature.properties.get("alert_id") or ""), sender, identifier, sent)
            ]
            if not found:
                self.say(
                    f"{alert.identifier[:80]}: 引用的预警 {identifier[:80]} 没有存过",
                    f"{alert.identifier[:80]}: the alert {identifier[:80]} that it refers to is not stored",
                )
            for feature in found:
                valid_to = str(feature.properties.get("valid_to") or ends_at)
                values = {**feature.properties, "state": "expired", "valid_to": min(valid_to, ends_at)}
                ended = replace(feature, properties=values)
                if feature.id in self.new:
                    self.new[feature.id] = ended
                else:
                    self.ended[feature.id] = self._stored[feature.id] = ended
                verb = ("解除", "cancelled") if alert.message == "Cancel" else ("更新取代", "replaced by an update")
                self.say(f"{feature.id}: 已被{verb[0]},改为失效", f"{feature.id}: {verb[1]}, expired now")

    def _infos_asked(self, alert: Alert) -> list[AlertInfo]:
        """Return the infos in the project's language, else in English, else in the first one there is."""
        spoken = list(dict.fromkeys(info.language.casefold()[:2] for info in alert.infos))
        if not spoken:
            return []
        wanted = next((name for name in (self._work.language, "en") if name in spoken), spoken[0])
        taken = [info for info in alert.infos if info.language.casefold().startswith(wanted)]
        others = len(alert.infos) - len(taken)
        if others:
            self.say(
                f"{alert.identifier[:80]}: 另有 {others} 段其他语言的内容,未存入",
                f"{alert.identifier[:80]}: {others} infos in other languages were not stored",
            )
        return taken

    def _put(self, alert: Alert, info: AlertInfo, area: AlertArea, *, place: int, several: bool) -> None:
        feature_id = f"{_code(alert)}-{place}"
        kind, is_said = alert_kind(info)
        state = self._state(alert, info, feature_id)
        title = info.headline or info.event
        name = f"{title} ({area.description})" if several and area.description else title
        values: dict[str, Value] = {
            "code": feature_id,
            "name": _cut(name, _NAME_CHARACTERS),
            "name_en": _cut(name, _NAME_CHARACTERS) if info.language.casefold().startswith("en") else None,
            "kind": kind,
            "grade": GRADES.get(info.severity),
            "state": state,
            "valid_from": instant_text(self._instant(info.onset or info.effective or alert.sent)),
            "valid_to": instant_text(self._instant(info.expires)) if info.expires is not None else None,
            "policy": str(self._work.policy.policy),
            "slow_factor": self._work.policy.factor if self._work.policy.policy is Policy.SLOW else None,
            "delay_s": self._work.policy.delay_s if self._work.policy.policy is Policy.DELAY else None,
            "alert_id": _alert_id(alert),
            "supersedes": " ".join(",".join(each) for each in alert.references)[:_REMARK_CHARACTERS] or None,
            "source_department": _cut(info.sender_name or alert.sender, _NAME_CHARACTERS),
            "remarks": _remarks(info, area),
        }
        self.new[feature_id] = Feature(feature_id, area.geometry, values)
        self._tell_put(feature_id, info, area, kind=kind if not is_said else "")

    def _tell_put(self, feature_id: str, info: AlertInfo, area: AlertArea, *, kind: str) -> None:
        for fault in area.faults:
            self.say(f"{feature_id}: 形状不能用: {fault}", f"{feature_id}: a shape cannot be used: {fault}")
        if area.geometry is None:
            codes = ", ".join(f"{name} {value}" for name, value in area.geocodes[:5])
            self.say(
                f"{feature_id}: 没有位置,按无位置存入;区域代码: {codes or '无'};请画出范围",
                f"{feature_id}: has no place and is stored without one; codes: {codes or 'none'}; draw its area",
            )
        elif self._work.policy.policy is not Policy.IGNORE and (wide_km2 := _area_km2(area)) > _WIDE_KM2:
            self.say(
                f"{feature_id}: 面积 {wide_km2:.0f} 平方公里,其中的道路都会受影响",
                f"{feature_id}: covers {wide_km2:.0f} km2, and acts on every road inside",
            )
        if kind:
            self.say(
                f"{feature_id}: 事件“{info.event[:60]}”不在对照表中,按类别记为 {kind}",
                f"{feature_id}: the event '{info.event[:60]}' is not in the table; taken as {kind} by its category",
            )
        if info.expires is None:
            self.say(f"{feature_id}: 没有写失效时间", f"{feature_id}: does not say when it ends")
        naive = [
            each for each in (info.effective, info.onset, info.expires) if each is not None and each.tzinfo is None
        ]
        if naive:
            self.say(
                f"{feature_id}: 时间没有时区,按 {self._work.zone} 读",
                f"{feature_id}: times without an offset were read in {self._work.zone}",
            )

    def _state(self, alert: Alert, info: AlertInfo, feature_id: str) -> str:
        """Return the state: over, to be watched, or in force."""
        if info.expires is not None and self._instant(info.expires) < self._work.now:
            self.say(f"{feature_id}: 到达时已失效", f"{feature_id}: was over when it came")
            return "expired"
        if info.urgency == "Past" or (info.responses and set(info.responses) == {"AllClear"}):
            self.say(f"{feature_id}: 已解除(AllClear)", f"{feature_id}: all clear, expired")
            return "expired"
        if any(
            _is_meant(_alert_id(alert), *reference)
            for feature in self._stored.values()
            for reference in _references(str(feature.properties.get("supersedes") or ""))
        ):
            self.say(f"{feature_id}: 已有更新的预警取代", f"{feature_id}: a newer alert has replaced it before")
            return "expired"
        if self._work.policy.policy is not Policy.IGNORE:
            return "active"  # the one who imports it says that it acts
        is_watch = info.urgency == "Future" or info.certainty in {"Possible", "Unlikely"}
        return "watch" if is_watch else "active"

    def _instant(self, instant: datetime) -> datetime:
        return instant if instant.tzinfo is not None else instant.replace(tzinfo=self._work.zone)


def _alert_id(alert: Alert) -> str:
    said = f"{alert.sender},{alert.identifier},{alert.sent_text}"
    if len(said) > _ALERT_ID_CHARACTERS:
        raise DataError(
            f"The sender, identifier and time of an alert are {len(said)} characters long",
            where=alert.identifier[:80],
            remedy=f"At most {_ALERT_ID_CHARACTERS} are kept; ask the sender.",
        )
    return said


def _code(alert: Alert) -> str:
    digest = hashlib.sha256(f"{alert.sender}\0{alert.identifier}\0{alert.sent_text}".encode()).digest()
    return f"CAP-{base64.b32encode(digest)[:10].decode().lower()}"


def _references(text: str) -> list[tuple[str, str, str]]:
    parts = [each.split(",") for each in text.split()]
    return [(part[0], part[1], part[2]) for part in parts if len(part) == 3]  # noqa: PLR2004 sender, identifier, sent


def _is_meant(alert_id: str, sender: str, identifier: str, sent: str) -> bool:
    """Return whether a reference means an alert; senders name themselves differently, then the time must agree."""
    said = alert_id.split(",")
    return len(said) == 3 and said[1] == identifier and (said[0] == sender or said[2] == sent)  # noqa: PLR2004 as above


def _remarks(info: AlertInfo, area: AlertArea) -> str | None:
    codes = "; ".join(f"{name} {value}" for name, value in area.geocodes)
    parts: Sequence[str] = (area.description, info.description, info.instruction, codes)
    return _cut("\n".join(part for part in parts if part), _REMARK_CHARACTERS) or None


def _cut(text: str, limit: int) -> str:
    sound = "".join(character for character in text if character.isprintable() or character == "\n").strip()
    return sound if len(sound) <= limit else f"{sound[: limit - 1]}…"


def _area_km2(area: AlertArea) -> float:
    from pyproj import Geod  # noqa: PLC0415 - only an area that acts on traffic is measured

    return abs(Geod(ellps="WGS84").geometry_area_perimeter(area.geometry)[0]) / 1e6
