"""Text that is safe to show: names of files and headers may hold anything."""

import re

#: Control characters, what turns the direction of a line, ends of lines, and surrogates, by which Python
#: names files that are not in UTF-8.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text, *, keep=""):
    """
    Escape what a terminal, a table or a page would not show, but obey.

    Parameters
    ----------
    text : object
        Anything; its `str` counts.
    keep : str, default ""
        Characters that stay as they are, such as the ends of lines.

    Returns
    -------
    str
        The text, with escapes such as ``\\x1b`` of the control characters, and of what UTF-8 does not have.

    Examples
    --------
    >>> from astroclassify.core import printable
    >>> print(printable("a\\nb\\x1b[31m.fits"))
    a\\nb\\x1b[31m.fits
    """
    return _UNPRINTABLE.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), str(text))


def printable_value(value):
    """
    Escape a value of a table, as `printable`, where it is a text.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    object
        A text that is safe to show; what is no text as it was.

    Examples
    --------
    >>> from astroclassify.core import printable_value
    >>> [printable_value(value) for value in ("a\\tb", 2.5, None)]
    ['a\\\\tb', 2.5, None]
    """
    return printable(value) if isinstance(value, str) else value


def _escape(character):
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
