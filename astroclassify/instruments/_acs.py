"""The Wide Field Channel of HST's Advanced Camera for Surveys.

Sources: ACS Data Handbook 2.2 and 4.1, ACS Instrument Handbook 4.3, 5.2 and 7.7, hstcal
(``blev_funcs_postsm4.c``, ``findover.c``, ``acs.h``), pysiaf, and the header of the
calibrated frame jczgx1ppq (2016-10-16). The page on sources (``docs/sources.rst``) lists every number, and
says which of them have none.
"""

from types import MappingProxyType

from astroclassify.instruments._description import PHYSICAL_PRESCAN, Amplifier, ChipGeometry, Instrument
from astroclassify.instruments._tiling import full_frame, window

# The serial registers lie on the outer sides, the virtual rows on the side of the gap. There is
# no serial virtual overscan: the halves of a raw row touch.
_GEOMETRY = {
    1: ChipGeometry((2048, 4096), ("A", "B"), 24, 0, 20, "bottom"),
    2: ChipGeometry((2048, 4096), ("C", "D"), 24, 0, 20, "top"),
}
_CORNERS = {"A": ("top", "left"), "B": ("top", "right"), "C": ("bottom", "left"), "D": ("bottom", "right")}


def _corner_window(amplifier, *, rows, columns, physical, virtual=0, skipped=0, name):
    """Lay out a subarray at an amplifier's corner; ``skipped`` rows next to the corner are not read."""
    top, left = _CORNERS[amplifier][0] == "top", _CORNERS[amplifier][1] == "left"
    chip = 1 if top else 2
    first_row = 2048 - skipped - rows - virtual if top else skipped
    first_column = -physical if left else 4096 - columns
    shape = (rows + virtual, columns + physical)
    return window(
        _GEOMETRY[chip], chip, shape, start=(first_row, first_column), amplifiers=(amplifier,), name=name
    )


def _subarrays():
    for amplifier, prefix in (("A", "WFC1"), ("B", "WFC1"), ("C", "WFC2"), ("D", "WFC2")):
        new = f"{prefix}{amplifier}"
        # Since the flight software of October 2016: all 24 physical columns; only 2K has virtual rows.
        yield _corner_window(amplifier, rows=2048, columns=2048, physical=24, virtual=20, name=f"{new}-2K")
        yield _corner_window(amplifier, rows=1024, columns=2048, physical=24, name=f"{new}-1K")
        yield _corner_window(amplifier, rows=512, columns=2048, physical=24, name=f"{new}-512")
        # Before: 22 physical columns, no virtual rows, and the outermost row is not read. The 22 columns
        # have a source; the sizes are recalled, and consistent with them (512 + 22 = 534 columns, ...).
        for label, rows, columns in (("2K", 2046, 2048), ("1K", 1024, 1024), ("512", 512, 512)):
            yield _corner_window(
                amplifier,
                rows=rows,
                columns=columns,
                physical=22,
                skipped=1,
                name=f"{prefix}-{label} ({amplifier}, before 2016)",
            )


# ATODGN (electrons per ADU), READNSE (electrons) and BIASLEV of jczgx1ppq, after SM4 at gain setting 2. The
# header gives the bias in electrons, as calacs converts before it subtracts: 4221 / 2.020 = 2090 ADU for A.
# What a header of another date says counts more: `io` reads these cards where there are any.
_AMPLIFIERS = {
    "A": Amplifier("A", 2.020, 4.35, 2090.0, _CORNERS["A"]),
    "B": Amplifier("B", 1.886, 3.75, 2137.0, _CORNERS["B"]),
    "C": Amplifier("C", 2.017, 4.05, 2202.0, _CORNERS["C"]),
    "D": Amplifier("D", 2.011, 5.05, 2303.0, _CORNERS["D"]),
}

ACS_WFC = Instrument(
    name="acs-wfc",
    telescope="HST",
    instrume="ACS",
    detector="WFC",
    pixel_scale=0.0495,  # pysiaf WFCFIX: 0.0495 in x, 0.0494 in y; +-9% in area over the field
    # Onset of saturation, mean of 72,000 to 82,000 (older handbooks: 84,700). At gain 2 that is 38,700 ADU
    # above a bias of 2,200: pixels bleed long before the 16-bit converter ends at 65,535.
    full_well=77_400.0,
    adc_max=65_535,
    # 45 electrons per hour, recalled for recent years; published are 6.8 per hour at launch and 11.1 later.
    dark_current=0.0125,
    # There is no serial virtual overscan. BIASSECT of calacs are the six prescan columns next to the
    # image (1-based 19 to 24): the first columns that are read still ring from the start of the row.
    bias_section=PHYSICAL_PRESCAN,
    bias_columns=MappingProxyType({PHYSICAL_PRESCAN: (0, 6)}),
    gain_setting=2.0,
    amplifiers=MappingProxyType(_AMPLIFIERS),
    layouts=(
        full_frame(_GEOMETRY[1], 1, name="WFC1 full frame"),
        full_frame(_GEOMETRY[2], 2, name="WFC2 full frame"),
        *_subarrays(),
    ),
    bands=(
        "F435W",
        "F475W",
        "F502N",
        "F550M",
        "F555W",
        "F606W",
        "F625W",
        "F658N",
        "F660N",
        "F775W",
        "F814W",
        "F850LP",
        "F892N",
    ),
    chip_gap=50,  # pixels; 2.5 arcseconds
    epochs=MappingProxyType(
        {
            "SM4": 54962.0,  # 2009-05-11, hstcal's SM4MJD: it decides what calacs does
            "SM4 (acstools)": 54967.0,  # acstools.utils_calib.SM4_MJD
            "CYCLE24": 57662.0,  # 2016-10-01, new subarrays
        }
    ),
    geometry=MappingProxyType(_GEOMETRY),
)
