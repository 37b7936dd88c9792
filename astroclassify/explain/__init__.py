"""Explanations: where in a frame an answer comes from, as maps on the frame and on the sky.

A registry like that of models: built-in and third-party explainers are declared by the same entry points.
"""

from astroclassify.explain._builtin import (
    EVIDENCE,
    GRAD_CAM_PLUS_PLUS,
    INTEGRATED_GRADIENTS,
    OCCLUSION,
    PIX2PIX,
    XRAI,
)
from astroclassify.explain._explain import explain
from astroclassify.explain._explanation import Explanation
from astroclassify.explain._spec import EXPLAINERS, ExplainerSpec

__all__ = [
    "EXPLAINERS",
    "ExplainerSpec",
    "Explanation",
    "explain",
]
