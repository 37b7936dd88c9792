"""What every entry of a registry that is plain data has: a name, a description, import strings."""

import re

from astroclassify.core._errors import ParameterError

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
