"""Frames that a model must bear: ordinary, faint, broken."""

import numpy as np


def difficult_frames(shape, *, rng=0):
    """
    Make frames of one shape as detectors and users give them.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    rng : numpy.random.Generator or int, default 0
        Source of randomness.

    Returns
    -------
    dict of str to numpy.ndarray
        Float32 frames ``[y, x]`` by what is special about them: ``"ordinary"``, ``"holes"``
        (NaN), ``"saturated"``, ``"negative"``, ``"constant"``, ``"huge"``, ``"tiny"``, ``"nearly empty"``.

    Examples
    --------
    >>> from astroclassify.testing import difficult_frames
    >>> sorted(difficult_frames((64, 64)))
    ['constant', 'holes', 'huge', 'nearly empty', 'negative', 'ordinary', 'saturated', 'tiny']
    """
    rng = np.random.default_rng(rng)
    ordinary = _sky_with_light(shape, rng)
    holes = np.where(rng.random(shape) < 0.2, np.nan, ordinary)
    corner = np.zeros(shape, dtype=bool)
    corner[: shape[0] // 2 : 2, : shape[1] // 2 : 2] = True
    frames = {
        "ordinary": ordinary,
        "holes": holes,
        "saturated": np.full(shape, 65535.0),
        "negative": ordinary - 5000,
        "constant": np.zeros(shape),
        "huge": ordinary * 1e12,
        "tiny": ordinary * 1e-20,
        "nearly empty": np.where(corner, ordinary, np.nan),
    }
    return {name: np.ascontiguousarray(frame, dtype=np.float32) for name, frame in frames.items()}


def _sky_with_light(shape, rng):
    y, x = np.indices(shape) / max(shape)
    glow = 800 * np.exp(-(((x - 0.4) ** 2 + (y - 0.3) ** 2) / 0.02))
    stars = 20000 * (rng.random(shape) > 0.9995)
    return rng.poisson(1000 + glow + stars).astype(float)
