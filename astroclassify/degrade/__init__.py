"""Poorer versions of frames that exist: the blurry frame that poorer circumstances would have given."""

from astroclassify.degrade._degrade import degrade

__all__ = ["degrade"]
