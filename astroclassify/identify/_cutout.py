"""A piece of a sky survey as a frame: what hips2fits cuts out about a position."""

from astropy import units as u

from astroclassify.core import ParameterError
from astroclassify.identify._asking import ask, astroquery_module
from astroclassify.identify._footprint import in_degrees
from astroclassify.io import read_frames

_PIXELS = (16, 4096)


def survey_frame(position, *, survey, size=3.4 * u.arcmin, pixels=1024):
    """
    Download a cut-out of a survey from the CDS service hips2fits.

    Parameters
    ----------
    position : astropy.coordinates.SkyCoord
        Its middle.
    survey : str
        Name of a HiPS, such as ``"CDS/P/DSS2/red"`` or ``"CDS/P/HST/R"``.
    size : astropy.units.Quantity or float, default 3.4 arcmin
        Of a side, the field of ACS/WFC; a plain number is in arcminutes.
    pixels : int, default 1024
        Of a side, 16 to 4096.

    Returns
    -------
    astropy.nddata.CCDData
        The piece, with its WCS.

    Raises
    ------
    ParameterError
        If there are several positions, or a size is out of range.
    ReadError
        If the service does not answer, or does not know the survey.
    OptionalDependencyError
        If astroquery, of the extra ``catalogue``, is not installed.

    Examples
    --------
    >>> from astropy.coordinates import SkyCoord
    >>> from astroclassify.identify import survey_frame
    >>> frame = survey_frame(SkyCoord("13h29m52.7s +47d11m43s"), survey="CDS/P/DSS2/red")  # doctest: +SKIP
    """
    if not position.isscalar:
        raise ParameterError("survey_frame takes one position at a time")
    side = in_degrees(size)
    if not (0 < side <= 60 and _PIXELS[0] <= pixels <= _PIXELS[1]):
        raise ParameterError(
            f"size is {size} and pixels {pixels}; the size can be up to 60 degrees, "
            f"pixels {_PIXELS[0]} to {_PIXELS[1]}"
        )
    hint = "check the name of the survey (a HiPS such as 'CDS/P/DSS2/red')"
    content = ask("hips2fits", _asked, position.icrs, survey, side, pixels, hint=hint)
    (frame,) = read_frames(content)
    frame.meta["ACSOURCE"] = f"{survey} at {position.icrs.to_string(precision=4)}"
    return frame


def _asked(position, survey, side, pixels):
    return astroquery_module("hips2fits", "hips2fits").hips2fits.query(
        hips=survey,
        width=pixels,
        height=pixels,
        projection="TAN",
        ra=position.ra,
        dec=position.dec,
        fov=side * u.deg,
        format="fits",
    )
