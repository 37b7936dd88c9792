"""What each chip of an exposure will show of the body: predicted signal-to-noise, and the part of it seen."""

from dataclasses import dataclass

import numpy as np

from astroclassify.instruments import INSTRUMENTS
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate.scenes._palette import response
from astroclassify.simulate.sets._blurry import BRIGHT_QUANTILE
from astroclassify.simulate.sets._levels import Setup, coarse_factor, noise_terms, signal_to_noise

_DISC_SIDE = 101  # points across the body unit's disc


@dataclass(frozen=True)
class ChipView:
    """
    What one chip sees of a body.

    Parameters
    ----------
    snr : float
        Predicted signal-to-noise ratio per pixel that a twentieth of the chip exceeds.
    part : float
        Part of the body's disc that lies on the chip, as `parts_seen` gives it.
    """

    snr: float
    part: float


def chip_views(body, view, *, instrument, band, exptime, sky, effects, aperture=None):
    """
    Predict what each chip of an exposure sees of its body.

    Parameters
    ----------
    body : Body
        What is looked at.
    view : View
        Window of the whole field on detector pixels.
    instrument, band : str
        Camera and filter.
    exptime : float
        Seconds.
    sky : tuple
        Zodiacal light and earthshine (or None), V mag / arcsec2.
    effects : Effects
        Strengths of the detector's effects.
    aperture : str, optional
        Name of a subarray.

    Returns
    -------
    dict of int to ChipView
        For each chip, by number.
    """
    field, camera = FieldOfView.of(instrument, aperture), INSTRUMENTS[instrument]
    rates = response(instrument, band, redshift=body.redshift)
    noise = noise_terms(rates, camera, sky, effects)
    light, factor = (
        Setup(instrument, band, aperture, effects.flat_field).light(body, view),
        coarse_factor(view),
    )
    parts, views = parts_seen(view, instrument=instrument, aperture=aperture), {}
    for chip in field.layouts:
        rows, columns = _window(field, chip)
        inside = light[_whole_pixels(rows, factor), _whole_pixels(columns, factor)]
        signal = float(np.quantile(inside, BRIGHT_QUANTILE))
        views[chip] = ChipView(signal_to_noise(signal, exptime, noise), parts[chip])
    return views


def parts_seen(view, *, instrument, aperture=None):
    """
    Say how much of a body lies on each chip.

    Parameters
    ----------
    view : View
        Window of the whole field on detector pixels.
    instrument : str
        Camera.
    aperture : str, optional
        Name of a subarray.

    Returns
    -------
    dict of int to float
        For each chip, the part of the body's disc (one body unit in radius) that lies on it, 0 to 1.
    """
    field = FieldOfView.of(instrument, aperture)
    return {chip: _part(view, *_window(field, chip)) for chip in field.layouts}


def _window(field, chip):
    """First and last-but-one row and column of a chip on the field's grid."""
    layout = field.layouts[chip]
    return tuple(
        (start, start + n * layout.binning)
        for start, n in zip(field.corners[chip], layout.science_shape, strict=True)
    )


def _whole_pixels(limits, factor):
    """The larger pixels that lie wholly between the limits; there is one at least."""
    first, last = -(-limits[0] // factor), limits[1] // factor
    return slice(first, max(last, first + 1))


def _part(view, rows, columns):
    side = (np.arange(_DISC_SIDE) + 0.5) / _DISC_SIDE * 2 - 1
    v, u = np.meshgrid(side, side, indexing="ij")
    inside = v**2 + u**2 < 1
    y, x = view.to_pixels(v[inside], u[inside])
    seen = (y > rows[0] - 0.5) & (y < rows[1] - 0.5) & (x > columns[0] - 0.5) & (x < columns[1] - 0.5)
    return float(seen.mean())
