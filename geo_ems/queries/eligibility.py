"""Which test a feature fails first; every feature is either eligible or counted under one reason."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import BoolArray
from geo_ems.model.definitions import REASONS, Reason

ReasonArray = NDArray[np.int8]

ELIGIBLE = -1
"""The reason index of a feature that passes every test."""


def first_failing_test(n: int, tests: Sequence[tuple[Reason, BoolArray]]) -> ReasonArray:
    """Return for each of n features the index in `model.REASONS` of the first test it fails, else -1.

    Each test is a reason and a mask (n,), True where the feature *passes*. The order of the reasons
    in `model.REASONS` decides (ruling 1), whatever order the tests are given in; several tests
    may share a reason.
    """
    reason_index = np.full(n, ELIGIBLE, dtype=np.int8)
    for reason, passes in sorted(tests, key=lambda test: REASONS.index(test[0]), reverse=True):
        reason_index[~passes] = REASONS.index(reason)
    return reason_index


def count_reasons(reason_index: ReasonArray) -> Mapping[Reason, int]:
    """Return how many features each reason excludes, in the order of `model.REASONS`; zeros are left out.

    Together with the eligible features (-1) the counts make up all features.
    """
    # Sixteen comparisons of bytes are faster than one `bincount`, which makes eight bytes of each.
    counts = [int(np.count_nonzero(reason_index == index)) for index in range(len(REASONS))]
    return {reason: count for reason, count in zip(REASONS, counts, strict=True) if count}
