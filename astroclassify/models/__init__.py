"""Models: what they are, where their weights are, and how they are built.

Importing this package does not import torch; building a model does.
"""

from astroclassify.models._build import Model, build_model, built_module, find_spec
from astroclassify.models._builtin import (
    ALEXNET,
    ALEXNET_RESIZE,
    EFFICIENTNET_B0,
    FIELDNET,
    HR_CELESTIALNET,
    PATCHNET,
    PATCHNET_PRESENCE,
    RESNET18,
    RESNET18_RESIZE,
    RESNET50,
    RESNET50_PRESENCE,
    RESNET101,
    VGG16_BN,
    VGG16_BN_RESIZE,
)
from astroclassify.models._builtin_sources import (
    STAR_GALAXY_CATALOGUE,
    STAR_GALAXY_FUSION,
    STAR_GALAXY_IMAGE,
    STAR_GALAXY_LITE,
)
from astroclassify.models._card import (
    DEFAULT_FIELD_ABOVE,
    DEFAULT_UNCERTAIN_BELOW,
    PRIOR_TOLERANCE,
    Calibration,
    bodies_entry,
    calibration_entries,
    calibration_of,
    read_card,
    spec_of,
)
from astroclassify.models._centred import centred
from astroclassify.models._compare import TABLE_3, compare_models
from astroclassify.models._device import has_bfloat16, resolve_device
from astroclassify.models._export import export_onnx, write_onnx
from astroclassify.models._output import ModelOutput
from astroclassify.models._ready import ready_model
from astroclassify.models._registry import MODELS
from astroclassify.models._spec import ModelSpec, Options, Weights
from astroclassify.models._summary import summarise_model
from astroclassify.models._tasks import (
    FINE_CLASSES,
    NSC_CLASSES,
    TASKS,
    Task,
    allowed_classes,
    require_empty_fields,
    require_task,
)
from astroclassify.models._weights import load_state, locate_weights, verified_sha256, weights_cache

__all__ = [
    "Calibration",
    "MODELS",
    "Model",
    "ModelOutput",
    "ModelSpec",
    "Weights",
    "build_model",
    "centred",
    "compare_models",
    "export_onnx",
    "summarise_model",
]
