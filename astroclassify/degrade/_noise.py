"""A frame in electrons, and its noise model: photon noise, subtracted background, read noise."""

import warnings
from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.nddata import StdDevUncertainty
from astropy.wcs.utils import proj_plane_pixel_scales
from scipy import ndimage

from astroclassify.core import FrameError, FrameWarning, checked, robust_sigma, rules
from astroclassify.instruments import INSTRUMENTS
from astroclassify.io import (
    ReadoutNoise,
    amplifiers_of,
    band_name,
    header_int,
    header_number,
    header_text,
    slice_start,
)

#: Readers whose frames have white noise: no pixel was resampled.
_DETECTOR_READERS = ("hst-raw", "hst-calibrated", "csst")
_GAIN_CARDS = ("GAIN", "EGAIN", "CCDGAIN")
_READ_NOISE_CARDS = ("RDNOISE", "READNOIS", "ENOISE", "READNSE")
#: Measured noise below this part of what light and read noise make (variances) cannot be.
_IMPLAUSIBLE = 0.3
#: Measured noise up to this times that of light and read noise is explained: nothing was subtracted.
_EXPLAINED = 1.3
_SAMPLES = 1_000_000
#: Electrons of a pixel, at most: their variances add up within float32's range.
_MOST_ELECTRONS = 1e15
#: Units whose electrons a header's or a camera's gain tells; of others only ``gain=`` does.
_READ_OUT = (u.adu, u.ct, u.DN, u.dimensionless_unscaled)
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
    shot : float
        Variance of a pixel for one electron of light: 1, less in drizzled frames, where neighbours share
        their noise.
    """

    electrons: np.ndarray
    bad: np.ndarray | None
    per_electron: float | np.ndarray
    hidden: float | np.ndarray
    read: float | np.ndarray
    texture: float
    shot: float

    @property
    def variance(self):
        """Variance of every pixel, electrons squared; never negative, and unbiased at each brightness."""
        return np.maximum(self.shot * self.electrons + (self.hidden + self.read), 0, dtype=np.float32)


#: A frame that is counted has a header, a unit and pixels.
FRAME = rules.having("a CCDData, as astroclassify.read_frames gives it", "meta", "unit", "data")


@checked(
    frame=FRAME,
    gain=rules.optional(rules.quantity(u.electron / u.adu, positive=True)),
    read_noise=rules.optional(rules.quantity(u.electron, 0)),
)
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
    per_electron = 1 / _electrons_per_unit(frame, gains, gain or number_card(frame, "ACGAIN"))
    data = _values(frame)
    bad = ~np.isfinite(data)
    if frame.mask is not None:
        bad |= np.asarray(frame.mask, bool)
    if bad.all():
        raise FrameError("the frame has no usable pixel: every one is masked, NaN, infinite or above 3e38")
    # Units of the frame are divided by what one electron is in them: 1 / gain for ADU, 1 / seconds for rates.
    electrons = data / per_electron
    if bad.any():
        electrons = filled(electrons, bad)
    electrons = np.ascontiguousarray(electrons, np.float32)
    if (largest := float(np.abs(electrons).max())) > _MOST_ELECTRONS:
        raise FrameError(
            f"a pixel of the frame has {largest:.3g} electrons; expected at most {_MOST_ELECTRONS:g}: "
            "is its unit, or gain=, what it should be?"
        )
    noise = FaintNoise.of(frame, electrons, bad)
    if read_noise is None:
        read = read * noise.read_share(frame)
    read, hidden = _background(frame, electrons, bad, per_electron, read, noise)
    bad = bad if bad.any() else None
    return Counted(electrons, bad, per_electron, hidden, read, noise.texture, 1 / noise.sum_variance_ratio)


def _values(frame):
    values = np.asarray(frame.data)
    if values.dtype.kind not in "buif":
        raise FrameError(f"the frame's values are of type {values.dtype}; expected real numbers")
    with np.errstate(over="ignore"):
        return values.astype(np.float32, copy=False)


def text_card(frame, key):
    """Give a card of a frame as text; empty where it is missing."""
    return header_text(frame.meta, key)


@checked(frame=FRAME, key=rules.text)
def number_card(frame, key):
    """
    Give a card of a frame as a positive number.

    Parameters
    ----------
    frame : CCDData
        The frame.
    key : str
        Keyword, for example ``"EXPTIME"``.

    Returns
    -------
    float or None
        `None` where the card is missing or no positive number.
    """
    value = header_number(frame.meta, key)
    return value if value is not None and value > 0 else None


@checked(frame=FRAME)
def camera_of(frame):
    """
    Give the instrument of a frame.

    Parameters
    ----------
    frame : CCDData
        The frame; its ``ACINSTR`` counts.

    Returns
    -------
    Instrument or None
        `None` where it is not known.
    """
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
    # What an earlier call of degrade() has made of them.
    gain, read_noise = (
        gain or number_card(frame, "ACGAIN"),
        _given(read_noise, number_card(frame, "ACRDNOIS")),
    )
    if gain is not None and read_noise is not None:
        return gain, float(read_noise) ** 2
    gains, variances = _known_amplifiers(frame)
    return _given(gain, gains), variances if read_noise is None else float(read_noise) ** 2


def _given(value, otherwise):
    return otherwise if value is None else value


def _known_amplifiers(frame):
    camera = camera_of(frame)
    if amplifiers := amplifiers_of(frame):
        return _by_region(frame, amplifiers)
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
    # Every exposure that was combined was read once, and read variances add. NDRIZIM counts chips: of two
    # chips of each exposure that were drizzled together, a pixel saw about one.
    reads = max(number_card(frame, "NCOMBINE") or 1, (number_card(frame, "NDRIZIM") or 1) / 2, 1)
    if geometry is None or reads > 1:
        return float(gains.mean()), float(variances.mean()) * reads
    step, start = header_number(frame.meta, "LTM1_1", 1.0), header_number(frame.meta, "LTV1", 0.0)
    middle = geometry.shape[1] / 2 * step + start - _first_column(frame)
    half = (np.arange(frame.shape[1]) >= middle).astype(int)
    return (np.broadcast_to(values[half], frame.shape) for values in (gains, variances))


def _first_column(frame):
    """The column of the frame as it was read where a slice of it begins."""
    if frame.wcs is None or header_number(frame.meta, "CRPIX1") is None:
        return 0
    start = slice_start(frame)
    if start is None:
        raise FrameError(
            "where on its chip this frame lies is not known: its pixels are not those of its CRPIX and CD "
            "cards. Cut it as frame[y0:y1, x0:x1], or give gain= and read_noise="
        )
    return start[1]


def mean_amplifier(camera):
    """Give gain and rms read noise (electrons) of a camera's mean amplifier."""
    amplifiers = camera.amplifiers.values()
    gain = float(np.mean([a.gain for a in amplifiers]))
    return gain, float(np.sqrt(np.mean([a.read_noise**2 for a in amplifiers])))


def _electrons_per_unit(frame, gains, given):
    """Gains are of the header, of the camera, or given; only given ones are of any unit."""
    unit = frame.unit
    rate = unit in tuple(one / u.s for one in (u.adu, u.ct, u.DN, u.electron))
    if rate and number_card(frame, "EXPTIME") is None:
        raise FrameError(
            f"the frame is in {unit}, but has no EXPTIME card; set frame.meta['EXPTIME'] to its seconds"
        )
    seconds = number_card(frame, "EXPTIME") if rate else 1.0
    if unit in (u.electron, u.electron / u.s):
        return seconds
    read_out = rate or unit is None or unit in _READ_OUT
    if gains is None or not (read_out or given):
        raise FrameError(
            f"the unit of the frame is {str(unit) or 'missing'}, and nothing says what it is in electrons; "
            "give gain=, electrons for each unit"
        )
    return gains * seconds


# Noise ---------------------------------------------------------------------------------------


def _background(frame, electrons, bad, per_electron, read, noise):
    """Give the variances of the read noise and of what was subtracted; together with the light's, all."""
    drizzled = text_card(frame, "ACREADER") == "hst-drizzled"
    if isinstance(frame.uncertainty, ReadoutNoise):
        return read, 0.0
    if frame.uncertainty is not None and not drizzled:
        return read, _unexplained(frame, electrons, bad, per_electron, read)
    # Poisson variance of the light that is still there, in electrons; neighbours that share their noise have
    # less of it in a single pixel. Noise that light and readout do not explain is of light that was
    # subtracted: a sky that a pipeline took out leaves its noise behind.
    light = max(noise.level, 0.0) / noise.sum_variance_ratio
    explained = light + np.mean(read)
    if 0 < noise.variance < _IMPLAUSIBLE * explained:
        warnings.warn(
            f"the frame has a noise of {np.sqrt(noise.variance):.3g} electrons rms where its light and read "
            f"noise make {np.sqrt(explained):.3g}: is its unit, or gain=, what it should be?",
            FrameWarning,
            stacklevel=4,
        )
    if not drizzled and noise.variance < _EXPLAINED * explained:
        return read, 0.0
    floor = max(noise.variance - light, 0.0)
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
    """Variance of the background's noise over a drizzled frame, relative to its median."""
    sigma = frame.uncertainty.represent_as(StdDevUncertainty).array / per_electron
    floor = np.square(sigma, dtype=np.float32) - np.maximum(electrons, 0)
    usable = np.isfinite(floor) & (floor > 0) & ~bad
    if not usable.any():
        return 1.0
    middle = np.median(_sample(floor[usable]))
    return np.where(usable, floor / middle, 1).astype(np.float32)


@dataclass(frozen=True)
class FaintNoise:
    """
    Variance and correlation of the noise, measured where a frame is faint.

    Noise is measured by differences between a pixel and the mean of two on either side, which do not see
    gradients. Pixels are chosen by the light around them, not by their own, which would cut their noise.

    Parameters
    ----------
    variance : float
        Of a pixel.
    level : float
        Median there.
    correlation : float
        Of neighbours, 0 where the noise is white.
    """

    variance: float
    level: float
    correlation: float

    @classmethod
    def of(cls, frame, image, bad):
        """
        Measure it.

        Parameters
        ----------
        frame : CCDData
            For its provenance: detectors' frames, whose pixels nobody resampled, have white noise.
        image : numpy.ndarray
            Its pixels, finite, in any unit.
        bad : numpy.ndarray
            Unusable pixels.

        Returns
        -------
        FaintNoise
            In the image's unit.
        """
        # The difference d = x0 - (x1 + x2) / 2 of independent pixels has the variance 1 + 1/4 + 1/4 = 1.5
        # times theirs, and no part of a level or a linear gradient. Four pixels apart noise is independent
        # even in drizzled frames; next neighbours show by how much less they differ how they are correlated.
        around = ndimage.uniform_filter(image, 9)
        faint = (around <= np.quantile(_sample(around), _FAINT)) & ~bad
        level = float(np.median(image[faint])) if faint.any() else 0.0
        far, near = (
            float(np.mean([_robust_variance(_difference(image, faint, lag, axis)) for axis in (0, 1)]))
            for lag in (_LAG, 1)
        )
        white = text_card(frame, "ACREADER") in _DETECTOR_READERS or not far > 0
        correlation = 0.0 if white else _correlation(near / far)
        # A correlation of n pairs scatters by 1 / sqrt(n). Less than four times that is no correlation.
        known = correlation > max(_RHO_MIN, 4 / np.sqrt(_FAINT * image.size))
        return cls(far / 1.5, level, correlation if known else 0.0)

    @property
    def texture(self):
        """RMS width s of the smoothing that makes them alike: exp(-d**2 / 4 s**2) at distance d (float)."""
        # White noise smoothed by a Gaussian of rms s has the correlation of that Gaussian with itself, one of
        # rms s sqrt(2): rho(d) = exp(-d**2 / (4 s**2)), solved for s at d = 1.
        return float(np.sqrt(-0.25 / np.log(self.correlation))) if self.correlation else 0.0

    @property
    def sum_variance_ratio(self):
        """Variance of the sum of many pixels over the sum of their variances (float)."""
        # The variance of a sum of n pixels is n times the sum of rho over all distances. With rho(d) =
        # rho**(d**2) along each axis it is the square of 1 + 2 (rho + rho**4 + rho**9 + ...).
        return float(1 + 2 * sum(self.correlation ** (d * d) for d in range(1, 6))) ** 2

    def read_share(self, frame):
        """
        Give the share of a detector pixel's read variance that a pixel of the frame has.

        Parameters
        ----------
        frame : CCDData
            The frame.

        Returns
        -------
        float
            1 unless the frame was resampled.
        """
        camera, scale = camera_of(frame), scale_of(frame)
        resampled = text_card(frame, "ACREADER") not in _DETECTOR_READERS and camera and scale
        return (scale / camera.pixel_scale) ** 2 / self.sum_variance_ratio if resampled else 1.0


def _correlation(shrunk):
    """Correlation of neighbours, from how much smaller differences at distance 1 are than far ones."""
    # var(x0 - (x- + x+) / 2) = (1.5 - 2 rho1 + rho2 / 2) variance, with rho2 = rho1**4.
    rho = np.linspace(0, _RHO_MAX, 801)
    return float(np.interp(-min(shrunk, 1.0), -(1.5 - 2 * rho + rho**4 / 2) / 1.5, rho))


def _difference(image, faint, lag, axis):
    if image.shape[axis] <= 2 * lag:
        return np.zeros(0)
    middle, left, right = slice(lag, -lag), slice(None, -2 * lag), slice(2 * lag, None)
    cut = [(s, slice(None)) if axis == 0 else (slice(None), s) for s in (middle, left, right)]
    usable = faint[cut[0]] & faint[cut[1]] & faint[cut[2]]
    return _sample((image[cut[0]] - (image[cut[1]] + image[cut[2]]) / 2)[usable])


def _robust_variance(values):
    return float(robust_sigma(values) ** 2) if values.size else 0.0


def _sample(values):
    values = values.ravel()
    return values[:: max(1, values.size // _SAMPLES)]


def _step(image):
    """Every n-th row: a sample of at most a million pixels."""
    return (slice(None, None, max(1, image.size // _SAMPLES)), slice(None))
