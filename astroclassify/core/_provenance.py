"""What made a result: versions, time, parameters."""

from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def package_version(name="astroclassify"):
    """
    Give a distribution's installed version.

    Parameters
    ----------
    name : str, default "astroclassify"
        Distribution name.

    Returns
    -------
    str
        The version, or ``"not installed"``.
    """
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def provenance(**parameters):
    """
    Describe how a result came about, for its ``meta``.

    Parameters
    ----------
    **parameters
        Whatever determined the result: model name, checksum, instrument, options.

    Returns
    -------
    dict
        ``versions`` (of astroclassify, astropy and numpy), ``created`` (UTC, ISO 8601)
        and the parameters.
    """
    versions = {name: package_version(name) for name in ("astroclassify", "astropy", "numpy")}
    return {"versions": versions, "created": datetime.now(UTC).isoformat(timespec="seconds"), **parameters}
