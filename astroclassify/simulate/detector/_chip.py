"""Fixed properties of a chip: pixel response, flat field, hot pixels."""

from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
import torch
from astropy import units as u

from astroclassify.core import ParameterError, checked, rules
from astroclassify.instruments import INSTRUMENTS
from astroclassify.simulate._rules import DATE, STRENGTH, device
from astroclassify.simulate.detector._effects import REFERENCE_DATE, Effects
from astroclassify.simulate.detector._fringes import fringes

#: Days between the anneals of a camera: monthly (ACS Instrument Handbook 4.3.5).
ANNEAL_PERIOD = 28.0
# Of the hot pixels halfway between two anneals, those that the next one will heal. 1200 of the 16.8 million
# pixels of WFC become hot each day, and anneals heal 45 to 50% of them (ACS ISR 2002-06): half a month's
# growth of those that heal is 0.05% of all pixels, where 0.7% are hot.
_HEALING = 0.07
# Hot pixels are the rarer the hotter: their numbers per rate fall as rate**-2.5, so that rate**-1.5 of them
# are hotter than a rate. Of those above 0.08 that makes 2% hotter than 1 electron per second; the handbook
# has 16 of 390 new ones a day, 4% (ACS Instrument Handbook of 2005, Table 4.3). None is more than 300 times
# the threshold.
_HOTTEST = 300.0
# Purposes of streams of randomness; every chip of a camera has one of each.
_RESPONSE, _POSITIONS, _RATES, _SHAPE, _DUST, _LAMP, _THICKNESS = range(7)
_STEPS = 32  # of the coded pixel response, per rms
_BLOCK_ROWS = 64
# The smooth part of a flat field: its largest departure from 1, and how much of it changes with the band;
# Legendre polynomials up to the third degree. Chosen by us, as flats of both cameras look.
_LOW_ORDER, _OF_THE_BAND, _DEGREE = (0.05, 0.10), 0.2, 3
# Shadows of dust on a window above the detector: how many for a million pixels, outer radius (pixels), depth,
# and inner radius over outer. A grain casts an image of the pupil, out of focus; with a central obscuration
# that is a ring, of 0.33 for HST. Numbers, sizes and depths are chosen by us.
_DUST_DENSITY, _DUST_RADII, _DUST_DEPTHS, _DUST_HOLE = 5.0, (12.0, 45.0), (0.004, 0.03), 0.35
# A flash's lamp is uneven: "broad patterns with +/-20%" of its mean (WFC3 ISR 2013-12). It is brighter in the
# middle than in the corners, as that of ACS is (ACS ISR 2014-01).
_LAMP_SHAPE = 0.2


def _corner(name, value):
    """Ask for a row and a column, zero or more."""
    return tuple(int(each) for each in rules.numbers(u.dimensionless_unscaled, 2)(name, value))


@checked(
    camera=rules.text,
    chip=rules.whole(0),
    shape=rules.shape,
    origin=_corner,
    binning=rules.whole(),
    band=rules.text,
    wavelength=rules.quantity(u.nm, 0),
    width=rules.quantity(u.nm, 0),
    date=DATE,
)
@dataclass(frozen=True)
class ChipWindow:
    """
    The part of a chip that an exposure reads, at a date and in a band.

    Parameters
    ----------
    camera : str
        Registry name.
    chip : int, default 1
        Number of the chip.
    shape : tuple of int, default (2048, 4096)
        Science rows and columns of the whole chip, unbinned.
    origin : tuple of int, default (0, 0)
        Row and column of the window's first pixel on the chip.
    binning : int, default 1
        Detector pixels per pixel of the window, in each axis.
    band : str, default ""
        Name of the band: the flat field depends a little on it.
    wavelength, width : float, default 0
        Pivot and equivalent width of the band in nm; narrow red ones have fringes, 0 has none.
    date : float, default 57677
        Start of the exposure, MJD: which hot pixels there are.

    Examples
    --------
    >>> from astroclassify.simulate import ChipWindow
    >>> ChipWindow.of("acs-wfc").shape
    (2048, 4096)
    """

    camera: str
    chip: int = 1
    shape: tuple[int, int] = (2048, 4096)
    origin: tuple[int, int] = (0, 0)
    binning: int = 1
    band: str = ""
    wavelength: float = 0.0
    width: float = 0.0
    date: float = REFERENCE_DATE

    @classmethod
    def of(cls, camera, layout=None, *, bandpass=None, date=REFERENCE_DATE):
        """
        Take the window that a layout reads.

        Parameters
        ----------
        camera : str or Instrument
            The camera.
        layout : ChipLayout, optional
            What is read; by default the whole of the first chip.
        bandpass : Bandpass, optional
            The band.
        date : float, default 57677
            Start of the exposure, MJD.

        Returns
        -------
        ChipWindow
            The window.
        """
        camera = INSTRUMENTS[camera] if isinstance(camera, str) else camera
        layout = camera.layouts[0] if layout is None and camera.layouts else layout
        if layout is None:
            raise ParameterError(f"{camera.name} has no chips; give a layout")
        shape = camera.chip_shape(layout.chip) if camera.layouts else layout.science_shape
        light = {} if bandpass is None else _light(bandpass)
        return cls(camera.name, layout.chip, shape, layout.origin, layout.binning, date=float(date), **light)

    def rng(self, purpose, *more):
        """
        Give a source of randomness of this chip.

        Parameters
        ----------
        purpose : int
            Which stream of random numbers.
        *more : int
            Further numbers that make the stream another one.

        Returns
        -------
        numpy.random.Generator
            The same for every exposure.
        """
        return np.random.default_rng([crc32(self.camera.encode()), self.chip, purpose, *more])

    def spans(self, shape):
        """
        Give the rows and columns of the chip, unbinned, that a window of a shape covers.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns of the (binned) image.

        Returns
        -------
        tuple of slice
            Rows and columns.

        Raises
        ------
        ParameterError
            If the window does not lie on the chip.
        """
        spans = tuple(slice(o, o + n * self.binning) for o, n in zip(self.origin, shape, strict=True))
        if any(span.stop > side or span.start < 0 for span, side in zip(spans, self.shape, strict=True)):
            raise ParameterError(
                f"a window of {tuple(shape)} pixels from {self.origin} on, binned {self.binning} times, does "
                f"not lie on a chip of {self.shape}"
            )
        return spans


def _light(bandpass):
    width = np.trapezoid(bandpass.throughput, bandpass.wavelength) / bandpass.throughput.max()
    return {"band": bandpass.name, "wavelength": float(bandpass.pivot.value), "width": float(width)}


# Flat field ------------------------------------------------------------------------------------


@checked(
    window=rules.instance(ChipWindow),
    shape=rules.shape,
    pixel_response=STRENGTH,
    structure=STRENGTH,
    device=device,
)
def flat_field(window, shape, *, pixel_response, structure, device="cpu"):
    """
    Give the sensitivity of every pixel, relative to the mean of the chip.

    Parameters
    ----------
    window : ChipWindow
        Which pixels.
    shape : tuple of int
        Rows and columns of the (binned) image.
    pixel_response : float
        How much pixels differ from their neighbours, rms.
    structure : float
        Strength of what is larger than pixels, 1 is usual: a smooth part (5 to 10% at most), shadows of dust,
        and fringes in narrow red bands.
    device : str or torch.device, default "cpu"
        Where to make it.

    Returns
    -------
    torch.Tensor
        float32, of the shape asked for; the same for every exposure through a band.

    Raises
    ------
    ParameterError
        If the window does not lie on the chip.
    """
    rows, columns = window.spans(shape)
    coded = _coded_response(window.camera, window.chip, window.shape)[rows, columns]
    flat = torch.empty(coded.shape, device=device)
    smooth = _low_order(window, structure)
    positions = (np.arange(span.start, span.stop) for span in (rows, columns))
    for block, light in _polynomial(smooth, window.shape, *positions, device):
        part = flat[block]
        part.copy_(coded[block]).mul_(pixel_response / _STEPS).add_(1).mul_(light)
    if structure:
        _add_dust(flat, window, rows, columns, structure)
        waves = fringes(window, rows, columns, window.rng(_THICKNESS), device=device)
        if waves is not None:
            flat *= waves.mul_(structure).add_(1)
    if window.binning > 1:
        flat = torch.nn.functional.avg_pool2d(flat[None, None], window.binning)[0, 0]
    return flat.clamp_(min=0)


def smooth_flat(window, y, x, *, structure):
    """
    Give the smooth part of the flat field at some positions.

    Parameters
    ----------
    window : ChipWindow
        Of which chip, and in which band.
    y, x : numpy.ndarray
        Rows and columns of a grid, unbinned pixels of the whole chip; one-dimensional.
    structure : float
        As for `flat_field`.

    Returns
    -------
    numpy.ndarray
        Sensitivity relative to the mean of the chip, rows by columns.
    """
    y, x = (2 * (pixel + 0.5) / side - 1 for pixel, side in zip((y, x), window.shape, strict=True))
    return np.polynomial.legendre.leggrid2d(y, x, _low_order(window, structure))


@lru_cache(maxsize=5)
def _coded_response(camera, chip, shape):
    """Draw unit normal numbers for the pixels of a chip once, in steps of 1/32 (torch.Tensor of int8)."""
    rng = ChipWindow(camera, chip).rng(_RESPONSE)
    coded = torch.empty(shape, dtype=torch.int8)
    for part in coded.split(_BLOCK_ROWS):
        draws = rng.standard_normal(tuple(part.shape), dtype=np.float32)
        part.copy_(torch.from_numpy(np.clip(np.rint(draws * _STEPS), -127, 127)))
    return coded


def _low_order(window, structure):
    """Draw the coefficients of the smooth part, scaled to a largest departure; the mean is 1."""
    own, of_band = window.rng(_SHAPE), window.rng(_SHAPE, crc32(window.band.encode()))
    largest = own.uniform(*_LOW_ORDER)
    coefficients = _drawn(own) + _OF_THE_BAND * _drawn(of_band)
    coefficients *= structure * largest / _largest(coefficients)
    coefficients[0, 0] = 1
    return coefficients


def _drawn(rng):
    degree = np.arange(_DEGREE + 1)
    total = degree[:, None] + degree
    return rng.standard_normal(total.shape) * ((total > 0) & (total <= _DEGREE)) / np.maximum(total, 1)


def _largest(coefficients):
    grid = np.linspace(-1, 1, 33)
    return np.abs(np.polynomial.legendre.leggrid2d(grid, grid, coefficients)).max()


def _polynomial(coefficients, chip, y, x, device):
    """Evaluate Legendre polynomials of the position on a chip (-1 to 1), a block of rows after the other."""
    degree = len(coefficients) - 1
    y, x = (2 * (pixel + 0.5) / side - 1 for pixel, side in zip((y, x), chip, strict=True))
    along_y = np.polynomial.legendre.legvander(y, degree)[:, :, None]
    along_x = np.polynomial.legendre.legvander(x, degree) @ coefficients.T
    along_y, along_x = (torch.from_numpy(a).float().to(device) for a in (along_y, along_x.T.copy()))
    for start in range(0, len(y), _BLOCK_ROWS):  # what fits into the processor's cache
        block = slice(start, start + _BLOCK_ROWS)
        total = along_y[block, 0] * along_x[0]
        for k in range(1, degree + 1):  # sums pixel by pixel: products of matrices depend on the threads
            total.addcmul_(along_y[block, k], along_x[k])
        yield block, total


def _add_dust(flat, window, rows, columns, structure):
    """Darken rings, where dust on a window above the detector stands in the light's way."""
    rng = window.rng(_DUST)
    number = rng.poisson(_DUST_DENSITY * window.shape[0] * window.shape[1] / 1e6)
    centres = rng.random((number, 2)) * window.shape - (rows.start, columns.start)
    radii = np.exp(rng.uniform(*np.log(_DUST_RADII), number))
    depths = structure * np.exp(rng.uniform(*np.log(_DUST_DEPTHS), number))
    for (y, x), radius, depth in zip(centres, radii, depths, strict=True):
        reach = int(radius) + 4
        top, left = max(int(y) - reach, 0), max(int(x) - reach, 0)
        part = flat[top : max(int(y) + reach, 0), left : max(int(x) + reach, 0)]
        if part.numel():
            part *= 1 - depth * _ring(part, y - top, x - left, radius)


def _ring(part, y, x, radius):
    """Draw a ring of unit height with soft edges, on the grid of a part of an image."""
    rows, columns = (torch.arange(n, device=part.device, dtype=torch.float32) for n in part.shape)
    distance = torch.hypot(rows[:, None] - y, columns - x)
    outside, inside = (distance - radius) / 2, (distance - _DUST_HOLE * radius) / 2
    return torch.sigmoid(-outside) * torch.sigmoid(inside)


def add_flash(image, window, electrons, *, structure):
    """
    Add the light of the post-flash lamp.

    Parameters
    ----------
    image : torch.Tensor
        Electrons, float32, changed in place.
    window : ChipWindow
        Which pixels.
    electrons : float
        Mean over the chip, for each unbinned pixel.
    structure : float
        Strength of the lamp's unevenness, 1 is usual: a fifth between the mean and the corners.
    """
    rng = window.rng(_LAMP)
    slopes = np.zeros((3, 3))
    slopes[[2, 0, 1, 0], [0, 2, 0, 1]] = -0.6, -0.6, *rng.normal(0, 0.2, 2)
    slopes *= structure * _LAMP_SHAPE / _largest(slopes)
    slopes[0, 0] = 1
    y, x = (
        span.start + (np.arange(n) + 0.5) * window.binning - 0.5
        for span, n in zip(window.spans(image.shape), image.shape, strict=True)
    )
    for block, light in _polynomial(slopes, window.shape, y, x, image.device):
        image[block].add_(light, alpha=electrons * window.binning**2)


# Hot pixels ------------------------------------------------------------------------------------


@checked(window=rules.instance(ChipWindow), shape=rules.shape, effects=rules.instance(Effects))
def hot_pixels(window, shape, effects):
    """
    List the hot and warm pixels of a window at its date.

    Parameters
    ----------
    window : ChipWindow
        Which pixels, and when.
    shape : tuple of int
        Rows and columns of the (binned) image.
    effects : Effects
        How many there are halfway between two anneals, and how hot.

    Returns
    -------
    indices : numpy.ndarray of int
        Indices of the (binned) image, row by row.
    rates : numpy.ndarray
        Electrons per second, float32.

    Notes
    -----
    A chip has an order of its pixels in which they become hot; a larger share adds pixels and leaves none
    out. A small part is new since the last anneal, and heals in the next.
    """
    rows, columns = window.spans(shape)
    cycle, since = divmod(window.date, ANNEAL_PERIOD)
    phase = 2 * since / ANNEAL_PERIOD  # 1 on average
    indices, rates = [], []
    for share, stream in ((1 - _HEALING, 0), (_HEALING * phase, 1 + int(cycle))):
        where, charge = _heated(window, effects, share, stream)
        indices.append(where)
        rates.append(charge)
    y, x = np.divmod(np.concatenate(indices), window.shape[1])
    inside = (y >= rows.start) & (y < rows.stop) & (x >= columns.start) & (x < columns.stop)
    y, x = (y[inside] - rows.start) // window.binning, (x[inside] - columns.start) // window.binning
    return y * shape[1] + x, np.concatenate(rates)[inside].astype(np.float32)


def _heated(window, effects, share, stream):
    """Give the first hot and warm pixels of an order, on the whole chip, and their rates."""
    pixels = window.shape[0] * window.shape[1]
    indices, rates = [], []
    for kind, fraction in enumerate((effects.hot_pixels, effects.warm_pixels)):
        number = round(share * fraction * pixels)
        indices.append(window.rng(_POSITIONS, kind, stream).random(number) * pixels)
        draws = window.rng(_RATES, kind, stream).random(number)
        if kind == 0:
            # The inverse of the share that is cooler, 1 - (rate / threshold)**-1.5.
            rates.append(effects.hot_rate * np.minimum((1 - draws) ** (-1 / 1.5), _HOTTEST))
        else:
            low = min(effects.warm_rate, effects.hot_rate)
            rates.append(low + (effects.hot_rate - low) * draws)
    return np.concatenate(indices).astype(np.int64), np.concatenate(rates)
