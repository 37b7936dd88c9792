"""Raw counts to electrons, amplifier by amplifier: no step is left where two of them meet."""

import numpy as np
from astropy import units as u
from astropy.nddata import CCDData

from astroclassify.core import FrameError
from astroclassify.io._noise import ReadoutNoise
from astroclassify.io._slices import amplifier_cards, amplifiers_of


def in_electrons(frame):
    """
    Multiply a raw frame by the gain of each of its amplifiers.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`
        A frame in ADU, bias-subtracted, as `read_frames` gives it from a raw file, or a slice or cut-out
        of it (see `amplifiers_of`); or one in electrons, or electrons / s, already.

    Returns
    -------
    `~astropy.nddata.CCDData`
        A new frame in electrons with the noise that belongs to it; what is in electrons already is
        given back as it is.

    Raises
    ------
    FrameError
        If the frame's gains are not known, or not where on the chip a slice lies.

    Notes
    -----
    Gains of the amplifiers of a chip differ by some per cent, so a raw frame in ADU has steps in its sky
    that a calibrated one has not.

    Examples
    --------
    >>> from astroclassify.io import in_electrons
    >>> from astroclassify.simulate import simulate_exposure
    >>> exposure = simulate_exposure("spiral", "acs-wfc", "F606W", 500.0, aperture="WFC1A-512", rng=1)
    >>> (frame,) = exposure.frames()
    >>> frame.unit, in_electrons(frame).unit
    (Unit("adu"), Unit("electron"))
    """
    unit = getattr(frame, "unit", None)
    if unit in (u.electron, u.electron / u.s):
        return frame
    amplifiers = amplifiers_of(frame) if unit == u.adu else ()
    if unit != u.adu or not amplifiers:
        raise FrameError(
            f"the gains of this {type(frame).__name__} in {unit or 'no unit'} are not known; "
            "read a raw file by read_frames"
        )
    data = np.array(frame.data)
    for amplifier in amplifiers:
        data[amplifier.region] *= data.dtype.type(amplifier.gain)
    counted = [one._replace(gain=1.0, pedestal=one.pedestal * one.gain) for one in amplifiers]
    header = frame.meta.copy()
    header["BUNIT"] = "ELECTRONS"
    header.update(amplifier_cards(counted))
    return CCDData(
        data,
        unit=u.electron,
        meta=header,
        wcs=frame.wcs,
        mask=frame.mask,
        flags=frame.flags,
        uncertainty=ReadoutNoise(pixels=data, amplifiers=counted),
    )
