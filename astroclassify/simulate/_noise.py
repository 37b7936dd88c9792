"""A frame in electrons, and what its noise is made of: light, what was subtracted, the amplifiers."""

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.nddata import StdDevUncertainty
from astropy.wcs.utils import proj_plane_pixel_scales
from scipy import ndimage

from astroclassify.core import FrameError
from astroclassify.instruments import INSTRUMENTS
from astroclassify.io._common import band_name, header_int, header_number, header_text
from astroclassify.io._noise import ReadoutNoise

#: Readers whose frames have white noise: no pixel was resampled.
_DETECTOR_READERS = ("hst-raw", "hst-calibrated", "csst")
_GAIN_CARDS = ("GAIN", "EGAIN", "CCDGAIN")
_READ_NOISE_CARDS = ("RDNOISE", "READNOIS", "ENOISE", "READNSE")
#: Measured noise up to this times that of light and read noise is explained: nothing was subtracted.
_EXPLAINED = 1.3
_SAMPLES = 1_000_000
_FAINT = 0.4  # of the pixels, those where noise is measured
_LAG = 4  # pixels; drizzled noise is not correlated that far
_RHO_MIN, _RHO_MAX = 0.05, 0.8  # correlation of neighbours: below it is white, above it is a picture


@dataclass(frozen=True, eq=False)
class Counted:
    """
    A frame in electrons.

    Parameters
    ----------
    electrons : numpy.ndarray
        float32 ``[y, x]``, finite: what was not is filled from around it.
    bad : numpy.ndarray or None
        Unusable pixels.
    per_electron : float or numpy.ndarray
        Units of the frame for one electron.
    hidden : float or numpy.ndarray
        Variance (electrons squared) of light and dark current that were subtracted from the frame.
    read : float or numpy.ndarray
        Variance of the read noise.
    texture : float
        RMS width (pixels) of a Gaussian that white noise was smoothed by to become this noise; 0 is white.
    """

    electrons: np.ndarray
    bad: np.ndarray | None
    per_electron: float | np.ndarray
    hidden: float | np.ndarray
    read: float | np.ndarray
    texture: float

    @property
    def variance(self):
        """Of every pixel, electrons squared, never negative; its mean at each brightness is unbiased."""
        return np.maximum(self.electrons + (self.hidden + self.read), 0, dtype=np.float32)


def count_electrons(frame, *, gain=None, read_noise=None):
    """
    Turn a frame into electrons.

    Parameters
    ----------
    frame : CCDData
        Any frame.
    gain : float, optional
        Electrons for each unit of the frame (each ADU); by default what frame and instrument say.
    read_noise : float, optional
        Electrons rms; by default what frame and instrument say, none where they are silent.

    Returns
    -------
    Counted
        The frame in electrons.

    Raises
    ------
    FrameError
        If its unit cannot be turned into electrons, it has no usable pixel, or its bias was left in.
    """
    gains, read = _amplifiers(frame, gain, read_noise)
    per_electron = 1 / _electrons_per_unit(frame, gains)
    data = np.asarray(frame.data, np.float32)
    bad = ~np.isfinite(data)
    if frame.mask is not None:
        bad |= np.asarray(frame.mask, bool)
    if bad.all():
        raise FrameError("the frame has no usable pixel: every one is masked, NaN or infinite")
    electrons = data / per_electron
    if bad.any():
        electrons = filled(electrons, bad)
    electrons = np.ascontiguousarray(electrons, np.float32)
    read, hidden = _background(frame, electrons, bad, per_electron, read)
    texture = 0.0 if text_card(frame, "ACREADER") in _DETECTOR_READERS else _texture(electrons, bad)
    return Counted(electrons, bad if bad.any() else None, per_electron, hidden, read, texture)


def text_card(frame, key):
    """Give a card of a frame as text; empty where it is missing."""
    return header_text(frame.meta, key)


def number_card(frame, key):
    """Give a card of a frame as a positive number; `None` where it is not one."""
    value = header_number(frame.meta, key)
    return value if value is not None and value > 0 else None


def camera_of(frame):
    """Give the instrument of a frame; `None` where it is not known."""
    name = text_card(frame, "ACINSTR")
    return INSTRUMENTS[name] if name in INSTRUMENTS and name != "generic" else None


def band_of(frame):
    """Give the name of a frame's band; empty where it is not known."""
    return text_card(frame, "ACBAND") or band_name(frame.meta)


def scale_of(frame):
    """Give the side of a frame's pixels in arcseconds, by its WCS or its camera; `None` if not known."""
    if frame.wcs is not None and frame.wcs.has_celestial:
        return float(np.sqrt(np.prod(proj_plane_pixel_scales(frame.wcs.celestial)))) * 3600
    camera = camera_of(frame)
    return camera.pixel_scale if camera else None


def filled(image, bad):
    """
    Fill unusable pixels from their neighbours.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``; what it holds at unusable pixels does not matter.
    bad : numpy.ndarray
        Where they are.

    Returns
    -------
    numpy.ndarray
        A copy, filled by the mean of the usable pixels around, weighted by a Gaussian of 1.5 pixels; in the
        midst of large holes by the median of the frame.
    """
    good = ~bad
    clean = np.where(good, image, 0).astype(np.float32)
    weight = ndimage.gaussian_filter(good.astype(np.float32), 1.5, truncate=3)
    mean = ndimage.gaussian_filter(clean, 1.5, truncate=3)
    median = np.median(_sample(clean[good]))
    around = np.where(weight > 0.01, mean / np.maximum(weight, 0.01), median)
    return np.where(good, clean, around)


# Gain and read noise -------------------------------------------------------------------------


def _amplifiers(frame, gain, read_noise):
    """Give gain and variance of the read noise: numbers, or arrays where amplifiers differ."""
    gains, variances = _known_amplifiers(frame)
    # What an earlier call of degrade() has made of them.
    gain, read_noise = (
        gain or number_card(frame, "ACGAIN"),
        _given(read_noise, number_card(frame, "ACRDNOIS")),
    )
    return _given(gain, gains), variances if read_noise is None else float(read_noise) ** 2


def _given(value, otherwise):
    return otherwise if value is None else value


def _known_amplifiers(frame):
    camera = camera_of(frame)
    if isinstance(frame.uncertainty, ReadoutNoise):
        return _by_region(frame, frame.uncertainty.amplifiers)
    if camera is None:
        gains, noises = ([number_card(frame, k) for k in keys] for keys in (_GAIN_CARDS, _READ_NOISE_CARDS))
        noise = next((value for value in noises if value), 0.0)
        return next((value for value in gains if value), None), noise**2
    return _of_camera(frame, camera)


def _by_region(frame, amplifiers):
    gains, variances = (np.empty(frame.shape, np.float32) for _ in range(2))
    for amplifier in amplifiers:
        if amplifier.pedestal:
            raise FrameError("the bias is still in the frame; read it with bias='overscan'")
        gains[amplifier.region] = amplifier.gain
        variances[amplifier.region] = amplifier.read_noise**2
    return gains, variances


def _of_camera(frame, camera):
    """Nominal values: by halves for a chip with an amplifier on each side, else their mean."""
    geometry = camera.geometry.get(header_int(frame.meta, "ACCHIP"))
    names = geometry.amplifiers if geometry else tuple(camera.amplifiers)
    gains = np.array([camera.amplifiers[name].gain for name in names], np.float32)
    variances = np.array([camera.amplifiers[name].read_noise ** 2 for name in names], np.float32)
    # Of the chips that were drizzled together, a pixel saw about half.
    reads = max(number_card(frame, "NCOMBINE") or 1, (number_card(frame, "NDRIZIM") or 1) / 2, 1)
    if geometry is None or reads > 1:
        return float(gains.mean()), float(variances.mean()) * reads
    step, start = header_number(frame.meta, "LTM1_1", 1.0), header_number(frame.meta, "LTV1", 0.0)
    middle = geometry.shape[1] / 2 * step + start
    half = (np.arange(frame.shape[1]) >= middle).astype(int)
    return (np.broadcast_to(values[half], frame.shape) for values in (gains, variances))


def mean_amplifier(camera):
    """Give gain and rms read noise (electrons) of a camera's mean amplifier."""
    amplifiers = camera.amplifiers.values()
    gain = float(np.mean([a.gain for a in amplifiers]))
    return gain, float(np.sqrt(np.mean([a.read_noise**2 for a in amplifiers])))


def _electrons_per_unit(frame, gains):
    unit = frame.unit
    rate = unit in (u.adu / u.s, u.electron / u.s)
    if rate and number_card(frame, "EXPTIME") is None:
        raise FrameError(
            f"the frame is in {unit}, but has no EXPTIME card; set frame.meta['EXPTIME'] to its seconds"
        )
    seconds = number_card(frame, "EXPTIME") if rate else 1.0
    if unit in (u.electron, u.electron / u.s):
        return seconds
    if gains is None:
        raise FrameError(
            f"the unit of the frame is {str(unit) or 'missing'}, and nothing says what it is in electrons; "
            "give gain=, electrons for each unit"
        )
    return gains * seconds


# Noise ---------------------------------------------------------------------------------------


def _background(frame, electrons, bad, per_electron, read):
    """Give the variances of the read noise and of what was subtracted; together with the light's, all."""
    drizzled = text_card(frame, "ACREADER") == "hst-drizzled"
    if isinstance(frame.uncertainty, ReadoutNoise):
        return read, 0.0
    if frame.uncertainty is not None and not drizzled:
        return read, _unexplained(frame, electrons, bad, per_electron, read)
    measured, level, _ = _faint_statistics(electrons, bad)
    floor = max(measured - max(level, 0.0), 0.0)
    if not drizzled and measured < _EXPLAINED * (max(level, 0.0) + np.mean(read)):
        return read, 0.0
    if drizzled and frame.uncertainty is not None:
        floor = floor * _relative_weight(frame, electrons, bad, per_electron)
    read = np.minimum(read, floor)
    return read, floor - read


def _unexplained(frame, electrons, bad, per_electron, read):
    """The part of the frame's own uncertainty that neither light nor read noise explain."""
    step = _step(electrons)
    sigma = frame.uncertainty.represent_as(StdDevUncertainty).array[step]
    per_electron, read = (np.broadcast_to(a, electrons.shape)[step] for a in (per_electron, read))
    rest = np.square(sigma / per_electron, dtype=float) - np.maximum(electrons[step], 0) - read
    rest = rest[np.isfinite(rest) & ~bad[step]]
    return max(float(np.median(rest)), 0.0) if rest.size else 0.0


def _relative_weight(frame, electrons, bad, per_electron):
    """How the noise of the background varies over a drizzled frame, median 1."""
    sigma = frame.uncertainty.represent_as(StdDevUncertainty).array / per_electron
    floor = np.square(sigma, dtype=np.float32) - np.maximum(electrons, 0)
    usable = np.isfinite(floor) & (floor > 0) & ~bad
    if not usable.any():
        return 1.0
    middle = np.median(_sample(floor[usable]))
    return np.where(usable, floor / middle, 1).astype(np.float32)


def _texture(electrons, bad):
    """Width of the smoothing that explains how neighbours are correlated."""
    *_, correlation = _faint_statistics(electrons, bad)
    # Less than four times its own scatter is no correlation.
    if not correlation > max(_RHO_MIN, 4 / np.sqrt(_FAINT * electrons.size)):
        return 0.0
    # Of noise smoothed by a Gaussian of width s, neighbours at distance d have exp(-d**2 / 4 s**2).
    return float(np.sqrt(-0.25 / np.log(min(correlation, _RHO_MAX))))


def _faint_statistics(electrons, bad):
    """
    Variance, level and correlation of neighbours, from differences between faint pixels.

    Differences from the mean of two pixels on either side do not see gradients. Pixels are chosen by
    the light around them, not by their own, which would cut their noise.
    """
    around = ndimage.uniform_filter(electrons, 9)
    faint = (around <= np.quantile(_sample(around), _FAINT)) & ~bad
    far = [_difference(electrons, faint, _LAG, axis) for axis in (0, 1)]
    near = [_difference(electrons, faint, 1, axis) for axis in (0, 1)]
    spread_far, spread_near = (float(np.mean([_robust_variance(d) for d in pair])) for pair in (far, near))
    level = float(np.median(electrons[faint])) if faint.any() else 0.0
    if not spread_far > 0:
        return 0.0, level, 0.0
    # var(x0 - (x- + x+) / 2) = (1.5 - 2 rho1 + rho2 / 2) variance, with rho2 = rho1**4.
    shrunk = min(spread_near / spread_far, 1.0)
    rho = np.linspace(0, _RHO_MAX, 801)
    correlation = float(np.interp(-shrunk, -(1.5 - 2 * rho + rho**4 / 2) / 1.5, rho))
    return spread_far / 1.5, level, correlation


def _difference(image, faint, lag, axis):
    if image.shape[axis] <= 2 * lag:
        return np.zeros(0)
    middle, left, right = slice(lag, -lag), slice(None, -2 * lag), slice(2 * lag, None)
    cut = [(s, slice(None)) if axis == 0 else (slice(None), s) for s in (middle, left, right)]
    usable = faint[cut[0]] & faint[cut[1]] & faint[cut[2]]
    return _sample((image[cut[0]] - (image[cut[1]] + image[cut[2]]) / 2)[usable])


def _robust_variance(values):
    return float((1.4826 * np.median(np.abs(values - np.median(values)))) ** 2) if values.size else 0.0


def _sample(values):
    values = values.ravel()
    return values[:: max(1, values.size // _SAMPLES)]


def _step(image):
    """Every n-th row: a sample of at most a million pixels."""
    return (slice(None, None, max(1, image.size // _SAMPLES)), slice(None))
