"""Poorer versions of frames that exist: the blurry frame that poorer circumstances would have given."""

from astroclassify.core import lazy_names

# Torch is imported with the names that need it, not to list what there is.
__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "_degrade": ("degrade",),
        "_noise": ("Counted", "camera_of", "count_electrons", "number_card"),
    },
)
