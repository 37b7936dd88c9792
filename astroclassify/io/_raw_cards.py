"""What raw files of every telescope are made of, and the cards about time and sky that all of them have."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.time import Time

from astroclassify.instruments import Instrument


@dataclass(frozen=True)
class RawContents:
    """
    One exposure, checked and ready to be written.

    Parameters
    ----------
    camera : Instrument
        The camera.
    band : str
        Filter.
    seconds, start : float
        Exposure time in seconds; its start as MJD.
    images : dict of int to numpy.ndarray
        For each chip its raw image, uint16, in the order of the file.
    layouts : dict of int to ChipLayout
        The geometry of each.
    worlds : dict of int to astropy.wcs.WCS
        Sky coordinates of their science pixels; chips may be missing.
    target : pathlib.Path
        The file.
    extra : dict
        Cards that the user gave and that do not follow from the images.
    """

    camera: Instrument
    band: str
    seconds: float
    start: float
    images: dict
    layouts: dict
    worlds: dict
    target: Path
    extra: dict = field(default_factory=dict)

    @property
    def pointing(self):
        """RA and Dec between the chips' reference pixels (tuple of float, degrees); 0, 0 without any."""
        positions = {tuple(world.wcs.crval) for world in self.worlds.values()}
        if len(positions) < 2:
            return tuple(float(angle) for angle in next(iter(positions), (0.0, 0.0)))
        ra, dec = np.radians(list(positions)).T
        x, y, z = (np.cos(dec) * np.cos(ra)).sum(), (np.cos(dec) * np.sin(ra)).sum(), np.sin(dec).sum()
        return float(np.degrees(np.arctan2(y, x)) % 360), float(np.degrees(np.arctan2(z, np.hypot(x, y))))


def name_card(contents):
    """Give the card of the file's name; a long one leaves no room for a comment (tuple)."""
    name = contents.target.name
    return "FILENAME", name, "name of file" if len(name) <= 50 else ""


def time_cards(contents):
    """Give the cards of the exposure's times (tuple of tuple)."""
    day, clock = Time(contents.start, format="mjd").isot.split("T")
    return (
        ("DATE-OBS", day, "UT date of start of observation (yyyy-mm-dd)"),
        ("TIME-OBS", clock[:8], "UT time of start of observation (hh:mm:ss)"),
        ("EXPSTART", contents.start, "exposure start time (Modified Julian Date)"),
        ("EXPEND", contents.start + contents.seconds / 86400.0, "exposure end time (Modified Julian Date)"),
        ("EXPTIME", contents.seconds, "exposure duration (seconds)--calculated"),
    )


def orientation(world):
    """Give the position angle of the image's y axis (float, degrees, north through east)."""
    matrix = world.pixel_scale_matrix
    return math.degrees(math.atan2(matrix[0, 1], matrix[1, 1]))


def wcs_cards(world, start=(0, 0)):
    """
    Describe the linear part of a WCS.

    Parameters
    ----------
    world : astropy.wcs.WCS
        Sky coordinates of science pixels.
    start : tuple of int, default (0, 0)
        Row and column of the first science pixel in the image that is written.

    Returns
    -------
    dict of str to tuple
        Values and comments.
    """
    matrix = world.pixel_scale_matrix
    return {
        "WCSAXES": (2, "number of World Coordinate System axes"),
        "CRPIX1": (float(world.wcs.crpix[0]) + start[1], "x-coordinate of reference pixel"),
        "CRPIX2": (float(world.wcs.crpix[1]) + start[0], "y-coordinate of reference pixel"),
        "CRVAL1": (float(world.wcs.crval[0]), "first axis value at reference pixel"),
        "CRVAL2": (float(world.wcs.crval[1]), "second axis value at reference pixel"),
        "CTYPE1": (world.wcs.ctype[0].removesuffix("-SIP"), "the coordinate type for the first axis"),
        "CTYPE2": (world.wcs.ctype[1].removesuffix("-SIP"), "the coordinate type for the second axis"),
        "CUNIT1": (str(world.wcs.cunit[0]) or "deg", "unit of the first axis"),
        "CUNIT2": (str(world.wcs.cunit[1]) or "deg", "unit of the second axis"),
        **{
            f"CD{i + 1}_{j + 1}": (float(matrix[i, j]), f"partial of axis {i + 1} w.r.t. {'xy'[j]}")
            for i in range(2)
            for j in range(2)
        },
    }
