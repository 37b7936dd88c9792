"""Simulated frames whose truth is known: scene, optics, detector, raw file, sets of files, blurry frames."""

from astroclassify.simulate._bodies import CLASSES, KINDS, Body, BodyKind, random_body, random_view
from astroclassify.simulate._campaign import SimulatedSet, simulate_set
from astroclassify.simulate._config import SimulationConfig
from astroclassify.simulate._degrade import degrade
from astroclassify.simulate._detector import collect, satellite_trail
from astroclassify.simulate._dice import Dice
from astroclassify.simulate._effects import Effects, random_effects
from astroclassify.simulate._exposure import RawExposure, simulate_exposure
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate._fields import add_background, add_foreground
from astroclassify.simulate._frames import SimulatedFrame, linear_frame, photograph, random_frames
from astroclassify.simulate._optics import observe
from astroclassify.simulate._palette import SPECTRA, STAR_TYPES, Response, response
from astroclassify.simulate._plan import ExposurePlan, plan_exposure
from astroclassify.simulate._preview import preview
from astroclassify.simulate._psf import Optics, PointSpread, point_spread, random_optics
from astroclassify.simulate._pupil import CSST, HST, Telescope
from astroclassify.simulate._readout import read_out
from astroclassify.simulate._scene import Scene
from astroclassify.simulate._view import View

__all__ = [
    "CLASSES",
    "CSST",
    "HST",
    "KINDS",
    "SPECTRA",
    "STAR_TYPES",
    "Body",
    "BodyKind",
    "Dice",
    "Effects",
    "ExposurePlan",
    "FieldOfView",
    "Optics",
    "PointSpread",
    "RawExposure",
    "Response",
    "Scene",
    "SimulatedFrame",
    "SimulatedSet",
    "SimulationConfig",
    "Telescope",
    "View",
    "add_background",
    "add_foreground",
    "collect",
    "degrade",
    "linear_frame",
    "observe",
    "photograph",
    "plan_exposure",
    "point_spread",
    "preview",
    "random_body",
    "random_effects",
    "random_frames",
    "random_optics",
    "random_view",
    "read_out",
    "response",
    "satellite_trail",
    "simulate_exposure",
    "simulate_set",
]
