"""Which team goes to which need: an exact small assignment, the same whatever the order of the needs.

The aims are weighed one after the other, each only among the best of the one before: as few teams short as
possible (weighted), as few people, as few vehicles; then, where asked, the earliest arrival of the last one; then the
least sum of arrivals; then, that the more urgent needs get who comes sooner. A team goes to one need, and counts
there with all its people and vehicles.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray, IntArray

_SLACK = 0.5  # all data are whole numbers: two different sums differ by one at least
_NEAREST_OF_A_NEED = 250
"""Of so many nearest teams per need is the choice made; more than ever go anywhere, and then it is said."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one need asks for at least.

    `weight` says how much more one missing here counts than elsewhere, `urgency` who of equals gets the sooner.
    """

    teams: int = 0
    people: int = 0
    vehicles: int = 0
    weight: int = 1
    urgency: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Teams of which at most `most` may go, so that the others stay; `members` (n,) bool."""

    members: BoolArray
    most: int


@dataclass(frozen=True, slots=True)
class Forces:
    """n teams: `fits` (n, m) says who can serve which of m needs, `cost` (n, m) its arrival in whole tenths.

    `people` and `vehicles` (n,) are what each brings, 0 where unknown.
    """

    fits: BoolArray
    cost: IntArray
    people: IntArray
    vehicles: IntArray


@dataclass(frozen=True, slots=True)
class Sent:
    """`need_of` (n,) is the need each team goes to, -1 where it stays.

    `proven` says that nothing better exists; else `gap` is how far the best bound is, as a share.
    """

    need_of: IntArray
    proven: bool
    gap: float


def send_forces(
    forces: Forces,
    needs: Sequence[Need],
    *,
    groups: Sequence[Group] = (),
    minimise_latest: bool = True,
    time_limit_s: float = 10.0,
) -> Sent:
    """Return who goes where. Equal solutions are decided by the solver, alike for the same input.

    References
    ----------
    HiGHS, a branch-and-bound solver for mixed-integer programmes, through `scipy.optimize.milp`.
    """
    count = forces.people.size
    nobody = np.full(count, -1, dtype=np.int64)
    considered, is_cut = _nearest_pairs(forces)
    team, need = np.nonzero(considered)
    if not team.size:
        return Sent(nobody, proven=True, gap=0.0)
    model = _Model(forces, tuple(needs), tuple(groups), team, need, time_limit_s=time_limit_s)
    aims = [model.short_aim(part) for part in range(3)]
    if minimise_latest:
        aims.append(model.latest_aim())
    aims += [model.sum_aim(), model.urgent_aim()]
    chosen, gap, proven = model.best_by(aims)
    need_of = nobody.copy()
    need_of[team[chosen]] = need[chosen]
    return Sent(need_of, proven=proven and not is_cut, gap=gap)


def _nearest_pairs(forces: Forces) -> tuple[BoolArray, bool]:
    """Return which pairs are considered: of each need the nearest that fit; and whether some were left out."""
    kept, is_cut = forces.fits.copy(), False
    for column in range(forces.fits.shape[1]):
        rows = np.flatnonzero(forces.fits[:, column])
        if rows.size > _NEAREST_OF_A_NEED:
            far = rows[np.argsort(forces.cost[rows, column], kind="stable")[_NEAREST_OF_A_NEED:]]
            kept[far, column], is_cut = False, True
    return kept, is_cut


class _Model:
    """The programme: one variable per pair, three shortages per need, and the latest arrival."""

    def __init__(
        self,
        forces: Forces,
        needs: tuple[Need, ...],
        groups: tuple[Group, ...],
        team: IntArray,
        need: IntArray,
        *,
        time_limit_s: float,
    ) -> None:
        self._pairs, self._needs = team.size, len(needs)
        self._weights = np.array([item.weight for item in needs], dtype=np.float64)
        self._wanted = np.array([[n.teams, n.people, n.vehicles] for n in needs], dtype=np.float64).reshape(-1, 3)
        self._cost = forces.cost[team, need].astype(np.float64)
        self._urgency = np.array([item.urgency for item in needs], dtype=np.float64)[need]
        self._size = self._pairs + 3 * self._needs + 1
        self._time_limit_s = time_limit_s
        brings = np.stack([np.ones(team.size), forces.people[team], forces.vehicles[team]], axis=1)
        self._build(team, need, brings, groups)

    def _build(self, team: IntArray, need: IntArray, brings: FloatArray, groups: tuple[Group, ...]) -> None:
        from scipy.sparse import csr_array  # noqa: PLC0415 - heavy, and only who asks for forces needs it

        teams = np.unique(team)
        place = np.searchsorted(teams, team)
        pairs = np.arange(self._pairs)
        once = csr_array((np.ones(self._pairs), (place, pairs)), shape=(teams.size, self._size))
        arrive = csr_array((self._cost, (place, pairs)), shape=(teams.size, self._size)).tolil()
        arrive[:, self._size - 1] = -1.0
        rows = [(once, -np.inf, 1.0), (arrive.tocsr(), -np.inf, 0.0)]
        for part in range(3):
            short = self._pairs + part * self._needs + np.arange(self._needs)
            values = np.concatenate([brings[:, part], np.ones(self._needs)])
            at = (np.concatenate([need, np.arange(self._needs)]), np.concatenate([pairs, short]))
            served = csr_array((values, at), shape=(self._needs, self._size))
            rows.extend((served[[row], :], self._wanted[row, part], np.inf) for row in range(self._needs))
        for group in groups:
            held = group.members[team].astype(np.float64)
            rows.append(
                (
                    csr_array((held, (np.zeros(self._pairs, dtype=np.int64), pairs)), shape=(1, self._size)),
                    -np.inf,
                    float(group.most),
                )
            )
        self._rows = rows

    def short_aim(self, part: int) -> FloatArray:
        """Return the aim of missing as little as possible: 0 teams, 1 people, 2 vehicles."""
        aim = np.zeros(self._size)
        first = self._pairs + part * self._needs
        if self._wanted[:, part].any():
            aim[first : first + self._needs] = self._weights
        return aim

    def latest_aim(self) -> FloatArray:
        """Return the aim that the last one arrives as early as possible."""
        aim = np.zeros(self._size)
        aim[-1] = 1.0
        return aim

    def sum_aim(self) -> FloatArray:
        """Return the aim of the least sum of arrivals; with a unit for each, so that none goes for nothing."""
        aim = np.zeros(self._size)
        aim[: self._pairs] = self._cost + 1.0
        return aim

    def urgent_aim(self) -> FloatArray:
        """Return the aim that of equally good choices the more urgent needs get who comes sooner."""
        aim = np.zeros(self._size)
        aim[: self._pairs] = self._cost * self._urgency
        return aim

    def best_by(self, aims: Sequence[FloatArray]) -> tuple[BoolArray, float, bool]:
        """Return the pairs chosen by one aim after the other, the largest gap, and whether all is proven."""
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - as above

        constraints = [LinearConstraint(matrix, low, high) for matrix, low, high in self._rows]
        upper = np.concatenate([np.ones(self._pairs), np.full(3 * self._needs + 1, np.inf)])
        integral = np.concatenate([np.ones(self._pairs), np.zeros(3 * self._needs + 1)])
        chosen, gap, proven = np.zeros(self._pairs, dtype=np.bool_), 0.0, True
        for aim in aims:
            if not aim.any():
                continue
            found = milp(
                aim,
                integrality=integral,
                bounds=Bounds(0, upper),
                constraints=constraints,
                options={"time_limit": self._time_limit_s, "mip_rel_gap": 0.0},
            )
            values: FloatArray | None = found.x
            if values is None:  # no time even for a first solution: what an earlier aim found stands
                return chosen, 1.0, False
            chosen = values[: self._pairs] > _SLACK
            if not found.success:
                gap, proven = max(gap, float(found.mip_gap or 0.0)), False
            constraints.append(LinearConstraint(aim[np.newaxis, :], -np.inf, round(float(aim @ values)) + _SLACK))
        return chosen, gap, proven
