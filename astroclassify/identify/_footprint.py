"""Footprints: outlines of frames on the sky by their own WCS, distortion included."""

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.nddata import NDData
from astropy.wcs import WCS, NoConvergence
from astropy.wcs.utils import pixel_to_skycoord

from astroclassify.core import FrameError, ParameterError
from astroclassify.datasets import disk_outlines, sky_directions

CHIP_RADIUS = 1.35  # arcminutes, of a disk with the area of a chip of ACS/WFC or WFC3/UVIS
_STEPS = 8  # corners of the outline on each side
_LARGEST = 60.0  # degrees from the middle to a corner
_FOUND_AGAIN = 0.5  # pixels: how well distortion must be undone for a position to be believed


@dataclass(frozen=True, eq=False)
class Footprint:
    """
    A frame on the sky.

    Parameters
    ----------
    wcs : astropy.wcs.WCS or None
        Celestial; None for a field without pixels.
    shape : tuple of int or None
        Rows and columns.
    centre : astropy.coordinates.SkyCoord
        ICRS, of the middle of the frame.
    outline : numpy.ndarray
        Unit vectors to the corners of a polygon, ``[corner, 3]``, ICRS.
    """

    wcs: WCS | None
    shape: tuple | None
    centre: SkyCoord
    outline: np.ndarray

    @property
    def radius(self):
        """Radius from the middle to the farthest corner, degrees (float)."""
        middle = sky_directions(self.centre.ra.deg, self.centre.dec.deg)
        chord = np.sqrt(((self.outline - middle) ** 2).sum(axis=-1)).max()
        return float(np.degrees(2 * np.arcsin(min(chord / 2, 1.0))))

    def pixels(self, position):
        """
        Give where positions lie in the frame.

        Parameters
        ----------
        position : astropy.coordinates.SkyCoord
            Positions, shape (N,).

        Returns
        -------
        x, y : numpy.ndarray
            Pixels, 0-based; far outside, where a distortion cannot be undone, without distortion. NaN for a
            field without pixels.
        """
        if self.wcs is None or not len(position):
            return np.full((2, len(position)), np.nan)
        frame = pixel_to_skycoord(0, 0, self.wcs, mode="wcs").frame
        sky = position.transform_to(frame).spherical
        ours = np.stack([sky.lon.deg, sky.lat.deg], axis=-1)
        if self.wcs.wcs.lng == 1:
            ours = ours[:, ::-1]
        plain = self.wcs.wcs_world2pix(ours, 0)
        try:
            exact = self.wcs.all_world2pix(ours, 0, quiet=True)
        except NoConvergence:
            return tuple(plain.T)
        with np.errstate(invalid="ignore"):
            again = self.wcs.wcs_world2pix(self.wcs.all_pix2world(exact, 0), 0)
            lost = ~(np.abs(again - plain).max(axis=-1) < _FOUND_AGAIN)
        return tuple(np.where(lost[:, None], plain, exact).T)


def footprint_of(frame, shape=None):
    """
    Find where a frame lies on the sky.

    Parameters
    ----------
    frame : astropy.nddata.CCDData, astropy.nddata.NDData or astropy.wcs.WCS
        A frame with a WCS, or a WCS.
    shape : tuple of int, optional
        Rows and columns, for a WCS that does not know them.

    Returns
    -------
    Footprint
        Its outline and centre.

    Raises
    ------
    FrameError
        If it has no celestial WCS, its size is not known, or it covers more than 120 degrees.
    """
    try:
        wcs, shape = _world(frame, shape)
        rows, columns = shape
        with np.errstate(all="ignore"):
            edge = pixel_to_skycoord(*_edge(columns, rows), wcs).icrs
            centre = pixel_to_skycoord((columns - 1) / 2, (rows - 1) / 2, wcs).icrs
    except FrameError:
        raise
    except Exception as error:  # wcslib and astropy raise a dozen types on broken cards
        raise FrameError(f"the frame's WCS gives no right ascension and declination: {error}") from error
    found = Footprint(wcs, shape, centre, sky_directions(edge.ra.deg, edge.dec.deg))
    if not np.isfinite(found.outline).all():
        raise FrameError("the frame's WCS puts some of its edge beyond the sky; give a part of the frame")
    if found.radius > _LARGEST:
        raise FrameError(
            f"the frame reaches {found.radius:.0f} degrees from its middle; expected {_LARGEST:.0f} at most: "
            "give a part of the frame"
        )
    return found


def _world(frame, shape):
    """The celestial WCS and the shape of a frame."""
    wcs = frame.wcs if isinstance(frame, NDData) else frame
    if isinstance(frame, NDData):
        shape = frame.data.shape
    if not getattr(wcs, "has_celestial", False):
        raise FrameError(
            "the frame has no celestial WCS, so that its position on the sky is not known; "
            "solve it (for example with astrometry.net), or name a position"
        )
    if not np.isfinite(wcs.wcs.crval).all():
        raise FrameError("the frame's WCS gives no right ascension and declination: its CRVAL is not finite")
    shape = shape or wcs.array_shape
    if shape is None:
        raise FrameError("the WCS does not know the size of its frame; give shape=(rows, columns)")
    sides = tuple(shape)
    if len(sides) != 2 or not all(isinstance(side, int | np.integer) and side > 0 for side in sides):
        raise FrameError(f"the frame has the shape {sides}; expected rows and columns")
    return wcs.celestial, tuple(map(int, sides))


def _edge(columns, rows):
    """Pixel positions once around a frame, from corner to corner."""
    steps = np.arange(_STEPS) / _STEPS
    x = np.concatenate([steps, np.ones(_STEPS), 1 - steps, np.zeros(_STEPS)])
    y = np.concatenate([np.zeros(_STEPS), steps, np.ones(_STEPS), 1 - steps])
    return x * columns - 0.5, y * rows - 0.5


def round_field(position, radius=None):
    """
    Give the footprint of a field about a position.

    Parameters
    ----------
    position : astropy.coordinates.SkyCoord
        Its middle.
    radius : astropy.units.Quantity or float, optional
        A plain number is in arcminutes; by default `CHIP_RADIUS`.

    Returns
    -------
    Footprint
        A disk, as a polygon, without pixels.

    Raises
    ------
    ParameterError
        If there are several positions, or the radius is not above 0 and up to 60 degrees.
    """
    if not position.isscalar:
        raise ParameterError("identify takes one position at a time; name_pointings takes many")
    degrees = field_radius(CHIP_RADIUS if radius is None else radius)
    centre = position.icrs
    if not np.isfinite([centre.ra.deg, centre.dec.deg]).all():
        raise ParameterError("the position is not finite; give right ascension and declination")
    return Footprint(None, None, centre, disk_outlines(centre.ra.deg, centre.dec.deg, degrees))


def field_radius(radius):
    """Give the radius of a field in degrees, above 0 and up to 60 (float)."""
    degrees = in_degrees(radius)
    if not 0 < degrees <= _LARGEST:
        raise ParameterError(f"radius is {radius}; it can be more than 0, up to {_LARGEST:.0f} degrees")
    return degrees


def margin_of(angle):
    """Give a margin about a field in degrees, 0 to 60 (float)."""
    degrees = in_degrees(angle)
    if not 0 <= degrees <= _LARGEST:
        raise ParameterError(f"margin is {angle}; it can be 0 to {_LARGEST:.0f} degrees")
    return degrees


def in_degrees(angle):
    """Give an angle in degrees; a plain number is in arcminutes (float)."""
    try:
        return float(u.Quantity(angle, getattr(angle, "unit", u.arcmin)).to_value(u.deg))
    except (u.UnitsError, TypeError, ValueError):
        raise ParameterError(
            f"{angle!r} is no angle; expected one such as 2 * u.arcmin, or arcminutes"
        ) from None
