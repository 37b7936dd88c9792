import numpy as np
import pytest


@pytest.fixture
def answers():
    """Frames of 40 bodies of very unequal numbers of frames, with ties: probabilities, truth, bodies."""
    rng = np.random.default_rng(5)
    bodies = rng.permutation(np.repeat(np.arange(40), rng.integers(1, 9, 40)))
    truth = bodies % 3 == 0
    p = np.clip(0.35 * truth + rng.random(bodies.size) * 0.65, 0, 1).round(2)
    p[:9] = 0.5
    return p, truth, bodies
