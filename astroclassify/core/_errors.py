"""Every error and warning of the package.

The policy: each class also derives from the built-in exception it specialises, so
that ``except ValueError`` keeps working; each message says what was found, what was
expected and what to do. ``except AstroclassifyError`` catches all of them. For runs over many files
the same facts are attributes, so that nobody has to take sentences apart.
"""

from astropy.utils.exceptions import AstropyUserWarning


class AstroclassifyError(Exception):
    """
    Base class of all errors that astroclassify raises on purpose.

    The message is for people. For programs there are the attributes ``file`` (str), ``hdu`` (int), ``found``
    and ``expected`` (plain values or text): each is `None` where the error is not about it, or does not know.

    Examples
    --------
    >>> from astroclassify import read_frames
    >>> from astroclassify.core import AstroclassifyError
    >>> failures = []
    >>> for path in ["missing_raw.fits"]:
    ...     try:
    ...         read_frames(path)
    ...     except AstroclassifyError as error:
    ...         failures.append({"error": type(error).__name__, **error.facts})
    >>> failures
    [{'error': 'ReadError', 'file': 'missing_raw.fits'}]
    """

    file: str | None = None
    hdu: int | None = None
    found: object = None
    expected: object = None

    def with_facts(self, *, file=None, hdu=None, found=None, expected=None):
        """
        Add facts; those that the error has already are kept, as who raises it knows best.

        Parameters
        ----------
        file : path-like, optional
            The file, folder or address that the error is about.
        hdu : int, optional
            Number of the HDU in it.
        found : object, optional
            What was found: a plain value, or text.
        expected : object, optional
            What was expected.

        Returns
        -------
        AstroclassifyError
            The error itself, to be raised.

        Examples
        --------
        >>> from astroclassify.core import ReadError
        >>> error = ReadError("a_raw.fits: HDU 2 has no image").with_facts(file="a_raw.fits", hdu=2)
        >>> error.hdu, error.found
        (2, None)
        """
        given = {
            "file": None if file is None else str(file),
            "hdu": hdu,
            "found": found,
            "expected": expected,
        }
        for name, value in given.items():
            if value is not None and getattr(self, name) is None:
                setattr(self, name, value)
        return self

    @property
    def facts(self):
        """The facts that are known, by name (dict)."""
        names = ("file", "hdu", "found", "expected")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class ParameterError(AstroclassifyError, ValueError):
    """An argument has a value outside its allowed range."""


class FrameError(AstroclassifyError, ValueError):
    """A frame cannot be used: wrong dimensions, no finite pixel, wrong type."""


class ReadError(AstroclassifyError, OSError):
    """A file cannot be read as a frame: truncated, corrupt, or not an image."""


class UnsupportedInstrumentError(ReadError):
    """A file was understood, but comes from a detector that is not supported."""


class UnknownNameError(AstroclassifyError, LookupError):
    """A name is not in a registry."""


class DuplicateNameError(AstroclassifyError, ValueError):
    """Two distributions declare the same registry name."""


class PluginError(AstroclassifyError, ImportError):
    """A plug-in is declared, but cannot be loaded or breaks its contract."""


class MissingWeightsError(AstroclassifyError, FileNotFoundError):
    """A model has no weights, or their file is not there."""


class WeightsError(AstroclassifyError, ValueError):
    """A weights file is corrupt, has a wrong checksum, or does not fit the model."""


class ConfigurationError(AstroclassifyError, ValueError):
    """A configuration value is invalid."""


class TrainingError(AstroclassifyError, ArithmeticError):
    """A training cannot go on: its loss, gradient or weights are not finite."""


class OptionalDependencyError(AstroclassifyError, ImportError):
    """A feature needs a package that is not installed."""


#: What no input could have been worked on with: what was asked for is wrong (tuple of type).
USAGE_ERRORS = (
    ConfigurationError,
    MissingWeightsError,
    OptionalDependencyError,
    ParameterError,
    UnknownNameError,
    WeightsError,
)


class AstroclassifyWarning(AstropyUserWarning):
    """Base class of all warnings of astroclassify."""


class FrameWarning(AstroclassifyWarning):
    """Something about a frame is unusual, and how it was dealt with."""
