"""The High Resolution Channel of HST's Advanced Camera for Surveys: one CCD of 1024 x 1024 pixels.

Sources: ACS Instrument Handbook (2005) 7.3 (the raw image: 19 physical columns, 1024 science columns, 19
physical columns; 1024 science rows, then 20 virtual rows), and the raw files j6gp01lzq and j6gp01mkq (size,
LTV1 = 19, CCDAMP = C, and a bias of 1193 to 1196 ADU at gain 4, from which the first three columns depart).
The page on sources (``docs/sources.rst``) says which numbers have no source.
"""

from types import MappingProxyType

from astroclassify.instruments._description import PHYSICAL_PRESCAN, Amplifier, ChipGeometry, Instrument
from astroclassify.instruments._tiling import window

_SHAPE, _VIRTUAL_ROWS, _COLUMNS = (1024, 1024), 20, 19
_GEOMETRY = {1: ChipGeometry(_SHAPE, ("C", "D"), _COLUMNS, 0, _VIRTUAL_ROWS, "top")}
_RAW = (_SHAPE[0] + _VIRTUAL_ROWS, _SHAPE[1] + 2 * _COLUMNS)
# One amplifier reads the whole chip; C did, unless an observer asked for another. Gain 2 and read noise of C:
# ACS Data Handbook (version 4), table 5.1. It has none of D, for which those of C stand in here; headers of
# calibrated files have the measured ones.
_AMPLIFIERS = {
    "C": Amplifier("C", 2.216, 4.71, 2390.0, ("bottom", "left")),
    "D": Amplifier("D", 2.216, 4.71, 2390.0, ("bottom", "right")),
}

ACS_HRC = Instrument(
    name="acs-hrc",
    telescope="HST",
    instrume="ACS",
    detector="HRC",
    pixel_scale=0.0266,  # geometric mean of 0.028 in x and 0.025 in y
    full_well=155_000.0,  # Instrument Handbook 4.3.1; at gain 2 the converter ends earlier, at 145,000
    adc_max=65_535,
    dark_current=0.0038,  # recalled: 14 electrons per hour
    bias_section=PHYSICAL_PRESCAN,
    bias_columns=MappingProxyType(
        {PHYSICAL_PRESCAN: (0, 6)}
    ),  # the six columns next to the image, as of the WFC
    gain_setting=2.0,
    amplifiers=MappingProxyType(_AMPLIFIERS),
    layouts=tuple(
        window(
            _GEOMETRY[1], 1, _RAW, start=(0, -_COLUMNS), amplifiers=(name,), name=f"HRC full frame ({name})"
        )
        for name in _AMPLIFIERS
    ),
    bands=(
        *("F220W", "F250W", "F330W", "F344N", "F435W", "F475W", "F502N", "F550M", "F555W", "F606W"),
        *("F625W", "F658N", "F660N", "F775W", "F814W", "F850LP", "F892N"),
    ),
    geometry=MappingProxyType(_GEOMETRY),
)
