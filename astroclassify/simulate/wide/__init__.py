"""Wide fields with truth: whole images of smart telescopes, cameras and surveys, and where the bodies are."""

from astroclassify.core import lazy_names

# Torch is imported with the names that need it, not to list what there is.
__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "_cameras": ("WIDE_CAMERAS", "WideCamera"),
        "_field": ("WideField", "wide_field"),
        "_objects": ("WIDE_CLASSES",),
    },
)
