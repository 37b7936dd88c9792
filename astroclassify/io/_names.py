"""Names of raw files, as the archives would give them; they tell nothing about what is on the frame."""

import hashlib

from astropy.time import Time

from astroclassify.core import ParameterError

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_EXPOSURES = 36**4
# Prime, so that its multiples run through all exposures of a programme before one comes again.
_STRIDE = 1_000_003
_LETTERS = {"acs-wfc": "j", "wfc3-uvis": "i"}


def hst_rootname(seed, index, *, instrument="acs-wfc"):
    """
    Make the rootname of an exposure: instrument, programme, visit, exposure.

    Parameters
    ----------
    seed : int
        What the set of exposures is made from; it becomes the programme.
    index : int
        Number of the exposure in the set, 0 to 1679615.
    instrument : {"acs-wfc", "wfc3-uvis"}
        The camera.

    Returns
    -------
    str
        Nine characters; every index of a set has another name, neighbours have unlike ones.

    Raises
    ------
    ParameterError
        If the index is out of range, or the instrument is not one of Hubble's.

    Examples
    --------
    >>> from astroclassify.io import hst_rootname
    >>> len(hst_rootname(7, 0)), hst_rootname(7, 0)[0], hst_rootname(7, 0)[-1]
    (9, 'j', 'q')
    """
    if instrument not in _LETTERS:
        raise ParameterError(
            f"files of {instrument!r} have no HST rootname; those of {', '.join(_LETTERS)} have"
        )
    programme = _base36(_digest(seed), 3)
    return f"{_LETTERS[instrument]}{programme}{_base36(_shuffled(seed, index, _EXPOSURES), 4)}q"


def csst_name(seed, index, *, expstart, exptime, detector):
    """
    Make the name of a raw CSST file.

    Parameters
    ----------
    seed : int
        What the set of exposures is made from.
    index : int
        Number of the exposure in the set, 0 to 1679615.
    expstart : float
        Start of the exposure, MJD.
    exptime : float
        Seconds.
    detector : int
        Number of the detector, 1 to 30.

    Returns
    -------
    str
        For example ``CSST_MSC_MS_SCI_20270626203558_20270626203828_100000066_06_L0_1.fits``.

    Raises
    ------
    ParameterError
        If index or detector are out of range.

    Examples
    --------
    >>> from astroclassify.io import csst_name
    >>> csst_name(7, 0, expstart=61582.5, exptime=150, detector=8)
    'CSST_MSC_MS_SCI_20270626120000_20270626120230_100314399_08_L0_1.fits'
    """
    if not 1 <= detector <= 30:
        raise ParameterError(f"detector is {detector}; CSST's survey camera has 1 to 30")
    times = (Time(mjd, format="mjd") for mjd in (expstart, expstart + exptime / 86400))
    start, stop = (f"{time.to_datetime():%Y%m%d%H%M%S}" for time in times)
    number = 100_000_000 + _shuffled(seed, index, _EXPOSURES)
    return f"CSST_MSC_MS_SCI_{start}_{stop}_{number}_{detector:02d}_L0_1.fits"


def _digest(seed):
    return int.from_bytes(hashlib.sha256(str(int(seed)).encode()).digest()[:8], "big")


def _shuffled(seed, index, size):
    if not 0 <= index < size:
        raise ParameterError(f"index is {index}; expected 0 to {size - 1}")
    return (int(index) * _STRIDE + _digest(seed) // 36**3) % size


def _base36(number, digits):
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text
