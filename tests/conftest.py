"""Fixtures every test may use: real inputs where they lie, and a rule about skipping."""

import os
from pathlib import Path

import pytest
from needed_components import skip_or_fail

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real inputs and known answers."""
    named = os.environ.get("SHARED_DATA_DIR")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        skip_or_fail(f"there is no folder of real inputs at {folder}; set SHARED_DATA_DIR")
    return folder
