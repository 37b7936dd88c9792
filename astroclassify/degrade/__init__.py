"""Degradation of frames: shorter exposure, other band, worse optics, other camera, coarser pixels."""

from astroclassify.core import lazy_names

# Torch is imported with the names that need it, not to list what there is.
__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "_degrade": ("degrade",),
        "_noise": ("Counted", "camera_of", "count_electrons", "number_card"),
    },
    public=("degrade",),
)
