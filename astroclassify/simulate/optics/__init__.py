"""What telescope and camera make of a point, and of a scene."""

from astroclassify.simulate.optics._observe import observe
from astroclassify.simulate.optics._psf import Optics, PointSpread, point_spread, random_optics
from astroclassify.simulate.optics._pupil import CSST, HST, Telescope

__all__ = [
    "CSST",
    "HST",
    "Optics",
    "PointSpread",
    "Telescope",
    "observe",
    "point_spread",
    "random_optics",
]
