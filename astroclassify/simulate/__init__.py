"""Simulated frames whose truth is known: scene, optics, detector, raw file, sets of files, blurry frames."""

from astroclassify.simulate._dice import Dice
from astroclassify.simulate._exposure import RawExposure, simulate_exposure
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate._frames import SimulatedFrame, linear_frame, photograph, random_frames
from astroclassify.simulate._outliers import OUTLIERS, simulate_outlier
from astroclassify.simulate._preview import preview
from astroclassify.simulate.blur import degrade
from astroclassify.simulate.detector import Effects, collect, random_effects, read_out, satellite_trail
from astroclassify.simulate.optics import (
    CSST,
    HST,
    Optics,
    PointSpread,
    Telescope,
    observe,
    point_spread,
    random_optics,
)
from astroclassify.simulate.scenes import (
    CLASSES,
    KINDS,
    SPECTRA,
    STAR_TYPES,
    Body,
    BodyKind,
    Response,
    Scene,
    View,
    add_background,
    add_foreground,
    random_body,
    random_view,
    response,
)
from astroclassify.simulate.sets import (
    DrawnPlans,
    ExposurePlan,
    SimulatedSet,
    SimulationConfig,
    plan_exposure,
    simulate_plans,
    simulate_set,
)

__all__ = [
    "DrawnPlans",
    "CLASSES",
    "CSST",
    "HST",
    "KINDS",
    "OUTLIERS",
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
    "simulate_outlier",
    "simulate_plans",
    "simulate_set",
]
