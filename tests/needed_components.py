"""A test that needs a component says so: it skips on a user's machine and fails where the component is promised."""

import os

import pytest


def skip_or_fail(reason: str) -> None:
    """Skip with the reason; where every component is promised (CI), a missing one is a failure."""
    if os.environ.get("REQUIRE_ALL_TESTS") == "1":
        pytest.fail(f"REQUIRE_ALL_TESTS=1, but {reason}")
    pytest.skip(reason)
