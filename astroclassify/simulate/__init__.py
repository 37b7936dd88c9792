"""Simulated frames whose truth is known: scene, optics, detector.

A first simulator in relative units; the physical flux model replaces its brightnesses.
"""

from astroclassify.simulate._bodies import CLASSES, KINDS, BodyKind, random_view
from astroclassify.simulate._exposure import RawExposure, simulate_exposure
from astroclassify.simulate._frames import SimulatedFrame, linear_frame, photograph, random_frames
from astroclassify.simulate._view import Scene, View

__all__ = [
    "CLASSES",
    "KINDS",
    "BodyKind",
    "RawExposure",
    "Scene",
    "SimulatedFrame",
    "View",
    "linear_frame",
    "photograph",
    "random_frames",
    "random_view",
    "simulate_exposure",
]
