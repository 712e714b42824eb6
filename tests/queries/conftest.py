"""A random generator with a fixed seed for each test, and the search compiled."""

import numpy as np
import pytest

from geo_ems.queries import compiled


@pytest.fixture
def rng():
    return np.random.default_rng(20_240_601)


@pytest.fixture(autouse=True, scope="session")
def _compiled_search():
    """Answer with the compiled search, as a server does; without it small questions would be scanned."""
    compiled.load_kernels()
