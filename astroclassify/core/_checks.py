"""Checks of parameters that many functions take."""

from numbers import Integral

from astroclassify.core._errors import ParameterError


def check_whole(name, value, *, least=1, most=None):
    """
    Refuse what is not a whole number, or out of range.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.
    least, most : int
        The range, ends included; by default 1 or more.

    Raises
    ------
    ParameterError
        If the value is no whole number (`True` is none either), or not in the range.

    Examples
    --------
    >>> from astroclassify.core import check_whole
    >>> check_whole("processes", 2)
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        allowed = f"{least} or more" if most is None else f"{least} to {most}"
        raise ParameterError(f"{name} is {value!r}; expected a whole number, {allowed}")
