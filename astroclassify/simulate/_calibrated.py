"""An exposure as the telescope's pipeline would calibrate it, with the flat field that its chips have."""

import numpy as np

from astroclassify.io import in_electrons
from astroclassify.photometry import BANDS
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate.detector._chip import ChipWindow, flat_field


def calibrated(exposure):
    """
    Take bias, gain, dark current and flat field out of a raw exposure.

    Parameters
    ----------
    exposure : RawExposure
        The exposure.

    Returns
    -------
    list of astropy.nddata.CCDData
        See `RawExposure.calibrated`.
    """
    frames = [in_electrons(frame) for frame in exposure.frames(history=())]
    chips = {layout.chip: layout for layout in exposure.layouts.values()}
    for frame in frames:
        chip = int(frame.meta.get("CCDCHIP", 0))
        layout = chips.get(chip, next(iter(chips.values())))
        # A binned pixel has the dark current of all pixels that it is made of.
        dark = exposure.instrument.dark_current * exposure.truth["effects"]["dark"]
        frame.data -= dark * exposure.exptime * layout.binning**2
        frame.data /= _flat(exposure, layout)
        frame.wcs = exposure.distorted_wcs.get(layout.chip, frame.wcs)
    return frames


def _flat(exposure, layout):
    """The chip's response to uniform light: sensitivity and area of its pixels."""
    effects = exposure.truth["effects"]
    shipped = exposure.band in exposure.instrument.bands
    bandpass = BANDS[exposure.instrument.name, exposure.band] if shipped else None
    window = ChipWindow.of(exposure.instrument, layout, bandpass=bandpass, date=exposure.expstart)
    strengths = {"pixel_response": effects["pixel_response"], "structure": effects["flat_field"]}
    flat = flat_field(window, layout.science_shape, **strengths)
    # A flat field is what uniform light gives: also the areas of the pixels on the sky are in it. Dividing by
    # it makes surface brightness right all over the chip, and stars too bright where pixels are small, as in
    # the pipelines' own calibrated files.
    field = FieldOfView.of(exposure.instrument, None if len(exposure.layouts) > 1 else layout.name)
    areas = field.areas()
    if not isinstance(areas, float):
        flat *= field.cut(areas, layout.chip) / layout.binning**2
    return np.asarray(flat)
