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
    """
    An argument has a value outside its allowed range.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify import classify
    >>> from astroclassify.core import ParameterError
    >>> try:
    ...     classify(np.ones((64, 64)), prior={"galaxy": 2.0, "nsc": -1.0})
    ... except ParameterError as error:
    ...     print(type(error).__name__)
    ParameterError
    """


class FrameError(AstroclassifyError, ValueError):
    """
    A frame cannot be used: wrong dimensions, no finite pixel, wrong type.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify import classify
    >>> from astroclassify.core import FrameError
    >>> try:
    ...     classify(np.zeros(5))
    ... except FrameError as error:
    ...     print(error)
    a frame has two axes, (y, x); this one has the shape (5,)
    """


class ReadError(AstroclassifyError, OSError):
    """
    A file cannot be read as a frame: truncated, corrupt, or not an image.

    Examples
    --------
    >>> from astroclassify import read_frames
    >>> from astroclassify.core import ReadError
    >>> try:
    ...     read_frames("missing_raw.fits")
    ... except ReadError as error:
    ...     print(error)
    missing_raw.fits: there is no such file
    """


class UnsupportedInstrumentError(ReadError):
    """
    A file was understood, but comes from a detector that is not supported.

    Examples
    --------
    >>> from astroclassify.core import ReadError, UnsupportedInstrumentError
    >>> issubclass(UnsupportedInstrumentError, ReadError)  # one ``except ReadError`` catches both
    True
    """


class UnknownNameError(AstroclassifyError, LookupError):
    """
    A name is not in a registry.

    Examples
    --------
    >>> from astroclassify.core import UnknownNameError
    >>> from astroclassify.models import MODELS
    >>> try:
    ...     MODELS["patchnett"]
    ... except UnknownNameError as error:
    ...     print(type(error).__name__)
    UnknownNameError
    """


class DuplicateNameError(AstroclassifyError, ValueError):
    """Two distributions declare the same registry name."""


class PluginError(AstroclassifyError, ImportError):
    """
    A plug-in is declared, but cannot be loaded or breaks its contract.

    Examples
    --------
    A program that uses plug-ins of others can go on without one that is broken:

    >>> from astroclassify.core import PluginError
    >>> from astroclassify.models import MODELS
    >>> usable = []
    >>> for name in MODELS:
    ...     try:
    ...         usable.append(MODELS[name].name)
    ...     except PluginError as error:
    ...         print(f"left out: {error}")
    >>> "patchnet" in usable
    True
    """


class MissingWeightsError(AstroclassifyError, FileNotFoundError):
    """
    A model has no weights, or their file is not there.

    Examples
    --------
    >>> from astroclassify.core import MissingWeightsError
    >>> from astroclassify.models import build_model
    >>> try:
    ...     build_model("hr-celestialnet")
    ... except MissingWeightsError as error:
    ...     print(type(error).__name__)
    MissingWeightsError
    """


class WeightsError(AstroclassifyError, ValueError):
    """
    A weights file is corrupt, has a wrong checksum, or does not fit the model.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from astroclassify.core import WeightsError
    >>> from astroclassify.models import build_model
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "broken.safetensors")
    ...     _ = file.write_bytes(b"no weights")
    ...     try:
    ...         build_model("patchnet", weights=file)
    ...     except WeightsError as error:
    ...         print(type(error).__name__)
    WeightsError
    """


class ConfigurationError(AstroclassifyError, ValueError):
    """
    A configuration value is invalid.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify import classify, conf
    >>> from astroclassify.core import ConfigurationError
    >>> with conf.set_temp("uncertain_below", 3.0):
    ...     try:
    ...         classify(np.ones((64, 64)))
    ...     except ConfigurationError as error:
    ...         print(error)
    conf.uncertain_below is 3.0; expected at most 1, or a negative number for the card's value
    """


class TrainingError(AstroclassifyError, ArithmeticError):
    """
    A training cannot go on: its loss, gradient or weights are not finite.

    Examples
    --------
    >>> from astroclassify.core import TrainingError
    >>> issubclass(TrainingError, ArithmeticError)    # as division by zero is
    True
    """


class OptionalDependencyError(AstroclassifyError, ImportError):
    """
    A feature needs a package that is not installed.

    Examples
    --------
    >>> from astroclassify.core import OptionalDependencyError
    >>> issubclass(OptionalDependencyError, ImportError)
    True
    """


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
    """
    Base class of all warnings of astroclassify.

    Examples
    --------
    >>> import warnings
    >>> from astroclassify.core import AstroclassifyWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", AstroclassifyWarning)  # a program that must not go on in doubt
    """


class FrameWarning(AstroclassifyWarning):
    """
    Something about a frame is unusual; the message says how it was handled.

    Examples
    --------
    >>> import warnings
    >>> from astroclassify.core import FrameWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", FrameWarning)  # while files that are known to be odd are read
    """
