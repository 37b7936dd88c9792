"""A camera of which nothing is known: every pixel is science."""

from types import MappingProxyType

from astroclassify.instruments._description import PHYSICAL_PRESCAN, Amplifier, Instrument

GENERIC = Instrument(
    name="generic",
    telescope="",
    instrume="",
    detector="",
    pixel_scale=float("nan"),
    full_well=float("inf"),
    adc_max=65_535,
    dark_current=0.0,
    bias_section=PHYSICAL_PRESCAN,
    amplifiers=MappingProxyType({"1": Amplifier("1", 1.0, 0.0, 0.0, ("bottom", "left"))}),
    layouts=(),
    bands=(),
)
