"""What parameters may be: rules that `checked` applies before a function, or a class, does anything.

A rule is a function ``rule(name, value)``. It gives the value as the function wants to have it (a quantity as
a number, a list as a tuple), or raises `ParameterError` with the parameter's name and what was expected.
"""

import inspect
import os
from functools import partial, wraps

import numpy as np
from astropy import units as u

from astroclassify.core._checks import check_whole, in_unit
from astroclassify.core._errors import ParameterError
from astroclassify.core._memory import check_memory

#: Rows, or columns, of the largest image that anybody could mean.
_MOST_ROWS = 10**9


def checked(**rules):
    """
    Make a function, or a class, check its parameters before it starts.

    Parameters
    ----------
    **rules : callable
        For each parameter its rule, ``rule(name, value) -> value``. Defaults are not checked, nor are
        parameters without a rule.

    Returns
    -------
    callable
        A decorator.

    Examples
    --------
    >>> from astropy import units as u
    >>> from astroclassify.core import checked, rules
    >>> @checked(exptime=rules.quantity(u.s, 0.5, 3600))
    ... def expose(exptime=500.0):
    ...     return exptime
    >>> expose(2 * u.min)
    120.0
    """

    def decorate(target):
        if isinstance(target, type):
            target.__init__ = _checking(target.__init__, rules)
            return target
        return _checking(target, rules)

    return decorate


def _checking(function, rules):
    signature = inspect.signature(function)
    if unknown := rules.keys() - signature.parameters.keys():
        raise TypeError(f"{function.__qualname__} has no parameters {sorted(unknown)}")

    @wraps(function)
    def checking(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        for name in bound.arguments.keys() & rules.keys():
            bound.arguments[name] = rules[name](name, bound.arguments[name])
        return function(*bound.args, **bound.kwargs)

    return checking


def wrong(name, value, expected):
    """
    Make the error of a parameter that is not what it should be.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.
    expected : str
        What was expected, in words.

    Returns
    -------
    ParameterError
        To be raised.
    """
    shown = repr(value)
    shown = shown if len(shown) <= 80 else f"a {type(value).__name__}"
    # Whole arrays stay out of the facts: an error is kept, and sent from process to process.
    found = value if isinstance(value, str | int | float | bool | None) else shown
    return ParameterError(f"{name} is {shown}; expected {expected}").with_facts(
        found=found, expected=expected
    )


def optional(rule):
    """
    Let a parameter be `None` as well.

    Parameters
    ----------
    rule : callable
        What it may be otherwise.

    Returns
    -------
    callable
        The rule.
    """
    return lambda name, value: None if value is None else rule(name, value)


def either(*rules):
    """
    Let a parameter be of one of several kinds.

    Parameters
    ----------
    *rules : callable
        The first that takes the value counts.

    Returns
    -------
    callable
        The rule.
    """

    def check(name, value):
        expected = []
        for rule in rules:
            try:
                return rule(name, value)
            except ParameterError as error:
                expected.append(str(error).rpartition("; expected ")[2])
        raise wrong(name, value, ", or ".join(expected))

    return check


def quantity(unit, low=-np.inf, high=np.inf, *, positive=False):
    """
    Ask for one number: a quantity, or a bare number in its unit.

    Parameters
    ----------
    unit : astropy.units.UnitBase
        The unit.
    low, high : float
        The range, ends included; the number must be finite in any case.
    positive : bool, default False
        Whether it must be above 0.

    Returns
    -------
    callable
        The rule; it gives a float.
    """
    spoken = f" {unit}".replace("  ", " ").rstrip()
    least = f", {low:g} or more" if low > -np.inf else ", more than 0" if positive else ""
    reach = least if high == np.inf else f" from {low:g} to {high:g}"

    def check(name, value):
        found = in_unit(name, value, unit)
        inside = isinstance(found, float) and np.isfinite(found) and low <= found <= high
        if not inside or (positive and found <= 0):
            raise wrong(name, value, f"a number{reach}{f' (unit:{spoken})' if spoken else ''}")
        return found

    return check


#: A number without a unit.
number = quantity(u.dimensionless_unscaled)


def surface_brightness(name, value, *, low=-np.inf, high=np.inf):
    """
    Ask for a surface brightness, in mag / arcsec2 or, as it is often written, in mag.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.
    low, high : float
        The range, ends included.

    Returns
    -------
    float
        The surface brightness, mag / arcsec2.
    """
    return either(*(quantity(unit, low, high) for unit in (u.mag / u.arcsec**2, u.mag)))(name, value)


def array(name, value):
    """
    Ask for real numbers without a unit.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    numpy.ndarray
        Of any shape.
    """
    found = None if hasattr(value, "unit") else np.asarray(value)
    if found is None or found.dtype.kind not in "buif":
        raise wrong(name, value, "real numbers without a unit")
    return found


def _elements(name, value, expected):
    """Give the elements of a sequence; texts, sets (which have no order) and scalar quantities are none."""
    if isinstance(value, str | set | frozenset):
        raise wrong(name, value, expected)
    try:
        return tuple(value)
    except TypeError as error:
        raise wrong(name, value, expected) from error


def numbers(unit, count):
    """
    Ask for several numbers: a quantity, or bare numbers in its unit.

    Parameters
    ----------
    unit : astropy.units.UnitBase
        The unit.
    count : int
        How many.

    Returns
    -------
    callable
        The rule; it gives a tuple of float.
    """

    def check(name, value):
        one = quantity(unit)
        found = tuple(one(name, each) for each in _elements(name, value, f"{count} numbers"))
        if len(found) != count:
            raise wrong(name, value, f"{count} numbers")
        return found

    return check


def whole(least=1, most=None):
    """
    Ask for a whole number.

    Parameters
    ----------
    least, most : int
        The range, ends included; by default 1 or more.

    Returns
    -------
    callable
        The rule; it gives an int.
    """
    return partial(check_whole, least=least, most=most)


def one_of(*choices):
    """
    Ask for one of a few texts.

    Parameters
    ----------
    *choices : str
        What it may be.

    Returns
    -------
    callable
        The rule.
    """

    def check(name, value):
        if not isinstance(value, str) or value not in choices:
            raise wrong(name, value, f"one of {', '.join(map(repr, choices))}")
        return str(value)

    return check


def text(name, value):
    """
    Ask for a text.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    str
        The text.
    """
    if not isinstance(value, str):
        raise wrong(name, value, "a text")
    return value


def flag(name, value):
    """
    Ask for yes or no.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    bool
        The answer.
    """
    if not isinstance(value, bool | np.bool_):
        raise wrong(name, value, "True or False")
    return bool(value)


def anything(name, value):
    """
    Take what another function checks.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    object
        The value.
    """
    return value


def path(name, value):
    """
    Ask for the path of a file or folder.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    str or os.PathLike
        The path.
    """
    if not isinstance(value, str | os.PathLike) or "\0" in str(value):
        raise wrong(name, value, "a path")
    return value


def shape(name, value, *, least=1, each=4):
    """
    Ask for a number of rows and of columns.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.
    least : int, default 1
        The smallest number of either.
    each : float, default 4
        Bytes of memory that the work takes for each pixel, at least: more than the machine has are refused.

    Returns
    -------
    tuple of int
        Both.
    """
    expected = "rows and columns, two whole numbers" + (f", {least} or more" if least > 1 else "")
    sides = _elements(name, value, expected)
    if len(sides) != 2:
        raise wrong(name, value, expected)
    found = tuple(whole(least, _MOST_ROWS)(f"{name}[{n}]", side) for n, side in enumerate(sides))
    check_memory(name, found, each=each)
    return found


def randomness(name, value):
    """
    Ask for a source of random numbers, or its seed.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given; `None` is a seed that nobody knows.

    Returns
    -------
    numpy.random.Generator
        The source; one that was given is handed on.
    """
    try:
        return np.random.default_rng(value)
    except (TypeError, ValueError) as error:
        raise wrong(name, value, "a numpy Generator, or a seed of 0 or more") from error


def instance(*classes):
    """
    Ask for something that this package made.

    Parameters
    ----------
    *classes : type
        What it may be.

    Returns
    -------
    callable
        The rule.
    """
    names = " or ".join(each.__name__ for each in classes)

    def check(name, value):
        if not isinstance(value, classes):
            raise wrong(name, value, f"a {names}")
        return value

    return check


def having(what, *names):
    """
    Ask for anything that has some attributes.

    Parameters
    ----------
    what : str
        What it is called.
    *names : str
        The attributes.

    Returns
    -------
    callable
        The rule.
    """

    def check(name, value):
        if isinstance(value, type) or not all(hasattr(value, each) for each in names):
            raise wrong(name, value, what)
        return value

    return check


def several(rule):
    """
    Ask for a sequence.

    Parameters
    ----------
    rule : callable
        What each of its elements may be.

    Returns
    -------
    callable
        The rule; it gives a tuple.
    """

    def check(name, value):
        given = _elements(name, value, "a sequence")
        return tuple(rule(f"{name}[{n}]", each) for n, each in enumerate(given))

    return check
