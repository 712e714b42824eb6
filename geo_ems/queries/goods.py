"""How goods are shared among those who need them: nearest first for one, the exact optimum for several."""

import numpy as np

from geo_ems.model.columns import BoolArray, FloatArray


def nearest_shares(held: FloatArray, cost: FloatArray, *, wanted: float) -> FloatArray:
    """Return how much is taken from each of n holders: the nearest first, of equally near ones the larger first.

    `held` (n,) amounts, `cost` (n,) arrival, inf where it cannot be had. The larger first takes the fewest
    holders where they are equally near; what remains equal is taken in the order given.
    """
    shares = np.zeros(held.size)
    missing = wanted
    for row in np.lexsort((np.arange(held.size), -held, cost)):
        if missing <= 0 or not np.isfinite(cost[row]):
            break
        shares[row] = min(missing, held[row])
        missing -= shares[row]
    return shares


def shared_goods(held: FloatArray, cost: FloatArray, wanted: FloatArray, weight: FloatArray) -> FloatArray:
    """Return how much each of m takers gets from each of n holders, shape (n, m).

    First as little is missing as possible, weighted; then the sum of amount times arrival is least. `cost` (n, m) is
    inf where a holder cannot serve a taker in time. Amounts stay whole where all given are whole.
    """
    from scipy.optimize import LinearConstraint, milp  # noqa: PLC0415 - heavy, and only several incidents need it
    from scipy.sparse import csr_array  # noqa: PLC0415 - as above

    can: BoolArray = np.isfinite(cost)
    holder, taker = np.nonzero(can)
    shares = np.zeros(cost.shape)
    if not holder.size:
        return shares
    pairs = np.arange(holder.size)
    ones = np.ones(holder.size)
    gives = csr_array((ones, (holder, pairs)), shape=(held.size, pairs.size))
    takes = csr_array((ones, (taker, pairs)), shape=(wanted.size, pairs.size))
    limits = [LinearConstraint(gives, -np.inf, held), LinearConstraint(takes, -np.inf, wanted)]
    worth = weight[taker]
    first = np.asarray(milp(-worth, constraints=limits).x, dtype=np.float64)
    # The same weighted amount again, now by the shortest ways.
    least = float(worth @ first) * (1.0 - 1e-9)
    again = milp(cost[holder, taker], constraints=[*limits, LinearConstraint(worth[np.newaxis, :], least, np.inf)])
    best = np.asarray(again.x, dtype=np.float64) if again.success else first
    shares[holder, taker] = np.round(best, 6)
    return shares
