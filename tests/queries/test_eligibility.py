import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo_ems.model.definitions import REASONS, Reason
from geo_ems.queries.eligibility import (
    ELIGIBLE,
    count_first_reasons,
    count_reasons,
    fails_only,
    failures,
    first_failing_test,
    first_reason,
)


def test_the_first_failing_test_in_the_order_of_ruling_1_wins():
    full = (Reason.FULL, np.array([True, False, False, True]))
    wrong_kind = (Reason.WRONG_KIND, np.array([True, True, False, False]))
    reason_index = first_failing_test(4, [full, wrong_kind])
    assert [REASONS[i] if i != ELIGIBLE else None for i in reason_index] == [
        None,
        Reason.FULL,
        Reason.WRONG_KIND,
        Reason.WRONG_KIND,
    ]
    assert dict(count_reasons(reason_index)) == {Reason.WRONG_KIND: 2, Reason.FULL: 1}
    assert reason_index.dtype == np.int8


def test_without_tests_everything_is_eligible():
    assert first_failing_test(3, []).tolist() == [ELIGIBLE] * 3
    assert dict(count_reasons(first_failing_test(0, []))) == {}


tests_of = st.integers(0, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(
            st.tuples(
                st.sampled_from(REASONS),
                st.lists(st.booleans(), min_size=n, max_size=n).map(lambda m: np.array(m, dtype=bool)),
            ),
            max_size=6,
        ),
    )
)


@given(tests_of, st.randoms(use_true_random=False))
def test_eligible_and_counts_make_up_all_features_in_any_order_of_tests(case, random):
    n, tests = case
    reason_index = first_failing_test(n, tests)
    assert int((reason_index == ELIGIBLE).sum()) + sum(count_reasons(reason_index).values()) == n
    shuffled = random.sample(tests, len(tests))
    assert first_failing_test(n, shuffled).tolist() == reason_index.tolist()
    for row in range(n):
        failed = [REASONS.index(reason) for reason, passes in tests if not passes[row]]
        assert reason_index[row] == min(failed, default=ELIGIBLE)


@given(tests_of, st.sets(st.sampled_from(REASONS), min_size=1, max_size=3))
def test_failures_as_bits_say_what_the_tests_say(case, reasons):
    n, tests = case
    failed = failures(n, tests)
    first = first_failing_test(n, tests)
    assert dict(count_first_reasons(failed)) == dict(count_reasons(first))
    assert list(count_first_reasons(failed)) == list(count_reasons(first))
    only = fails_only(failed, tuple(reasons))
    for row in range(n):
        under = {reason for reason, passes in tests if not passes[row]}
        assert bool(failed[row]) == bool(under)
        assert not under or first_reason(int(failed[row])) is REASONS[first[row]]
        assert only[row] == (bool(under) and under <= reasons)
