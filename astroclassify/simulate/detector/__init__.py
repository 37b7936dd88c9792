"""Detector: from light to electrons to ADU."""

from astroclassify.core import lazy_names

# Torch is imported with the names that need it, not to list what there is.
__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "_chip": ("ChipWindow", "flat_field", "hot_pixels"),
        "_collect": ("collect_electrons", "satellite_trail"),
        "_effects": ("Effects", "random_effects"),
        "_readout": ("read_out",),
    },
    public=(),
)
