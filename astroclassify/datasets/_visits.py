"""Visits: the frames of one pointing of the telescope, told by the file's name."""

from astroclassify.core import ParameterError

_LENGTH = 6


def visit_of(obsid):
    """
    Give the visit that an exposure belongs to.

    Parameters
    ----------
    obsid : str
        Rootname of an HST exposure, such as ``"iddt11fxq"``: an instrument, three characters of the
        programme, two of the visit, two of the exposure and how it was sent.

    Returns
    -------
    str
        The first six characters in lower case, which say instrument, programme and visit.

    Raises
    ------
    ParameterError
        If the name is shorter.

    Examples
    --------
    >>> from astroclassify.datasets import visit_of
    >>> visit_of("iddt11fxq")
    'iddt11'
    """
    name = str(obsid).strip().lower()
    if len(name) < _LENGTH:
        raise ParameterError(
            f"{obsid!r} is no rootname of an exposure; expected {_LENGTH} characters or more, as 'iddt11fxq'"
        )
    return name[:_LENGTH]
