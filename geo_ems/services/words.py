"""Words of the answers: why a feature is not among the results, as a person would say it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from geo_ems.model.definitions import Reason
from geo_ems.model.labels import Label, Language

REASON_LABELS: dict[Reason, Label] = {
    Reason.WRONG_KIND: Label("类型不符", "wrong kind"),
    Reason.WRONG_TYPE: Label("不满足条件", "does not meet a condition"),
    Reason.LACKS_CAPABILITY: Label("能力不符", "lacks the capability"),
    Reason.LACKS_ITEM: Label("物资不足", "does not hold enough of the item"),
    Reason.UNAVAILABLE: Label("不可用", "not available"),
    Reason.STATUS_UNKNOWN: Label("状态未知", "status unknown"),
    Reason.CLOSED: Label("已关闭", "closed"),
    Reason.FULL: Label("已满", "full"),
    Reason.ALREADY_ASSIGNED: Label("已派出", "already assigned"),
    Reason.POSITION_MISSING: Label("位置缺失", "position missing"),
    Reason.POSITION_STALE: Label("位置过时", "position out of date"),
    Reason.INSIDE_HAZARD: Label("位于危险区内", "inside a hazard area"),
    Reason.ISOLATED: Label("道路孤立", "cut off from the road network"),
    Reason.UNREACHABLE: Label("无法到达", "unreachable"),
    Reason.BEYOND_CUTOFF: Label("超出范围", "beyond the cutoff"),
    Reason.BELOW_RANK_K: Label("名次在后", "ranked below k"),
}

CONFIRM_HEADING = Label("未确认,请电话核实", "not confirmed, call")
OPEN_HEADING = Label("可启用(备用)", "standby, to be opened")


def reason_text(reason: Reason, detail: str, language: Language) -> str:
    """Return the reason with its detail, such as "status: on scene", where there is one."""
    label = REASON_LABELS[reason].text(language)
    if not detail:
        return label
    return f"{label}（{detail}）" if language == "zh" else f"{label} ({detail})"


def say(language: Language, zh: str, en: str) -> str:
    """Return the sentence in the language asked."""
    return zh if language == "zh" else en


def text_or_none(value: object) -> str | None:
    """Return a value as text, None staying None."""
    return None if value is None else str(value)


def local_instant(instant: str, zone: ZoneInfo) -> str:
    """Return an instant in the project's zone with its offset, such as 2026-07-02 03:10:00 +08:00."""
    local = datetime.fromisoformat(instant).astimezone(zone)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}"
