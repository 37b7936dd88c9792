"""Cosmic-ray tracks: straight ones, worms and curls, of Landau-like charge, blurred by diffusion."""

import numpy as np
import torch
from astropy import units as u
from scipy.special import ndtr

from astroclassify.core import checked, rules
from astroclassify.instruments import Instrument
from astroclassify.simulate._random_streams import RandomStreams
from astroclassify.simulate._rules import SECONDS, tensor

#: Micrometres per pixel, where that is not 15 (WFC3 Instrument Handbook, Table 5.1). CSST: 0.074 arcseconds
#: at a focal length of 28 m are 28e6 * 0.074 / 206265 = 10.0.
PIXEL_SIZES = {"csst-msc": 10.0}
_PIXEL_SIZE = 15.0

# A fast proton loses about 80 electrons per micrometre of silicon on average. Few collisions with a large
# loss make that mean: Landau's distribution has its peak below it and a long tail above. Moyal's
# approximation of it is -log(z**2) of a normal z, with the mean 1.27 and the peak 0, so that the mean here is
# 50 + 1.27 * 8 = 60. Of isotropic rays half cross more than sqrt(2) times the thickness: 13 sqrt(2) * 60 =
# 1100 electrons, near the median of about 1000; none leaves less than 500 (both ACS ISR 2002-07).
_THICKNESS = 13.0
_PROBABLE_CHARGE = 50.0
_CHARGE_WIDTH = 8.0
_LEAST_CHARGE = 500.0
_LONGEST = 30.0  # pixels
# How far charge from the back surface spreads on its way to the gates, micrometres rms. Chosen by us: a third
# of a pixel, as stars are blurred by 0.3 to 0.6 pixels rms (`CAMERAS` of the optics). The time that charge
# drifts goes with its depth, and the width of diffusion with the square root of the time.
_DIFFUSION = 5.0
# How that differs from hit to hit, rms of the logarithm: particles come from both sides, and field-free
# silicon blurs more. Chosen by us. A stamp of 3 x 3 pixels holds no more than the widest.
_SPREAD, _NARROWEST, _WIDEST = 0.45, 0.03, 0.7
# Secondary electrons of low energy scatter along the chip instead of crossing it: worms, and curls where they
# stop. Their share, length (pixels of 15 micrometres; rms of its logarithm) and turns (radians per pixel: a
# steady one and a random walk) are chosen by us, so that 1.5 to 3% of pixels are hit in 1000 s (ACS
# Instrument Handbook 4.3, ACS ISR 2002-07): 1.2 hits per second and cm2 on 37.7 cm2 make 45,000 hits in that
# time, which at seven pixels each are 1.9% of 16.8 million.
_WORMS, _WORM_LENGTH, _WORM_SPREAD = 0.15, 9.0, 0.6
_CURL, _WANDER = 0.18, 0.30
_STEP = 0.25  # pixels between the points of a track
_CLUMPINESS = 0.4  # rms of the logarithm of the charge of a track's points


@checked(camera=rules.instance(Instrument))
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


@checked(
    electrons=tensor,
    exptime=SECONDS,
    rate=rules.quantity(u.s**-1 * u.cm**-2, 0),
    size=rules.quantity(u.um, 0),
    streams=rules.instance(RandomStreams),
)
def add_cosmic_rays(electrons, exptime, *, rate, size, streams):
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
    streams : RandomStreams
        Source of randomness.

    Notes
    -----
    Rays come from everywhere: the square of the cosine of the angle to the normal is uniform. A track's
    charge is the path in the silicon times a Moyal variate, which approximates Landau's. One hit in seven
    wanders along the chip.
    """
    area = electrons.numel() * (size * 1e-4) ** 2
    number = int(streams.rng.poisson(rate * area * exptime))
    worms = int(streams.rng.binomial(number, _WORMS))
    for draw, count in ((_tracks, number - worms), (_worms, worms)):
        if count:
            _deposit(electrons, *draw(count, electrons.shape, size, streams.rng))


def _worms(number, shape, size, rng):
    """Draw tracks that wander along the chip, as points: positions and diffusion (pixels), and charge."""
    length = np.minimum(_WORM_LENGTH * rng.lognormal(0, _WORM_SPREAD, number) * 15 / size, 2 * _LONGEST)
    charge = _charges(length * size, rng)
    track, count, along = _cut(length)
    step = (length / count)[track]
    turn = (rng.normal(0, _CURL, number))[track] * step * (0.3 + 2 * along**2)  # more where they stop
    turn += rng.standard_normal(track.size, dtype=np.float32) * _WANDER * np.sqrt(step)
    angle = _sums_along(turn, track, count) + rng.uniform(0, 2 * np.pi, number)[track]
    start = rng.random((2, number)) * np.array(shape)[:, None]
    positions = [_sums_along(wave(angle) * step, track, count) for wave in (np.sin, np.cos)]
    depth = rng.random(number)[track]
    return (
        start[:, track] + np.stack(positions),
        _widths(depth, track, size, rng),
        _shared(charge, track, rng),
    )


def _sums_along(values, track, count):
    """Add up along every track."""
    total = np.cumsum(values)
    before = np.concatenate([[0.0], total[np.cumsum(count)[:-1] - 1]])
    return total - before[track]


def _charges(path, rng):
    """Draw the electrons that particles leave on paths (micrometres)."""
    moyal = -np.log(rng.standard_normal(path.size) ** 2)
    return np.maximum(path * (_PROBABLE_CHARGE + _CHARGE_WIDTH * moyal), _LEAST_CHARGE)


def _widths(depth, track, size, rng):
    """Draw how wide charge from a depth (0 at the gates, 1 at the back) spreads, pixels rms."""
    spread = rng.lognormal(0, _SPREAD, track[-1] + 1)[track]
    return np.clip(np.sqrt(depth) * spread * _DIFFUSION / size, _NARROWEST, _WIDEST)


def _cut(length):
    """Cut tracks into points: the track of each, how many a track has, how far along it (0 to 1) each is."""
    count = np.ceil(length / _STEP).astype(np.int64) + 3
    track = np.repeat(np.arange(length.size), count)
    first = np.cumsum(count) - count
    return track, count, (np.arange(track.size) - first[track] + 0.5) / count[track]


def _shared(charge, track, rng):
    """Share the charge of tracks among their points, unevenly."""
    weight = np.exp(_CLUMPINESS * rng.standard_normal(track.size, dtype=np.float32))
    return weight * (charge / np.bincount(track, weight))[track]


def _tracks(number, shape, size, rng):
    """Draw tracks that cross the chip, as points: positions and diffusion (pixels), and charge."""
    # Through a surface, isotropic rays come as cos(angle): the cumulative share is sin(angle)**2, so that
    # cos(angle)**2 is uniform, and the tangent is sqrt(1 / cos**2 - 1).
    slope = np.sqrt(1 / (1 - rng.random(number)) - 1)
    length = np.minimum(slope * _THICKNESS / size, _LONGEST)
    charge = _charges(np.hypot(_THICKNESS, length * size), rng)
    angle = rng.uniform(0, 2 * np.pi, number)
    start = rng.random((2, number)) * np.array(shape)[:, None]
    reach = length * np.stack([np.sin(angle), np.cos(angle)])
    track, _, depth = _cut(length)
    positions = start[:, track] + depth * reach[:, track]
    return positions, _widths(depth, track, size, rng), _shared(charge, track, rng)


def _deposit(electrons, positions, sigma, charge):
    """Add points, each a Gaussian over the 3 x 3 pixels around it."""
    rows, columns = electrons.shape
    corner = np.floor(positions).astype(np.int64) - 1
    edges = np.arange(4)
    # scipy's function: torch's last bits depend on the number of threads.
    below = ndtr(((edges - (positions - corner)[..., None]) / sigma[:, None]).astype(np.float32))
    share = np.diff(below) / (below[..., -1:] - below[..., :1])
    deposits = charge[:, None, None] * share[0, :, :, None] * share[1, :, None, :]
    y, x = (first[:, None] + edges[:3] for first in corner)
    inside = ((y >= 0) & (y < rows))[:, :, None] & ((x >= 0) & (x < columns))[:, None, :]
    pixels = (y * columns)[:, :, None] + x[:, None, :]
    pixels, deposits = (torch.from_numpy(a[inside]).to(electrons.device) for a in (pixels, deposits))
    electrons.view(-1).index_add_(0, pixels, deposits.to(electrons.dtype))
