"""Cosmic-ray tracks: straight, isotropic, of Landau-like charge, blurred by diffusion in the silicon."""

import numpy as np
import torch
from scipy.special import ndtr

#: Micrometres per pixel, where that is not 15 (HST: dossier B5; CSST: dossier C, not confirmed).
PIXEL_SIZES = {"csst-msc": 10.0}
_PIXEL_SIZE = 15.0

# Dossier E: 13 to 16 micrometres of silicon, about 80 electrons per micrometre on average, of which the
# most probable value is less; median charge about 1000 electrons, at least 500 (ACS ISR 2002-07).
_THICKNESS = 13.0
_PROBABLE_CHARGE = 50.0
_CHARGE_WIDTH = 8.0
_LEAST_CHARGE = 500.0
_LONGEST = 30.0  # pixels
# How far charge from the back surface spreads on its way to the gates, micrometres rms (not confirmed).
_DIFFUSION = 5.0
_STEP = 0.25  # pixels between the points of a track
_CLUMPINESS = 0.4  # rms of the logarithm of the charge of a track's points


def pixel_size(camera):
    """
    Give the size of a camera's pixels.

    Parameters
    ----------
    camera : Instrument
        The camera.

    Returns
    -------
    float
        Micrometres.
    """
    return PIXEL_SIZES.get(camera.name, _PIXEL_SIZE)


def add_cosmic_rays(electrons, exptime, *, rate, size, dice):
    """
    Add the tracks of an exposure.

    Parameters
    ----------
    electrons : torch.Tensor
        One chip, changed in place.
    exptime : float
        Seconds.
    rate : float
        Hits per second and square centimetre.
    size : float
        Micrometres per pixel.
    dice : Dice
        Source of randomness.

    Notes
    -----
    Rays come from everywhere: the square of the cosine of the angle to the normal is uniform. A track's
    charge is the path in the silicon times a Moyal variate, which approximates Landau's.
    """
    area = electrons.numel() * (size * 1e-4) ** 2
    number = int(dice.rng.poisson(rate * area * exptime))
    if number:
        _deposit(electrons, *_points(*_tracks(number, electrons.shape, size, dice.rng), size, dice.rng))


def _tracks(number, shape, size, rng):
    """Draw where tracks start (pixels), how far they go in y and x (pixels), and their charge (electrons)."""
    slope = np.sqrt(1 / (1 - rng.random(number)) - 1)
    length = np.minimum(slope * _THICKNESS / size, _LONGEST)
    path = np.hypot(_THICKNESS, length * size)
    moyal = -np.log(rng.standard_normal(number) ** 2)
    charge = np.maximum(path * (_PROBABLE_CHARGE + _CHARGE_WIDTH * moyal), _LEAST_CHARGE)
    angle = rng.uniform(0, 2 * np.pi, number)
    start = rng.random((2, number)) * np.array(shape)[:, None]
    return start, length * np.stack([np.sin(angle), np.cos(angle)]), charge


def _points(start, reach, charge, size, rng):
    """Cut tracks into points: their places and diffusion (pixels), and their charge."""
    count = np.ceil(np.hypot(*reach) / _STEP).astype(np.int64) + 3
    track = np.repeat(np.arange(charge.size), count)
    first = np.cumsum(count) - count
    depth = (np.arange(track.size) - first[track] + 0.5) / count[track]
    weight = np.exp(_CLUMPINESS * rng.standard_normal(track.size, dtype=np.float32))
    weight *= (charge / np.bincount(track, weight))[track]
    return start[:, track] + depth * reach[:, track], np.sqrt(depth) * _DIFFUSION / size, weight


def _deposit(electrons, places, sigma, charge):
    """Add points, each a Gaussian over the 3 x 3 pixels around it."""
    rows, columns = electrons.shape
    corner = np.floor(places).astype(np.int64) - 1
    edges = np.arange(4)
    # scipy's function: torch's last bits depend on the number of threads.
    below = ndtr(((edges - (places - corner)[..., None]) / sigma[:, None]).astype(np.float32))
    share = np.diff(below) / (below[..., -1:] - below[..., :1])
    deposits = charge[:, None, None] * share[0, :, :, None] * share[1, :, None, :]
    y, x = (first[:, None] + edges[:3] for first in corner)
    inside = ((y >= 0) & (y < rows))[:, :, None] & ((x >= 0) & (x < columns))[:, None, :]
    pixels = (y * columns)[:, :, None] + x[:, None, :]
    pixels, deposits = (torch.from_numpy(a[inside]).to(electrons.device) for a in (pixels, deposits))
    electrons.view(-1).index_add_(0, pixels, deposits.to(electrons.dtype))
