"""Which tests a feature fails, and which of them first; every feature is eligible or counted under one reason.

What a feature fails is one number with a bit for each reason, so that a million of them are read in
a fraction of a millisecond, whatever is asked of them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geo_ems.model.columns import BoolArray
from geo_ems.model.definitions import REASONS, Reason

ReasonArray = NDArray[np.int8]

FailureArray = NDArray[np.uint16]
"""For each feature the reasons it fails under: bit i is set for `model.REASONS[i]`; 0 is eligible."""

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


def reason_bit(reason: Reason) -> int:
    """Return the bit of a reason in a `FailureArray`."""
    return 1 << REASONS.index(reason)


def failures(n: int, tests: Sequence[tuple[Reason, BoolArray]]) -> FailureArray:
    """Return what each of n features fails, shape (n,); tests as in `first_failing_test`."""
    failed = np.zeros(n, dtype=np.uint16)
    for reason, passes in tests:
        # A truth value is 0 or 1, so it takes its place by a multiplication: a third of the time of an assignment.
        failed |= np.multiply(~passes, np.uint16(reason_bit(reason)), dtype=np.uint16)
    return failed


def first_reason(failed: int) -> Reason:
    """Return the first reason among the bits of one feature that fails something."""
    return REASONS[(failed & -failed).bit_length() - 1]


def count_first_reasons(failed: FailureArray) -> Mapping[Reason, int]:
    """Return how many features each reason excludes first, in the order of `model.REASONS`; zeros are left out."""
    present = int(np.bitwise_or.reduce(failed)) if failed.size else 0
    counts: dict[Reason, int] = {}
    for place, reason in enumerate(REASONS):
        bit = 1 << place
        if present & bit:
            up_to = np.uint16(2 * bit - 1)
            count = int(np.count_nonzero((failed & up_to) == np.uint16(bit)))
            if count:
                counts[reason] = count
    return counts


def fails_only(failed: FailureArray, reasons: Sequence[Reason]) -> BoolArray:
    """Return the features that fail something, and nothing but what is counted under `reasons`."""
    allowed = np.uint16(sum(map(reason_bit, reasons)))
    if len(reasons) == 1:
        return np.asarray(failed == allowed)
    return np.asarray((failed != 0) & (failed & ~allowed == 0))
