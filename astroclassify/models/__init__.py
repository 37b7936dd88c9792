"""Models: what they are, where their weights are, and how they are built.

Importing this package does not import torch; building a model does.
"""

from astroclassify.models._build import Model, build_model, built_module, find_spec
from astroclassify.models._builtin import (
    ALEXNET,
    ALEXNET_RESIZE,
    EFFICIENTNET_B0,
    HR_CELESTIALNET,
    PATCHNET,
    RESNET18,
    RESNET18_RESIZE,
    RESNET50,
    RESNET101,
    VGG16_BN,
    VGG16_BN_RESIZE,
)
from astroclassify.models._card import DEFAULT_UNCERTAIN_BELOW, Calibration, calibration_of, read_card
from astroclassify.models._compare import TABLE_3, compare
from astroclassify.models._device import resolve_device
from astroclassify.models._registry import MODELS
from astroclassify.models._spec import FINE_CLASSES, NSC_CLASSES, ModelSpec, Options, Weights
from astroclassify.models._summary import summary
from astroclassify.models._weights import load_state, locate_weights, verified_sha256, weights_cache

__all__ = [
    "ALEXNET",
    "ALEXNET_RESIZE",
    "DEFAULT_UNCERTAIN_BELOW",
    "EFFICIENTNET_B0",
    "FINE_CLASSES",
    "HR_CELESTIALNET",
    "MODELS",
    "NSC_CLASSES",
    "PATCHNET",
    "RESNET101",
    "RESNET18",
    "RESNET18_RESIZE",
    "RESNET50",
    "TABLE_3",
    "VGG16_BN",
    "VGG16_BN_RESIZE",
    "Calibration",
    "Model",
    "ModelSpec",
    "Options",
    "Weights",
    "build_model",
    "built_module",
    "calibration_of",
    "compare",
    "find_spec",
    "load_state",
    "locate_weights",
    "read_card",
    "resolve_device",
    "summary",
    "verified_sha256",
    "weights_cache",
]
