"""What a detector makes of light: electrons, then ADU."""

from astroclassify.simulate.detector._collect import collect, satellite_trail
from astroclassify.simulate.detector._effects import Effects, random_effects
from astroclassify.simulate.detector._readout import read_out

__all__ = [
    "Effects",
    "collect",
    "random_effects",
    "read_out",
    "satellite_trail",
]
