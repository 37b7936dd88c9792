"""Figures: detector layouts, frames, and what a classification saw.

Matplotlib is imported only here, and only when a figure is made.
"""

from astroclassify.visualization._classification import plot_classification, save_classifications
from astroclassify.visualization._frame import plot_frame
from astroclassify.visualization._layout import plot_detector, plot_layout

__all__ = ["plot_classification", "plot_detector", "plot_frame", "plot_layout", "save_classifications"]
