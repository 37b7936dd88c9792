"""Errors, registries, configuration, progress, provenance, files, executors: the ground floor."""

from astroclassify.core import rules
from astroclassify.core._checks import check_whole, in_unit
from astroclassify.core._config import conf
from astroclassify.core._entry_checks import check_entry, tuple_of_strings
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
from astroclassify.core._memory import keep_large_arrays_memory
from astroclassify.core._progress import progress_bar
from astroclassify.core._provenance import package_version, provenance
from astroclassify.core._registry import Entry, Registry
from astroclassify.core._rendering import RENDERERS, html_picture, render, render_png
from astroclassify.core._run_folder import RunFolder
from astroclassify.core._statistics import robust_sigma
from astroclassify.core._text import printable
from astroclassify.core.rules import checked

__all__ = [
    "EXECUTORS",
    "RENDERERS",
    "USAGE_ERRORS",
    "AstroclassifyError",
    "AstroclassifyWarning",
    "ConfigurationError",
    "DuplicateNameError",
    "Entry",
    "FileStamp",
    "FrameError",
    "FrameWarning",
    "Journal",
    "MissingWeightsError",
    "OptionalDependencyError",
    "ParameterError",
    "PluginError",
    "ReadError",
    "Registry",
    "RunFolder",
    "TrainingError",
    "UnknownNameError",
    "UnsupportedInstrumentError",
    "WeightsError",
    "check_entry",
    "check_whole",
    "checked",
    "rules",
    "in_unit",
    "atomic_path",
    "conf",
    "file_stamp",
    "fingerprint",
    "html_picture",
    "import_string",
    "is_unchanged",
    "lazy_names",
    "keep_large_arrays_memory",
    "open_executor",
    "optional_import",
    "package_version",
    "prefetch",
    "printable",
    "process_executor",
    "progress_bar",
    "provenance",
    "render",
    "render_png",
    "tuple_of_strings",
    "run_all",
    "serial_executor",
    "thread_executor",
    "write_table",
    "write_text",
    "robust_sigma",
]
