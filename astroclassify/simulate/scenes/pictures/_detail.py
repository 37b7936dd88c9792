"""Structure finer than a picture's pixels: its own small scales, continued by their power law.

The ratio of the light to the light around it is taken for a self-similar field: its rms falls by
``2**-slope`` with each halving of scale. The rms at the picture's finest trusted scale is measured around
every pixel; finer octaves are drawn with it. Light stays positive, and the mean is kept.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
from scipy import ndimage

#: Side of the periodic tile of noise that an octave is sampled from, samples of half the octave's shortest
#: wave.
_TILE = 512
#: Limits of the Hurst-like slope: power spectra k**-2.4 to k**-3.8, those of gas (2.7 to 3.2) in the middle.
_SLOPES = (0.2, 0.9)
#: The relative rms of an octave is at most this.
_ROUGHEST = 0.35


@dataclass(frozen=True, eq=False)
class Detail:
    """
    How a picture goes on below its pixels.

    Parameters
    ----------
    roughness : numpy.ndarray
        Relative rms of the first octave below the picture's, ``[y, x]``, float32.
    slope : float
        By how many octaves of rms each halving of scale is smoother.
    """

    roughness: np.ndarray
    slope: float


def measured_detail(planes):
    """
    Measure a picture's small scales.

    Parameters
    ----------
    planes : numpy.ndarray
        Light without stars, ``[n, y, x]``.

    Returns
    -------
    Detail
        Where the light is faint or the picture flat, none.
    """
    image = planes.sum(axis=0)
    smooth = [ndimage.gaussian_filter(image, s) for s in (1.0, 2.0, 4.0)]
    floor = 0.01 * float(np.quantile(image[image > 0], 0.99)) if (image > 0).any() else 1.0
    # Octaves of waves of about 4 to 8 and 8 to 16 pixels; finer ones are what JPEG and denoising take away.
    # Differences of Gaussian blurs are octave bands; divided by the coarser one they are relative to the
    # light around, in which bright and faint parts of a nebula are alike.
    fine, coarse = ((a - b) / (b + floor) for a, b in pairwise(smooth))
    lit = smooth[2] > 2 * floor
    # A field of power spectrum k**-p has an rms that goes with scale**((p - 2) / 2): one octave halves
    # the scale, and the slope is (p - 2) / 2.
    slope = np.log2(_rms(coarse[lit]) / max(_rms(fine[lit]), 1e-9)) if lit.any() else _SLOPES[1]
    slope = float(np.clip(slope, *_SLOPES))
    limit = 3 * np.median(np.abs(fine[lit])) if lit.any() else 0.0
    # The mean absolute value of a normal distribution is 0.8 of its rms. Two octaves down: 2 to 4, then 1 to
    # 2.
    around = ndimage.gaussian_filter(np.minimum(np.abs(fine), limit), 4) / 0.8
    roughness = np.clip(around * 2 ** (-2 * slope), 0, _ROUGHEST)
    return Detail(roughness.astype(np.float32), slope)


def _rms(values):
    return float(np.sqrt(np.mean(np.clip(values, -0.5, 0.5) ** 2)))


def texture(detail, roughness, rows, columns, finest, seed):
    """
    Draw the structure below a picture's pixels at any positions on it.

    Parameters
    ----------
    detail : Detail
        Of the picture.
    roughness : torch.Tensor
        Its roughness at the positions.
    rows, columns : torch.Tensor
        The positions, pixels of the picture.
    finest : float
        Smallest distance of positions that shows, in pixels of the picture.
    seed : int
        Of the structure; the same positions on a picture have the same one in every view.

    Returns
    -------
    torch.Tensor
        Factors for the light, with a mean of 1.
    """
    octaves = int(np.ceil(np.log2(1 / finest))) if finest < 1 else 0
    exponent, variance = torch.zeros_like(rows), 0.0
    for octave in range(octaves):
        strength = 2 ** (-detail.slope * octave)
        exponent = exponent + strength * _octave(rows, columns, octave, seed)
        variance += strength**2
    # The mean of exp(s x) of a normal x of variance v is exp(s**2 v / 2), which is taken off: detail
    # moves light about, and adds none.
    return torch.exp(roughness * exponent - roughness**2 * (variance / 2))


def _octave(rows, columns, octave, seed):
    """Noise of waves of 1 to 2 pixels over ``2**octave``; each octave is turned against the others."""
    # About 63 degrees from octave to octave: no two of the first six lie along each other, so that the
    # square tile does not show.
    angle, factor = 0.7 + 1.1 * octave, 2.0 * 2**octave
    c, s = float(np.cos(angle)) * factor, float(np.sin(angle)) * factor
    y, x = c * rows - s * columns, s * rows + c * columns
    tile = _tile(seed, octave).to(rows.device)
    y0, x0 = torch.floor(y), torch.floor(x)
    fy, fx = y - y0, x - x0
    top, left = y0.long() % _TILE, x0.long() % _TILE
    down, right = (top + 1) % _TILE, (left + 1) % _TILE
    upper = tile[top, left] * (1 - fx) + tile[top, right] * fx
    lower = tile[down, left] * (1 - fx) + tile[down, right] * fx
    return upper * (1 - fy) + lower * fy


@lru_cache(maxsize=16)
def _tile(seed, octave):
    """Periodic noise of waves of 2 to 4 samples, unit variance once interpolated; a little non-Gaussian."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0x7E57, octave]))
    ky, kx = np.fft.fftfreq(_TILE)[:, None], np.fft.rfftfreq(_TILE)[None, :]
    k = np.hypot(ky, kx)
    band = np.exp(-0.5 * (np.log2(np.maximum(k, 1e-6) / 0.33) / 0.45) ** 2)
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((_TILE, _TILE))) * band, s=(_TILE, _TILE))
    # Bilinear sampling at random phases keeps this part of the variance of such a field.
    kept = _kept_by_interpolation(field)
    return torch.from_numpy((field / np.sqrt(kept)).astype(np.float32))


def _kept_by_interpolation(field):
    neighbours = [
        np.mean(field * np.roll(field, shift, (0, 1))) for shift in ((0, 0), (0, 1), (1, 0), (1, 1))
    ]
    # Mean over the phase of the squared weights is 2/3 for a sample itself, 1/3 for its product with the
    # next.
    return (4 * neighbours[0] + 2 * neighbours[1] + 2 * neighbours[2] + neighbours[3]) / 9
