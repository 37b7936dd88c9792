"""What is on the sky: bodies, views on them, and scenes of light by spectrum."""

from astroclassify.core import lazy_names

# Torch is imported with the names that need it, not to list what there is.
__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "_bodies": ("Body", "BodyKind", "CLASSES", "KINDS", "random_body", "random_view"),
        "_fields": ("add_background", "add_foreground"),
        "_palette": ("Response", "SPECTRA", "STAR_TYPES", "response"),
        "pictures._body": ("PictureBody", "from_image"),
        "_scene": ("Scene",),
        "_view": ("View",),
    },
    public=(),
)
