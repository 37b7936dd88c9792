"""The blurry frame that poorer circumstances would have given."""

from astroclassify.simulate.blur._degrade import degrade

__all__ = [
    "degrade",
]
