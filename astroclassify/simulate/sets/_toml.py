"""TOML of flat tables: strings, numbers, booleans, and arrays of them."""

import re

from astroclassify.core import ParameterError

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def write_toml(values):
    """
    Write a mapping as TOML; mappings in it become tables, after everything else.

    Parameters
    ----------
    values : mapping of str
        Strings, booleans, numbers, lists or tuples of them, and mappings of these, nested at will.

    Returns
    -------
    str
        The document; `tomllib` reads the same values back, tuples as lists.

    Raises
    ------
    ParameterError
        If a value is of another type.
    """
    return "\n".join(_table(values, ())).lstrip("\n") + "\n"


def _table(values, path):
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    lines = ["", f"[{'.'.join(_key(part) for part in path)}]"] if path and (plain or not values) else []
    lines += [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for key, value in values.items():
        if isinstance(value, dict):
            lines += _table(value, (*path, key))
    return lines


def _key(key):
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, str):
        escaped = "".join(_ESCAPED.get(letter, letter) for letter in value)
        return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    raise ParameterError(f"{value!r} is a {type(value).__name__}, which cannot be written as TOML")
