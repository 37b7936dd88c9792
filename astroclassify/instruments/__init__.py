"""Frozen descriptions of the cameras: chips, amplifiers, sections, gains, bands."""

from astroclassify.instruments._acs import ACS_WFC
from astroclassify.instruments._csst import CSST_MSC
from astroclassify.instruments._description import (
    ANY_CHIP,
    PARALLEL_OVERSCAN,
    PHYSICAL_PRESCAN,
    SCIENCE,
    SECTION_KINDS,
    SERIAL_OVERSCAN,
    Amplifier,
    ChipGeometry,
    ChipLayout,
    Instrument,
    Section,
)
from astroclassify.instruments._find import INSTRUMENTS, find_layout, registry_name
from astroclassify.instruments._generic import GENERIC
from astroclassify.instruments._hrc import ACS_HRC
from astroclassify.instruments._wfc3 import WFC3_UVIS

__all__ = [
    "Amplifier",
    "ChipLayout",
    "INSTRUMENTS",
    "Instrument",
    "Section",
    "find_layout",
]
