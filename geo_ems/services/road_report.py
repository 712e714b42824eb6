"""What a network of roads is and what was left out of it, as JSON and as short text in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from geo_ems.model.labels import Label, Language
from geo_ems.model.roads import Mode
from geo_ems.routing.lines import BuildReport
from geo_ems.services.osm_roads import OsmDropped
from geo_ems.services.road_lines import LinesReport
from geo_ems.services.words import say

_MODES: Final = {Mode.DRIVE: Label("行车", "drive"), Mode.WALK: Label("步行", "walk")}
_LEFT_OUT: Final = {
    "closed": Label("不准通行", "closed to all"),
    "without_line": Label("没有位置", "without a line"),
    "missing_nodes": Label("节点缺失(个)", "missing nodes"),
    "no_line": Label("没有线", "no line"),
    "no_position": Label("坐标无效", "no valid position"),
    "not_travelled": Label("车和人都不能走", "neither driven nor walked"),
}
_TURNS: Final = {
    "applied": Label("生效", "used"),
    "unknown_road": Label("所指道路不在路网", "road not in the network"),
    "unknown_place": Label("所指路口不在路网", "junction not in the network"),
    "no_such_turn": Label("本来就转不了", "impossible anyway"),
    "ambiguous": Label("说不清从哪段转", "ambiguous"),
    "other_vehicles": Label("只限其他车辆", "for other vehicles only"),
    "conditional": Label("分时段", "at certain times only"),
    "unknown_kind": Label("种类不认识", "of an unknown kind"),
    "except_cars": Label("小汽车除外", "except cars"),
    "incomplete": Label("关系不完整", "incomplete"),
    "way_not_in_network": Label("所指道路不在路网", "way not in the network"),
    "does_not_join": Label("道路不相接", "ways do not join"),
}
_SHOWN_WORDS = 8


@dataclass(frozen=True, slots=True)
class ModeFacts:
    """What one mode has; `largest_share` is the part of its kilometres in the largest connected part."""

    edges: int
    km: float
    components: int
    largest_share: float
    fragments: int
    fragments_km: float


@dataclass(frozen=True, slots=True)
class RoadFacts:
    """The network after an import. `turns` counts restrictions by outcome; `left_out` roads by reason."""

    nodes: int
    edges: int
    km: float
    km_by_class: Mapping[str, float]
    modes: Mapping[Mode, ModeFacts]
    turns: Mapping[str, int]
    left_out: Mapping[str, int]
    unknown_classes: Mapping[str, int] = field(default_factory=dict)
    not_understood: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    barriers: int = 0
    attribution: str = ""
    extracted_on: str = ""
    is_date_stated: bool = True

    def mapping(self) -> dict[str, object]:
        """Return the facts as JSON; kilometres to the metre."""
        return {
            "nodes": self.nodes,
            "edges": self.edges,
            "km": round(self.km, 3),
            "km_by_class": {name: round(km, 3) for name, km in sorted(self.km_by_class.items())},
            "modes": {
                mode.value: {
                    "edges": facts.edges,
                    "km": round(facts.km, 3),
                    "components": facts.components,
                    "largest_share": round(facts.largest_share, 6),
                    "fragments": facts.fragments,
                    "fragments_km": round(facts.fragments_km, 3),
                }
                for mode, facts in self.modes.items()
            },
            "turn_restrictions": dict(self.turns),
            "barrier_nodes": self.barriers,
            "left_out": dict(self.left_out),
            "unknown_classes": dict(self.unknown_classes),
            "not_understood": {name: dict(words) for name, words in self.not_understood.items()},
            "attribution": self.attribution or None,
            "extracted_on": self.extracted_on or None,
            "extract_date_stated": self.is_date_stated if self.extracted_on else None,
        }


def road_facts(
    built: BuildReport,
    lines: LinesReport,
    *,
    dropped: OsmDropped | None = None,
    attribution: str = "",
    extracted_on: str = "",
    is_date_stated: bool = True,
) -> RoadFacts:
    """Return what there is to say of a network; `dropped` is what of an extract did not come into it."""
    turns = dict(built.restrictions)
    turns["applied"] = max(0, turns.get("applied", 0) - lines.barrier_rules)
    turns = {name: count for name, count in turns.items() if count}
    left_out = {name: count for name, count in built.dropped.items() if count}
    unknown = dict(lines.unknown_classes)
    not_understood: dict[str, Mapping[str, int]] = {}
    if lines.unread_rules:
        not_understood["turn_rules"] = {"": lines.unread_rules}
    if dropped is not None:
        for name, count in dropped.turns.unused.items():
            turns[name] = turns.get(name, 0) + count
        counts = (
            ("closed", dropped.closed),
            ("without_line", dropped.without_line),
            ("missing_nodes", dropped.missing_nodes),
        )
        left_out |= {name: count for name, count in counts if count}
        unknown |= dropped.unknown_class
        words = (
            ("maxspeed", dropped.unread.limits),
            ("oneway", dropped.unread.oneways),
            ("duration", dropped.unread.durations),
        )
        not_understood |= {name: found for name, found in words if found}
    return RoadFacts(
        nodes=built.places,
        edges=built.edges,
        km=built.length_km,
        km_by_class={name: km for name, km in lines.km_by_class.items() if km > 0},
        modes={
            mode: ModeFacts(
                edges=facts.edges,
                km=facts.length_km,
                components=facts.components,
                largest_share=facts.largest_component_km / facts.length_km if facts.length_km else 0.0,
                fragments=max(0, facts.components - 1),
                fragments_km=max(0.0, facts.length_km - facts.largest_component_km),
            )
            for mode, facts in built.modes.items()
        },
        turns=turns,
        left_out=left_out,
        unknown_classes=unknown,
        not_understood=not_understood,
        barriers=dropped.turns.barriers if dropped is not None else 0,
        attribution=attribution,
        extracted_on=extracted_on,
        is_date_stated=is_date_stated,
    )


def road_fact_lines(facts: RoadFacts, language: Language, *, class_labels: Mapping[str, Label]) -> tuple[str, ...]:
    """Return the facts as short text: the network, each mode, kilometres by class, and what was left out."""
    comma = say(language, "、", ", ")
    lines = [
        say(
            language,
            f"路网:{facts.nodes} 个路口,{facts.edges} 段,{facts.km:.1f} 公里",
            f"Network: {facts.nodes} nodes, {facts.edges} edges, {facts.km:.1f} km",
        )
    ]
    for mode, held in facts.modes.items():
        label = _MODES[mode]
        lines.append(
            say(
                language,
                f"  {label.zh}:{held.km:.1f} 公里;最大的连通部分占 {held.largest_share:.1%},"
                f"另有 {held.fragments} 个孤立部分共 {held.fragments_km:.1f} 公里",
                f"  {label.en}: {held.km:.1f} km; the largest connected part has {held.largest_share:.1%}, "
                f"{held.fragments} fragments have {held.fragments_km:.1f} km",
            )
        )
    by_class = sorted(facts.km_by_class.items(), key=lambda item: -item[1])
    told = comma.join(f"{class_labels[n].text(language) if n in class_labels else n} {km:.1f}" for n, km in by_class)
    lines.append(say(language, f"  各级公里数:{told}", f"  km by class: {told}"))
    lines += _counted(facts.turns, _TURNS, language, "  转弯限制:", "  turn restrictions: ")
    if facts.barriers:
        lines.append(
            say(language, f"  拦车设施:{facts.barriers} 处", f"  barriers that stop vehicles: {facts.barriers}")
        )
    lines += _counted(facts.left_out, _LEFT_OUT, language, "  没有进入路网:", "  left out: ")
    lines += _words(facts.unknown_classes, language, "  速度表里没有的等级:", "  classes the speed table lacks: ")
    for name, words in facts.not_understood.items():
        lines += _words(words, language, f"  看不懂的 {name}:", f"  {name} not understood: ")
    if facts.extracted_on:
        newest = "" if facts.is_date_stated else say(language, "(最新改动的日期)", " (of the newest change)")
        lines.append(say(language, "  数据日期:", "  extracted on: ") + facts.extracted_on + newest)
    if facts.attribution:
        lines.append(say(language, "  署名:", "  attribution: ") + facts.attribution)
    return tuple(lines)


def _counted(counts: Mapping[str, int], labels: Mapping[str, Label], language: Language, zh: str, en: str) -> list[str]:
    told = [f"{labels[n].text(language) if n in labels else n} {count}" for n, count in counts.items()]
    return [say(language, zh + "、".join(told), en + ", ".join(told))] if told else []


def _words(words: Mapping[str, int], language: Language, zh: str, en: str) -> list[str]:
    shown = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    told = [f"{word} {count}" if word else str(count) for word, count in shown[:_SHOWN_WORDS]]
    if len(shown) > _SHOWN_WORDS:
        told.append("…")
    return [say(language, zh + "、".join(told), en + ", ".join(told))] if told else []
