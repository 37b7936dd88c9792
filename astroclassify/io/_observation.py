"""What an observation is in the words of archives: the columns of IVOA's ObsCore, as far as a frame tells."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from astropy.wcs.utils import pixel_to_skycoord, proj_plane_pixel_scales

from astroclassify.io._headers import header_number, header_text

#: Columns of ObsCore (IVOA recommendation 1.1, table 1) with their UCDs and units.
OBSCORE = {
    "dataproduct_type": ("meta.code.class", None),
    "calib_level": ("meta.code;obs.calib", None),
    "obs_collection": ("meta.id", None),
    "obs_id": ("meta.id", None),
    "target_name": ("meta.id;src", None),
    "s_ra": ("pos.eq.ra", u.deg),
    "s_dec": ("pos.eq.dec", u.deg),
    "s_fov": ("phys.angSize;instr.fov", u.deg),
    "s_region": ("pos.outline;obs.field", None),
    "s_pixel_scale": ("phys.angSize;instr.pixel", u.arcsec),
    "t_min": ("time.start;obs.exposure", u.day),
    "t_max": ("time.end;obs.exposure", u.day),
    "t_exptime": ("time.duration;obs.exposure", u.s),
    "o_ucd": ("meta.ucd", None),
    "facility_name": ("meta.id;instr.tel", None),
    "instrument_name": ("meta.id;instr", None),
    "filter": ("meta.id;instr.filter", None),
}
_RAW, _CALIBRATED, _COMBINED = 1, 2, 3
_LEVELS = {"hst-raw": _RAW, "hst-drizzled": _COMBINED}
_NAMES = ("OBS_ID", "ROOTNAME", "OBSID", "EXPNAME", "FILENAME")


def observation(frame):
    """
    Describe a frame in the words of ObsCore.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`
        As `read_frames` gives it.

    Returns
    -------
    dict of str to (str, int or float)
        A value for each of ``OBSCORE``; empty, or NaN, where the frame does not tell. ``s_region`` is a
        polygon in ICRS, in degrees; times are MJD.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.io import fits
    >>> from astroclassify.io import observation, read_frames
    >>> image = fits.PrimaryHDU(np.ones((64, 64)), fits.Header({"ROOTNAME": "j8xi01abq", "EXPTIME": 500.0}))
    >>> (frame,) = read_frames(image)
    >>> observation(frame)["obs_id"], observation(frame)["t_exptime"]
    ('j8xi01abq', 500.0)
    """
    cards = frame.meta
    start = header_number(cards, "EXPSTART", _date(cards))
    seconds = header_number(cards, "EXPTIME", np.nan)
    telescope = header_text(cards, "TELESCOP")
    camera = "/".join(filter(None, (header_text(cards, "INSTRUME"), header_text(cards, "DETECTOR"))))
    name = next((text for key in _NAMES if (text := header_text(cards, key))), header_text(cards, "ACSOURCE"))
    return {
        "dataproduct_type": "image",
        "calib_level": _LEVELS.get(header_text(cards, "ACREADER"), _CALIBRATED),
        "obs_collection": telescope,
        "obs_id": name,
        "target_name": header_text(cards, "TARGNAME") or header_text(cards, "OBJECT"),
        **_sky_region(frame),
        "t_min": start,
        "t_max": header_number(cards, "EXPEND", start + seconds / 86400),
        "t_exptime": seconds,
        "o_ucd": "phot.count",
        "facility_name": telescope,
        "instrument_name": camera,
        "filter": header_text(cards, "ACBAND"),
    }


def _date(cards):
    """Give the start of an exposure by DATE-OBS, and TIME-OBS where there is one (float, MJD)."""
    day, clock = header_text(cards, "DATE-OBS"), header_text(cards, "TIME-OBS")
    try:
        return float(Time(day if "T" in day or not clock else f"{day}T{clock}", scale="utc").mjd)
    except ValueError:
        return np.nan


def _sky_region(frame):
    """Say where on the sky a frame lies, and how large it and its pixels are."""
    if frame.wcs is None or not frame.wcs.has_celestial:
        return {"s_ra": np.nan, "s_dec": np.nan, "s_fov": np.nan, "s_region": "", "s_pixel_scale": np.nan}
    height, width = frame.shape
    x, y = (
        np.array([-0.5, width - 0.5, width - 0.5, -0.5]),
        np.array([-0.5, -0.5, height - 0.5, height - 0.5]),
    )
    corners = pixel_to_skycoord(x, y, frame.wcs).icrs
    centre = pixel_to_skycoord((width - 1) / 2, (height - 1) / 2, frame.wcs).icrs
    outline = " ".join(f"{angle:.6f}" for corner in corners for angle in (corner.ra.deg, corner.dec.deg))
    scale = np.sqrt(np.prod(proj_plane_pixel_scales(frame.wcs))) * 3600
    return {
        "s_ra": float(centre.ra.deg),
        "s_dec": float(centre.dec.deg),
        "s_fov": float(2 * SkyCoord(corners).separation(centre).max().deg),
        "s_region": f"POLYGON ICRS {outline}",
        "s_pixel_scale": float(scale),
    }
