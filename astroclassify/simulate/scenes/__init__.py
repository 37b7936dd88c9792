"""What is on the sky: bodies, views on them, and scenes of light by spectrum."""

from astroclassify.simulate.scenes._bodies import CLASSES, KINDS, Body, BodyKind, random_body, random_view
from astroclassify.simulate.scenes._fields import add_background, add_foreground
from astroclassify.simulate.scenes._palette import SPECTRA, STAR_TYPES, Response, response
from astroclassify.simulate.scenes._scene import Scene
from astroclassify.simulate.scenes._view import View

__all__ = [
    "Body",
    "BodyKind",
    "CLASSES",
    "KINDS",
    "Response",
    "SPECTRA",
    "STAR_TYPES",
    "Scene",
    "View",
    "add_background",
    "add_foreground",
    "random_body",
    "random_view",
    "response",
]
