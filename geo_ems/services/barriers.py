"""Which barriers act on the roads at an instant, and what they do: closures, hazard areas, those of a question.

They act at once: nothing of the network is built anew. What one barrier does to a network is found
once and kept, so that a new closure costs only itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from geo_ems.catalogue.recent import Recent
from geo_ems.catalogue.snapshots import LayerSnapshot, SnapshotSet
from geo_ems.errors import UsageError
from geo_ems.model.columns import BoolArray
from geo_ems.model.roads import Policy
from geo_ems.routing.barrier_values import Barrier
from geo_ems.routing.barriers import BarrierActs, acts_of, combined
from geo_ems.routing.network import RoadNetwork
from geo_ems.services import barrier_warnings as words
from geo_ems.services.barrier_question import (
    DRAWN_LAYER,
    Acting,
    BarrierQuestion,
    BarrierUsed,
    DrawnBarrier,
    PolicySaid,
    policy_said,
)
from geo_ems.services.barrier_rows import (
    BARRIER_LAYER,
    HAZARD_LAYER,
    BarrierRow,
    barrier_states,
    hazard_states,
    rows_of,
)

_KEPT_ACTS, _KEPT_EFFECTS = 512, 16
_acts = Recent(_KEPT_ACTS)
_effects = Recent(_KEPT_EFFECTS)


@dataclass(frozen=True, slots=True)
class InForce:
    """A barrier that acts, what it does, and where it comes from."""

    barrier: Barrier
    said: PolicySaid
    source: BarrierRow | DrawnBarrier


def acting(pinned: SnapshotSet, network: RoadNetwork, question: BarrierQuestion) -> Acting:
    """Return what acts on a network: barriers in force, active hazard areas, and those drawn for the question.

    `pinned` holds the layers `barriers` and `hazard_areas` where the project has them. A barrier that
    slows or delays without saying by how much closes, as does an active area without a policy; a
    barrier without a state is in force. Areas on watch are told and do not act.

    Raises
    ------
    UsageError
        Where an override is no policy, or names no barrier, area or layer that there is.
    """
    chosen, warnings = in_force(pinned, question)
    acts = [acts_on(network, each, question) for each in chosen]
    barriers = [each.barrier for each in chosen]
    key = (network.key, question.mode, *barriers)
    effects = _effects.get(key, partial(combined, barriers, acts))
    used = tuple(used_of(each, does, question) for each, does in zip(chosen, acts, strict=True))
    return Acting(effects, used, (*warnings, *_told_of_used(chosen, used, question)))


def in_force(pinned: SnapshotSet, question: BarrierQuestion) -> tuple[list[InForce], list[str]]:
    """Return the barriers that act, in a fixed order, and what is said of those that do not, or may not be right.

    Raises
    ------
    UsageError
        As `acting`.
    """
    overrides = {name: policy_said(text) for name, text in question.overrides.items()}
    _refuse_unknown(pinned, question)
    chosen, warnings = _of_layers(pinned, question, overrides)
    chosen += [_drawn(drawn, overrides.get(drawn.id, drawn.said)) for drawn in question.inline]
    act = [each for each in chosen if each.said.policy is not Policy.IGNORE and question.mode in each.barrier.modes]
    rows = [each.source for each in act if isinstance(each.source, BarrierRow)]
    amountless = [row for row in rows if row.lacks_amount and not set(overrides) & {row.id, row.layer}]
    warnings += [
        *words.unconfirmed_warnings(
            rows, question.language, as_of=question.as_of, stale_after_s=question.stale_after_s
        ),
        *words.amountless_warning(amountless, question.language),
        *words.unplaced_warning([row for row in rows if row.is_nowhere], question.language),
    ]
    return act, warnings


def acts_on(network: RoadNetwork, each: InForce, question: BarrierQuestion) -> BarrierActs:
    """Return what a barrier does to a network: found once and kept, equal barriers doing the same."""
    key = (network.key, question.mode, each.barrier)
    return _acts.get(key, partial(acts_of, network, each.barrier, mode=question.mode))


def _of_layers(
    pinned: SnapshotSet, question: BarrierQuestion, overrides: Mapping[str, PolicySaid]
) -> tuple[list[InForce], list[str]]:
    """Return what acts of the layers, and what is said of that which does not, or may not be right."""
    chosen: list[InForce] = []
    warnings: list[str] = []
    at_s, language = question.as_of.timestamp(), question.language
    lapsed: list[BarrierRow] = []
    for name, states_of in ((BARRIER_LAYER, barrier_states), (HAZARD_LAYER, hazard_states)):
        snapshot = pinned.layers.get(name)
        if snapshot is None:
            continue
        states = states_of(snapshot.columns, at_s=at_s)
        named = _named(snapshot, overrides)
        for row in rows_of(snapshot, states.act | named):
            said = overrides.get(row.id, overrides.get(name, row.said))
            chosen.append(InForce(row.barrier(said), said, row))
        lapsed += rows_of(snapshot, states.lapsed & ~named)
        warnings += words.stateless_warning(name, list(rows_of(snapshot, states.stateless & ~named)), language)
        warnings += words.watch_warning(list(rows_of(snapshot, states.watched & ~named)), language)
        warnings += words.alert_warning(list(rows_of(snapshot, states.warned & ~named)), language)
    return chosen, words.lapsed_warning(lapsed, language) + warnings


def _named(snapshot: LayerSnapshot, overrides: Mapping[str, PolicySaid]) -> BoolArray:
    """Return which rows of a layer an override names by their id."""
    if not overrides:
        return np.zeros(len(snapshot.columns), dtype=np.bool_)
    return np.isin(snapshot.columns.ids.astype(str), list(overrides))


def _refuse_unknown(pinned: SnapshotSet, question: BarrierQuestion) -> None:
    """Raise where an override names nothing: a typing error must not leave a road open."""
    known = {BARRIER_LAYER, HAZARD_LAYER, *(drawn.id for drawn in question.inline)}
    wanted = set(question.overrides) - known
    for name in (BARRIER_LAYER, HAZARD_LAYER):
        if wanted and name in pinned.layers:
            wanted -= set(pinned.layers[name].columns.ids.tolist())
    if wanted:
        first = min(wanted)
        raise UsageError(
            f"There is no barrier and no hazard area '{first[:100]}'",
            remedy="Give the id of one, or the layer: barriers, hazard_areas.",
            field="policy",
            value=first,
        )


def _drawn(drawn: DrawnBarrier, said: PolicySaid) -> InForce:
    barrier = Barrier(
        drawn.id,
        drawn.geometry,
        said.policy,
        factor=said.factor,
        delay_s=said.delay_s,
        sense=drawn.sense,
        towards_deg=drawn.towards_deg,
        road_id=drawn.road_id,
    )
    return InForce(barrier, said, drawn)


def used_of(chosen: InForce, does: BarrierActs, question: BarrierQuestion) -> BarrierUsed:
    """Return what an answer says of a barrier that acted."""
    source, policy = chosen.source, str(chosen.said.policy)
    if isinstance(source, DrawnBarrier):
        return BarrierUsed(source.id, DRAWN_LAYER, source.name, policy, None, None, does.edges_hit)
    return BarrierUsed(
        source.id,
        source.layer,
        source.name(question.language),
        policy,
        source.text("valid_to"),
        source.text("confirmed_at"),
        does.edges_hit,
        words.confirmed_age_s(source, question.as_of),
    )


def _told_of_used(chosen: Sequence[InForce], used: Sequence[BarrierUsed], question: BarrierQuestion) -> list[str]:
    roadless = [
        told.name or told.id
        for each, told in zip(chosen, used, strict=True)
        if told.edges_hit == 0
        and told.layer != HAZARD_LAYER
        and not (isinstance(each.source, BarrierRow) and each.source.is_nowhere)
    ]
    return words.roadless_warning(roadless, question.language)
