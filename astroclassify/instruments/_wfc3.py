"""The UVIS channel of HST's Wide Field Camera 3.

Sources: WFC3 Data Handbook 2.2 and 5.1, WFC3 Instrument Handbook 5.1, 5.3 and 6.4, hstcal
(``wf3.h``, ``wf3cte.c``, ``dofwsat.c``, ``findover.c``), DOLPHOT's subarray list, pysiaf.
The page on sources (``docs/sources.rst``) lists every number, and says which of them have none.
"""

from types import MappingProxyType

from astroclassify.instruments._description import (
    PHYSICAL_PRESCAN,
    SERIAL_OVERSCAN,
    Amplifier,
    ChipGeometry,
    Instrument,
)
from astroclassify.instruments._tiling import full_frame, window

_GEOMETRY = {
    1: ChipGeometry((2051, 4096), ("A", "B"), 25, 30, 19, "bottom"),
    2: ChipGeometry((2051, 4096), ("C", "D"), 25, 30, 19, "top"),
}

# Gains by amplifier for 1x1 binning (Data Handbook 5.1; binned ones differ by 0.02 at most): what the setting
# 1.5 really gives. Read noise and bias are recalled values of CCDTAB; the Instrument Handbook gives 3.1-3.2
# electrons, some 6% more.
_AMPLIFIERS = {
    "A": Amplifier("A", 1.58, 2.97, 2500.0, ("top", "left")),
    "B": Amplifier("B", 1.58, 2.99, 2500.0, ("top", "right")),
    "C": Amplifier("C", 1.60, 2.90, 2500.0, ("bottom", "left")),
    "D": Amplifier("D", 1.59, 3.01, 2500.0, ("bottom", "right")),
}

# Aperture, amplifier, science rows and columns, first science row and column. Subarrays never have
# virtual overscan; those at a corner bring their side's 25 physical columns, centred ones nothing.
_SUBARRAYS = (
    ("UVIS1-2K2A-SUB", "A", (2050, 2047), (0, 0)),
    ("UVIS1-2K2B-SUB", "B", (2050, 2047), (0, 2049)),
    ("UVIS2-2K2C-SUB", "C", (2050, 2047), (1, 0)),
    ("UVIS2-2K2D-SUB", "D", (2050, 2047), (1, 2049)),
    ("UVIS2-C1K1C-SUB", "C", (1024, 1025), (1, 0)),
    ("UVIS1-C512A-SUB", "A", (512, 513), (1538, 0)),
    ("UVIS1-C512B-SUB", "B", (512, 513), (1538, 3583)),
    ("UVIS2-C512C-SUB", "C", (512, 513), (1, 0)),
    ("UVIS2-C512D-SUB", "D", (512, 513), (1, 3583)),
    ("UVIS2-M1K1C-SUB", "C", (1024, 1024), (1027, 1024)),
    ("UVIS2-M512C-SUB", "C", (512, 512), (1539, 1536)),
)


def _subarray(name, amplifier, science, origin):
    chip = 1 if amplifier in "AB" else 2
    at_left, at_right = origin[1] == 0, origin[1] + science[1] == 4096
    shape = (science[0], science[1] + 25 * (at_left + at_right))
    start = (origin[0], origin[1] - 25 * at_left)
    return window(_GEOMETRY[chip], chip, shape, start=start, amplifiers=(amplifier,), name=name)


_FILTERS = """
F200LP F218W F225W F275W F280N F300X F336W F343N F350LP F373N F390M F390W F395N F410M F438W F467M F469N F475W
F475X F487N F502N F547M F555W F600LP F606W F621M F625W F631N F645N F656N F657N F658N F665N F673N F680N F689M
F763M F775W F814W F845M F850LP F953N
FQ232N FQ243N FQ378N FQ387N FQ422M FQ436N FQ437N FQ492N FQ508N FQ575N FQ619N FQ634N FQ672N FQ674N FQ727N
FQ750N FQ889N FQ906N FQ924N FQ937N
"""

WFC3_UVIS = Instrument(
    name="wfc3-uvis",
    telescope="HST",
    instrume="WFC3",
    detector="UVIS",
    pixel_scale=0.0395,  # pysiaf: 0.0396 in x, 0.0394 in y
    # Middle of 63,000 to 72,000 over the chips; 42,700 ADU at a gain of 1.58, so that unbinned pixels bleed
    # before the converter ends. Charge of 2 x 2 pixels would need 170,000 ADU: binned ones clip first.
    full_well=67_500.0,
    adc_max=65_535,
    dark_current=11.0 / 3600.0,  # median, Instrument Handbook, projected for early 2023
    bias_section=SERIAL_OVERSCAN,  # calwf3 takes BIASSECTC/D, the virtual columns, where there are any
    # wf3cte.c leaves out two virtual columns next to the image (deferred charge) and the last one.
    # Subarrays have physical columns at most; their outermost ones ring (as ACS' do).
    bias_columns=MappingProxyType({SERIAL_OVERSCAN: (2, -1), PHYSICAL_PRESCAN: (0, -5)}),
    gain_setting=1.5,
    amplifiers=MappingProxyType(_AMPLIFIERS),
    layouts=(
        full_frame(_GEOMETRY[1], 1, name="UVIS1 full frame"),
        full_frame(_GEOMETRY[2], 2, name="UVIS2 full frame"),
        *(
            full_frame(_GEOMETRY[chip], chip, binning=factor, name=f"UVIS{chip} binned {factor} x {factor}")
            for factor in (2, 3)
            for chip in (1, 2)
        ),
        *(_subarray(*subarray) for subarray in _SUBARRAYS),
    ),
    bands=tuple(_FILTERS.split()),
    chip_gap=31,
    # The paper keeps 2048 of the 2051 rows: it drops the three at the gap.
    paper_rows=MappingProxyType({1: (3, 2051), 2: (0, 2048)}),
    epochs=MappingProxyType({"SM4": 54962.0}),
    geometry=MappingProxyType(_GEOMETRY),
)
