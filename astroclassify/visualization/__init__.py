"""Figures: detector layouts, frames, what a classification saw, and how good models are; the report of it.

Matplotlib is imported only here, and only when a figure is made.
"""

from importlib import import_module as _import_module

from astroclassify.visualization._bodies import plot_bodies
from astroclassify.visualization._classification import plot_answer, plot_classification, save_classifications
from astroclassify.visualization._detections import plot_detections
from astroclassify.visualization._detections_page import detections_page
from astroclassify.visualization._evaluation import (
    plot_accuracy_and_time,
    plot_accuracy_by_body,
    plot_confusion,
    plot_reliability,
    plot_roc,
)
from astroclassify.visualization._explanation import plot_explanation
from astroclassify.visualization._frame import plot_frame
from astroclassify.visualization._layout import plot_detector, plot_layout
from astroclassify.visualization._matplotlib import png
from astroclassify.visualization._results import results_page
from astroclassify.visualization._robustness import plot_robustness
from astroclassify.visualization._stars_galaxies import (
    plot_probability_magnitude,
    plot_size_magnitude,
    plot_sources,
)

__all__ = [
    "detections_page",
    "evaluation_report",
    "plot_accuracy_and_time",
    "plot_accuracy_by_body",
    "plot_bodies",
    "plot_classification",
    "plot_confusion",
    "plot_detections",
    "plot_detector",
    "plot_explanation",
    "plot_frame",
    "plot_layout",
    "plot_misclassified",
    "plot_probability_magnitude",
    "plot_reliability",
    "plot_robustness",
    "plot_roc",
    "plot_size_magnitude",
    "plot_sources",
    "results_page",
]

# What needs the rooms of data sets and evaluation, and torch with them: imported when it is asked for.
_LATER = {
    "evaluation_report": "astroclassify.visualization._report",
    "plot_misclassified": "astroclassify.visualization._evaluation_errors",
}


def __getattr__(name):
    if name in _LATER:
        globals()[name] = getattr(_import_module(_LATER[name]), name)
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_LATER})
