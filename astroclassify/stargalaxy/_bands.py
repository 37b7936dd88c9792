"""Which of a camera's bands stands for which band of the networks."""

import re

from astroclassify.core import checked, rules

#: The bands that the networks know, in order of wavelength, with their pivot wavelengths (nm), rounded.
_PIVOTS = {"NUV": 287, "u": 371, "g": 480, "r": 617, "i": 762, "z": 905, "y": 968}
SURVEY_BANDS = tuple(_PIVOTS)
#: Other names that say no wavelength (nm).
_NAMED = {"U": 365, "B": 440, "V": 550, "R": 650, "I": 800, "Y": 1020, "FUV": 155, "VIS": 715}
_NUMBER = re.compile(r"F(\d{3,4})(?:W|M|N|LP|X|Q)\d*", re.IGNORECASE)
#: Filters of JWST beyond 2 micrometres, in tens of nm as all of its are: HST's of such numbers are in nm.
_LONG = {250, 277, 322, 335, 356, 360, 430, 444, 460, 480}
#: A band stands for another one whose pivot wavelength is within this factor of its own.
_NEAR = 1.25


@checked(bands=rules.several(rules.text), wanted=rules.several(rules.text))
def band_roles(bands, *, wanted=SURVEY_BANDS):
    """
    Assign the bands of a camera to the bands that a network knows.

    Parameters
    ----------
    bands : sequence of str
        Names of bands: those of CSST and SDSS, of Johnson, or of HST, JWST and the like (``"F814W"``).
    wanted : tuple of str, optional
        The bands of the network; by default those of CSST.

    Returns
    -------
    dict of str to str
        For bands of the network the camera's: the one of this name, else the one that is nearest in
        wavelength, within 25%. Each of the camera's bands stands for one.

    Raises
    ------
    ParameterError
        If the bands are no sequence of names.

    Examples
    --------
    >>> from astroclassify.stargalaxy import band_roles
    >>> band_roles(["F475W", "F814W"])
    {'g': 'F475W', 'i': 'F814W'}
    """
    roles = {band: band for band in wanted if band in bands}
    pairs = sorted(
        (_distance(band, role), wanted.index(role), band)
        for band in bands
        if band not in roles
        for role in wanted
        if role not in roles
    )
    for distance, place, band in pairs:
        if distance < _NEAR and wanted[place] not in roles and band not in roles.values():
            roles[wanted[place]] = band
    return {role: roles[role] for role in wanted if role in roles}


def _distance(band, role):
    """Ratio of the wavelengths, 1 or more; infinite where one is not known."""
    first, second = wavelength(band), wavelength(role)
    return max(first / second, second / first) if first and second else float("inf")


def wavelength(band):
    """
    Give about the wavelength that the name of a band says.

    Parameters
    ----------
    band : str
        A name.

    Returns
    -------
    float or None
        Nanometres; `None` where the name says nothing.
    """
    name = str(band).strip().removesuffix("'")
    found = _NUMBER.search(name)
    if found:
        # HST's visible filters are named in nm, its infrared ones and JWST's in tens of nm.
        number = int(found[1])
        return float(number if number >= 200 and number not in _LONG else 10 * number)
    short = re.split(r"[-_. ]", name)[-1]
    return next(
        (float(table[key]) for key in (name, short) for table in (_PIVOTS, _NAMED) if key in table), None
    )
