"""Training any model on any labelled frames, and releasing its weights."""

from astroclassify.training._augment import Augmentation
from astroclassify.training._data import Batch, FrameSet, PoolStream, SimulatedStream
from astroclassify.training._fit import TrainingResult, fit
from astroclassify.training._log import LOG_COLUMNS, read_log
from astroclassify.training._loss import partial_cross_entropy
from astroclassify.training._pool import FramePool
from astroclassify.training._presets import PRESETS, Recipe, find_recipe
from astroclassify.training._release import release
from astroclassify.training._star_galaxy import fit_sources
from astroclassify.training._store import PlaneStore

__all__ = [
    "Augmentation",
    "PRESETS",
    "Recipe",
    "TrainingResult",
    "fit",
    "fit_sources",
    "read_log",
]
