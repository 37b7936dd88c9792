"""Errors, registries, configuration, progress, provenance, files, executors: the ground floor."""

from astroclassify.core import rules
from astroclassify.core._checks import check_entry, check_whole, in_unit, tuple_of_strings
from astroclassify.core._config import conf
from astroclassify.core._errors import (
    USAGE_ERRORS,
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
from astroclassify.core._executors import (
    EXECUTORS,
    open_executor,
    prefetch,
    process_executor,
    run_all,
    serial_executor,
    thread_executor,
)
from astroclassify.core._files import atomic_path, write_table, write_text
from astroclassify.core._fingerprint import FileStamp, file_stamp, fingerprint, is_unchanged
from astroclassify.core._imports import import_string, lazy_names, optional_import
from astroclassify.core._journal import Journal
from astroclassify.core._memory import check_memory, keep_large_arrays_memory
from astroclassify.core._pages import write_page
from astroclassify.core._progress import progress_bar
from astroclassify.core._provenance import package_version, provenance
from astroclassify.core._registry import Entry, Registry
from astroclassify.core._rendering import RENDERERS, html_picture, render, render_png
from astroclassify.core._run_folder import RunFolder
from astroclassify.core._statistics import robust_sigma
from astroclassify.core._tables import read_table
from astroclassify.core._text import printable, printable_value
from astroclassify.core.rules import checked

__all__ = [
    "AstroclassifyError",
    "AstroclassifyWarning",
    "ConfigurationError",
    "EXECUTORS",
    "FrameError",
    "FrameWarning",
    "MissingWeightsError",
    "OptionalDependencyError",
    "ParameterError",
    "PluginError",
    "RENDERERS",
    "ReadError",
    "Registry",
    "TrainingError",
    "UnknownNameError",
    "UnsupportedInstrumentError",
    "WeightsError",
]
