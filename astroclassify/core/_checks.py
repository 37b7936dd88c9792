"""Checks of parameters that many functions take."""

import re
from numbers import Integral

import numpy as np
from astropy import units as u

from astroclassify.core._errors import ParameterError


def check_whole(name, value, *, least=1, most=None):
    """
    Ask for a whole number in a range; `rules.whole` is the same for a decorated function.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.
    least, most : int
        The range, ends included; by default 1 or more.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ParameterError
        If the value is no whole number (`True` is none either), or not in the range.

    Examples
    --------
    >>> from astroclassify.core import check_whole
    >>> check_whole("processes", 2)
    2
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        allowed = f"{least} or more" if most is None else f"{least} to {most}"
        expected = f"a whole number, {allowed}"
        raise ParameterError(f"{name} is {value!r}; expected {expected}").with_facts(
            found=value, expected=expected
        )
    return int(value)


def in_unit(name, value, unit):
    """
    Give a quantity's value in a unit.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : astropy.units.Quantity, or number or array in this unit
        What it was given.
    unit : astropy.units.UnitBase
        The unit.

    Returns
    -------
    float or numpy.ndarray
        Of the shape of ``value``.

    Raises
    ------
    ParameterError
        If it is no number, or has another kind of unit.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.core import in_unit
    >>> in_unit("exptime", 2 * u.min, u.s)
    120.0
    """
    expected = f"a quantity in {unit}" if unit.to_string() else "a number"
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        # astropy takes these for not a number, or for 0
        if value is None or value is np.ma.masked or isinstance(value, bool | np.bool_):
            raise TypeError("there is none")
        found = u.Quantity(value, unit, dtype=float).value
    except (u.UnitsError, TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"{name} is {value!r}; expected {expected} ({error})") from error
    return float(found) if np.ndim(found) == 0 else found


_NAME = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*\+*")  # as in grad-cam++
_IMPORT_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def check_entry(kind, entry, *, import_paths):
    """
    Refuse a spec whose texts are malformed.

    Parameters
    ----------
    kind : str
        What the entry is, for messages, for example ``"model"``.
    entry : object
        Has ``name`` (lower-case letters and digits joined by single hyphens or dots, perhaps with
        ``+`` at the end), ``description`` (one line) and the attributes named by ``import_paths``.
    import_paths : iterable of str
        Names of the attributes that hold ``"package.module:name"``.

    Raises
    ------
    ParameterError
        If a text breaks these rules.
    """
    if not _NAME.fullmatch(entry.name):
        raise ParameterError(
            f"the {kind} name {entry.name!r} is not allowed; "
            "use lower-case letters and digits joined by single hyphens or dots, perhaps with + at the end"
        )
    if not entry.description or "\n" in entry.description:
        raise ParameterError(f"the {kind} {entry.name!r} needs a description of one line")
    for name in import_paths:
        if not _IMPORT_PATH.fullmatch(getattr(entry, name)):
            raise ParameterError(
                f"the {name} {getattr(entry, name)!r} is not an import path; expected 'package.module:name'"
            )


def tuple_of_strings(name, value):
    """
    Give a sequence of strings as a tuple.

    Parameters
    ----------
    name : str
        What it is, for the message.
    value : iterable of str
        The strings; one string alone is not a sequence of them.

    Returns
    -------
    tuple of str
        The strings.

    Raises
    ------
    ParameterError
        If it is something else.
    """
    if isinstance(value, str) or not all(isinstance(item, str) for item in value):
        raise ParameterError(f"{name} must be a tuple of str; got {value!r}")
    return tuple(value)
