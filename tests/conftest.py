"""Fixtures every test may use: real inputs where they lie, and a rule about skipping."""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


def skip_or_fail(reason: str) -> None:
    """Skip with the reason; where every component is promised (CI), a missing one is a failure."""
    if os.environ.get("REQUIRE_ALL_TESTS") == "1":
        pytest.fail(f"REQUIRE_ALL_TESTS=1, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real inputs and known answers."""
    named = os.environ.get("SHARED_DATA_DIR")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        skip_or_fail(f"there is no folder of real inputs at {folder}; set SHARED_DATA_DIR")
    return folder
