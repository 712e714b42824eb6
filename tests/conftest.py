"""Fixtures every test may use: real inputs where they lie, and a rule about skipping."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from needed_components import skip_or_fail

# No deadline: these machines are shared. Where every test is promised (CI), the same examples each time.
settings.register_profile("geo_ems", deadline=None, derandomize=os.environ.get("REQUIRE_ALL_TESTS") == "1")
settings.load_profile("geo_ems")

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real inputs and known answers."""
    named = os.environ.get("SHARED_DATA_DIR")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        skip_or_fail(f"there is no folder of real inputs at {folder}; set SHARED_DATA_DIR")
    return folder
