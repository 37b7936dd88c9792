"""The bands of a field as arrays: their scales, gains, limits and places on the sky."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from astropy import units as u
from astropy.io import fits

from astroclassify.core import FrameError, ParameterError
from astroclassify.instruments import INSTRUMENTS
from astroclassify.io import band_name

#: AB magnitude of a microjansky.
MICROJANSKY = 23.9
#: AB magnitude of an F_lambda of 1 erg / s / cm2 / Angstrom at a pivot of 1 Angstrom: PHOTFLAM and PHOTPLAM
#: of HST give the zero point -2.5 log10(PHOTFLAM) - 5 log10(PHOTPLAM) + this (ACS Data Handbook).
_STMAG_TO_AB = -2.408
#: Bands whose world coordinates differ by more than this are not on one grid, pixels: half the radius of the
#: small aperture that all bands share.
_APART = 1.0


@dataclass(frozen=True, eq=False)
class Plane:
    """
    One band of a field.

    Parameters
    ----------
    band : str
        Its name.
    data : numpy.ndarray
        ``[y, x]``, in the frame's units.
    mask : numpy.ndarray or None
        True on unusable pixels, but for saturated ones.
    scale : float
        Microjansky per unit; 1 where no zero point is known.
    gain : float
        Electrons per unit, of all exposures; 0 where it is not known.
    saturation : float
        Level in units of the data at which a pixel is full.
    """

    band: str
    data: np.ndarray = field(repr=False)
    mask: np.ndarray | None = field(repr=False)
    scale: float
    gain: float
    saturation: float


def planes_of(images):
    """
    Take the bands of a field apart.

    Parameters
    ----------
    images : mapping of str to CCDData, or CCDData
        The frames by band, on one grid of pixels; a single frame is a field of one band.

    Returns
    -------
    list of Plane
        In the order given.

    Raises
    ------
    ParameterError
        If there is none, or one is no frame.
    FrameError
        If their shapes differ, their world coordinates do, or their units are such that no colour is known.
    """
    frames = dict(images) if isinstance(images, Mapping) else {_band_of(images): images}
    if not frames:
        raise ParameterError("there are no images; expected a CCDData for each band")
    for band, frame in frames.items():
        _check_frame(band, frame)
    shapes = {band: frame.data.shape for band, frame in frames.items()}
    if len(set(shapes.values())) > 1:
        raise FrameError(f"the bands have the shapes {shapes}; expected one: align the frames first")
    _check_one_grid(frames)
    _check_one_scale(frames)
    return [_plane(str(band), frame) for band, frame in frames.items()]


def _check_frame(band, frame):
    if isinstance(frame, str | bytes) or getattr(frame, "data", None) is None:
        raise ParameterError(f"the image of {band!r} is {type(frame).__name__}; expected a CCDData [y, x]")
    if np.ndim(frame.data) != 2:
        raise ParameterError(
            f"the image of {band!r} has the shape {np.shape(frame.data)}; expected (y, x): choose one plane"
        ).with_facts(found=np.shape(frame.data), expected="(y, x)")


def _check_one_grid(frames):
    """Refuse bands whose pixels show different places of the sky."""
    known = {band: wcs for band, frame in frames.items() if (wcs := celestial_wcs(frame)) is not None}
    if len(known) < 2:
        return
    (first, grid), *others = known.items()
    rows, columns = next(iter(frames.values())).data.shape
    x, y = np.array([(0, 0), (columns - 1, 0), (0, rows - 1), (columns - 1, rows - 1)], float).T
    corners = grid.pixel_to_world(x, y)
    for band, wcs in others:
        there = pixels_of(wcs, corners)
        apart = float(np.max(np.hypot(*(there - np.stack([x, y])))))
        if not apart <= _APART:
            raise FrameError(
                f"by their world coordinates the bands {first!r} and {band!r} are up to {apart:.1f} pixels "
                f"apart; expected one grid, to {_APART:g} pixel: align the frames first"
            ).with_facts(found=apart, expected=_APART)


def pixels_of(wcs, places):
    """
    Give the pixels of places on the sky, also of such as lie far outside.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        Celestial.
    places : astropy.coordinates.SkyCoord
        Shape (N,).

    Returns
    -------
    numpy.ndarray
        ``[(x, y), N]``; NaN where a place has no pixel.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of places so far outside that a distortion has no inverse there
        return np.stack(wcs.world_to_pixel(places))


def _check_one_scale(frames):
    """Refuse bands of which some have a zero point and others none, or none and different units."""
    scales = {band: _scale(frame.meta or {}, frame) for band, frame in frames.items()}
    without = [band for band, scale in scales.items() if scale is None]
    units = {band: str(frames[band].unit or "no unit") for band in without}
    if without and len(without) < len(scales):
        raise FrameError(
            f"the bands {', '.join(map(repr, without))} have no zero point, and others have one, so that "
            "their fluxes cannot be compared; give PHOTZP in meta to all of them, or to none"
        )
    if len(set(units.values())) > 1:
        raise FrameError(
            f"the bands have no zero points, and the units {units}; expected one unit, or PHOTZP in meta"
        )


def _band_of(frame):
    return band_name(fits.Header(getattr(frame, "meta", None) or {})) or "image"


def _plane(band, frame):
    meta = frame.meta or {}
    gain = _gain(frame, meta)
    mask = None if frame.mask is None else np.broadcast_to(np.asarray(frame.mask, bool), frame.data.shape)
    saturation = float(meta.get("SATURATE") or np.inf)
    if mask is not None and np.isfinite(saturation):
        mask = mask & (frame.data < saturation)
    scale = _scale(meta, frame)
    return Plane(band, frame.data, mask, 1.0 if scale is None else scale, gain, saturation)


def _gain(frame, meta):
    """Electrons for one unit of the data."""
    unit = str(frame.unit or "").replace(" ", "")
    if unit in ("electron", "electrons", "e"):
        return 1.0
    if unit in ("electron/s", "electrons/s", "e/s"):
        return float(meta.get("EXPTIME") or 0.0)
    return (
        float(meta.get("CCDGAIN") or meta.get("GAIN") or 0.0) if unit in ("adu", "DN", "ct", "count") else 0.0
    )


def _scale(meta, frame):
    """Microjansky for one unit of the data; None where neither its unit nor a zero point tells."""
    physical = _physical_scale(frame)
    if physical is not None:
        return physical
    zero = meta.get("PHOTZP") or meta.get("MAGZERO") or meta.get("MAGZPT")
    if zero is None and meta.get("PHOTFLAM") and meta.get("PHOTPLAM"):
        zero = -2.5 * np.log10(meta["PHOTFLAM"]) - 5 * np.log10(meta["PHOTPLAM"]) + _STMAG_TO_AB
        if "/s" not in str(frame.unit or "").replace(" ", ""):  # those of HST are for rates
            zero += 2.5 * np.log10(float(meta.get("EXPTIME") or 1.0))
    return 10 ** (-0.4 * (float(zero) - MICROJANSKY)) if zero is not None else None


def _physical_scale(frame):
    """Microjansky for one unit of data that are flux densities, or surface brightnesses, already."""
    unit = u.Unit(frame.unit or u.dimensionless_unscaled)
    if unit.is_equivalent(u.uJy):
        return float(unit.to(u.uJy))
    if unit.is_equivalent(u.uJy / u.sr):
        pixel = (pixel_scale_of(frame) * u.arcsec) ** 2
        return float((unit * pixel).to_value(u.uJy))
    return None


def pixel_scale_of(images):
    """
    Say how large the pixels are.

    Parameters
    ----------
    images : mapping of str to CCDData, or CCDData
        The frames.

    Returns
    -------
    float
        Arcseconds: by world coordinates, else ``PIXSCALE``, else the camera's; 1 where nothing is known.
    """
    frame = next(iter(images.values())) if isinstance(images, Mapping) else images
    wcs = celestial_wcs(images)
    if wcs is not None:
        from astropy.wcs.utils import proj_plane_pixel_scales

        return float(np.mean(proj_plane_pixel_scales(wcs))) * 3600
    meta = frame.meta or {}
    camera = {"ACS": "acs-wfc", "WFC3": "wfc3-uvis", "MSC": "csst-msc"}.get(str(meta.get("INSTRUME")))
    return float(meta.get("PIXSCALE") or (INSTRUMENTS[camera].pixel_scale if camera else 1.0))


def celestial_wcs(images):
    """
    Find world coordinates.

    Parameters
    ----------
    images : mapping of str to CCDData, or CCDData
        The frames.

    Returns
    -------
    astropy.wcs.WCS or None
        Those of the first frame that has some of the sky.
    """
    frames = images.values() if isinstance(images, Mapping) else (images,)
    for frame in frames:
        wcs = getattr(frame, "wcs", None)
        if wcs is not None and getattr(wcs, "has_celestial", False):
            return wcs.celestial
    return None
