"""A random generator with a fixed seed for each test."""

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(20_240_601)
