"""Every error and warning of the package.

The policy: each class also derives from the built-in exception it specialises, so
that ``except ValueError`` keeps working; each message says what was found, what was
expected and what to do. ``except AstroclassifyError`` catches all of them.
"""

from astropy.utils.exceptions import AstropyUserWarning


class AstroclassifyError(Exception):
    """Base class of all errors that astroclassify raises on purpose."""


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


class AstroclassifyWarning(AstropyUserWarning):
    """Base class of all warnings of astroclassify."""


class FrameWarning(AstroclassifyWarning):
    """Something about a frame is unusual, and how it was dealt with."""
