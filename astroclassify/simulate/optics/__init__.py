"""Optics: point-spread functions, and scenes as a telescope images them."""

from astroclassify.core import lazy_names

# Torch is imported with the names that need it, not to list what there is.
__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "_observe": ("observe_scene",),
        "_psf": ("PointSpread", "point_spread"),
        "_telescopes": ("CSST", "HST", "Optics", "Telescope", "random_optics"),
    },
    public=(),
)
