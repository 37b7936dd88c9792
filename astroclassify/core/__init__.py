"""Errors, warnings, registries, configuration, progress and provenance: the ground floor."""

from astroclassify.core._config import conf
from astroclassify.core._entry_checks import check_entry, tuple_of_strings
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
from astroclassify.core._imports import import_string, lazy_names, optional_import
from astroclassify.core._memory import keep_large_arrays_memory
from astroclassify.core._progress import progress_bar
from astroclassify.core._provenance import package_version, provenance
from astroclassify.core._registry import Entry, Registry
from astroclassify.core._rendering import RENDERERS, render, render_png
from astroclassify.core._statistics import robust_sigma

__all__ = [
    "RENDERERS",
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
    "check_entry",
    "conf",
    "import_string",
    "lazy_names",
    "keep_large_arrays_memory",
    "optional_import",
    "package_version",
    "progress_bar",
    "provenance",
    "render",
    "render_png",
    "tuple_of_strings",
    "robust_sigma",
]
