"""Training and evaluation of the default model on simulated frames."""

from astroclassify.training._fit import Recipe, fit
from astroclassify.training._pool import FramePool

__all__ = ["FramePool", "Recipe", "fit"]
