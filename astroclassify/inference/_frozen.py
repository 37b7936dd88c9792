"""Mappings that cannot be changed, and how they compare."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np


def read_only(value):
    """
    Give a copy that cannot be changed: of mappings, lists and tuples, all the way down.

    Parameters
    ----------
    value : object
        Anything; what is none of these stays as it is.

    Returns
    -------
    object
        Read-only mappings and tuples in their place.
    """
    if isinstance(value, Mapping):
        return MappingProxyType({name: read_only(item) for name, item in value.items()})
    return tuple(map(read_only, value)) if isinstance(value, list | tuple) else value


def plain(value):
    """
    Give a copy of plain dictionaries and lists, as JSON and YAML know them.

    Parameters
    ----------
    value : object
        From `read_only`.

    Returns
    -------
    object
        Dictionaries and lists in the place of read-only mappings and tuples.
    """
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return list(map(plain, value)) if isinstance(value, tuple) else value


def same(one, other):
    """
    Say whether two values are equal, arrays element by element and NaN to NaN.

    Parameters
    ----------
    one, other : object
        Mappings, tuples, arrays, numbers, strings.

    Returns
    -------
    bool
        Whether they are.
    """
    if isinstance(one, Mapping):
        alike = isinstance(other, Mapping) and one.keys() == other.keys()
        return alike and all(same(item, other[name]) for name, item in one.items())
    if isinstance(one, tuple):
        alike = isinstance(other, tuple) and len(one) == len(other)
        return alike and all(map(same, one, other))
    if np.shape(one) != np.shape(other):
        return False
    return bool(np.all((one == other) | ((one != one) & (other != other))))
