"""Errors, warnings, registries, configuration, progress and provenance: the ground floor."""

from astroclassify.core._config import conf
from astroclassify.core._errors import (
    AstroclassifyError,
    AstroclassifyWarning,
    ConfigurationError,
    DuplicateNameError,
    FrameError,
    FrameWarning,
    MissingWeightsError,
    OptionalDependencyError,
    ParameterError,
    PluginError,
    ReadError,
    TrainingError,
    UnknownNameError,
    UnsupportedInstrumentError,
    WeightsError,
)
from astroclassify.core._imports import import_string, optional_import
from astroclassify.core._memory import keep_large_arrays_memory
from astroclassify.core._progress import progress_bar
from astroclassify.core._provenance import package_version, provenance
from astroclassify.core._registry import Entry, Registry

__all__ = [
    "AstroclassifyError",
    "AstroclassifyWarning",
    "ConfigurationError",
    "DuplicateNameError",
    "Entry",
    "FrameError",
    "FrameWarning",
    "MissingWeightsError",
    "OptionalDependencyError",
    "ParameterError",
    "PluginError",
    "ReadError",
    "Registry",
    "TrainingError",
    "UnknownNameError",
    "UnsupportedInstrumentError",
    "WeightsError",
    "conf",
    "import_string",
    "keep_large_arrays_memory",
    "optional_import",
    "package_version",
    "progress_bar",
    "provenance",
]
