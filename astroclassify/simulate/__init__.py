"""Simulated frames whose truth is known: scene, optics, detector, raw file."""

from astroclassify.simulate._bodies import CLASSES, KINDS, Body, BodyKind, random_body, random_view
from astroclassify.simulate._dice import Dice
from astroclassify.simulate._palette import Response, response
from astroclassify.simulate._scene import Scene
from astroclassify.simulate._view import View

__all__ = [
    "CLASSES",
    "KINDS",
    "Body",
    "BodyKind",
    "Dice",
    "Response",
    "Scene",
    "View",
    "random_body",
    "random_view",
    "response",
]
