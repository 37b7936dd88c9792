"""The models that come with the package, as declared in its entry points."""

from dataclasses import replace

from astroclassify.models._spec import ModelSpec, Weights

#: The frames of the paper's two sets, LCID and LCID-Resize, in words.
_WHOLE = "whole 2048 x 4096 chips of raw counts"
_SHRUNK = "chips of raw counts shrunk to 224 x 448"


def _on_chips(name, title, net, reference, *, tags=("large", "paper"), options=None):
    """Describe a network that takes raw counts of a whole chip, as those of the paper do."""
    return ModelSpec(
        name=name,
        description=f"{title}: {_WHOLE}",
        builder=f"astroclassify.models.nets.{net}",
        builder_options=options or {},
        preprocessing="astroclassify.preprocess:counts_planes",
        preprocessing_options={"height": 2048, "width": 4096},
        by_rows=True,
        classes=("galaxy", "nsc"),
        reference=reference,
        tags=tags,
    )


def _resized(spec, *, tags=("large", "paper")):
    """Describe the same network for chips shrunk to 224 x 448."""
    return replace(
        spec,
        name=f"{spec.name}-resize",
        description=spec.description.replace(_WHOLE, _SHRUNK),
        preprocessing_options={"height": 224, "width": 448},
        tags=tags,
    )


#: The network of the paper (ModelSpec).
HR_CELESTIALNET = replace(
    _on_chips(
        "hr-celestialnet",
        "HR-CelestialNet of the paper",
        "hr_celestialnet:HRCelestialNet",
        "arXiv:2312.04948",
    ),
    description=f"HR-CelestialNet of the paper: {_WHOLE}; no published weights",
    training_cost="measured: 8.8 core seconds for a frame and step, so 24 hours for 480 frames and 20 epochs",
)

#: AlexNet as the paper compared it, on whole chips and on shrunk ones (ModelSpec).
ALEXNET = _on_chips("alexnet", "AlexNet as the paper compared it", "alexnet:AlexNet", "arXiv:1404.5997")
ALEXNET_RESIZE = _resized(ALEXNET)

#: VGG-16 with batch normalisation as the paper compared it, on whole chips and on shrunk ones (ModelSpec).
VGG16_BN = _on_chips(
    "vgg16-bn", "VGG-16 with BatchNorm as the paper compared it", "vgg:VGG16BN", "arXiv:1409.1556"
)
VGG16_BN_RESIZE = _resized(VGG16_BN)

#: ResNet-18 as the paper compared it, on whole chips and on shrunk ones (ModelSpec).
RESNET18 = _on_chips(
    "resnet18",
    "ResNet-18 as the paper compared it",
    "resnet:ResNet",
    "arXiv:1512.03385",
    options={"depth": 18, "pooled": (1, 2)},
)
RESNET18_RESIZE = replace(
    _resized(RESNET18, tags=("paper",)),
    weights=Weights(resource="astroclassify.models:data/resnet18-resize.safetensors"),
)

#: Deeper ResNets (ModelSpec).
RESNET50, RESNET101 = (
    replace(
        RESNET18,
        name=f"resnet{depth}",
        description=f"ResNet-{depth}: {_WHOLE}",
        builder_options={"depth": depth},
        tags=("large",),
    )
    for depth in (50, 101)
)

#: ResNet-50 on the default model's planes: is there an object, and of which class? Its weights are made by
#: ``astroclassify train-presence`` (ModelSpec).
RESNET50_PRESENCE = replace(
    RESNET50,
    name="resnet50-presence",
    description="ResNet-50 for patches of wide fields: which object, or an empty field; no published weights",
    builder_options={"depth": 50, "planes": 5, "classes": 4},
    preprocessing="astroclassify.preprocess:working_planes",
    preprocessing_options={"peaks": True},
    classes=("galaxy", "nebula", "star cluster", "field"),
    tags=("large", "presence"),
)

#: EfficientNet-B0 (ModelSpec).
EFFICIENTNET_B0 = _on_chips(
    "efficientnet-b0", "EfficientNet-B0", "efficientnet:EfficientNetB0", "arXiv:1905.11946", tags=("large",)
)

#: The small default model; its weights ship with the package (ModelSpec).
PATCHNET = ModelSpec(
    name="patchnet",
    description="Small network with additive attention over patches: frames of any size, evidence map",
    builder="astroclassify.models.nets.patchnet:PatchNet",
    builder_options={"planes": 9},
    preprocessing="astroclassify.preprocess:working_planes",
    preprocessing_options={"side": 288, "peaks": True, "diffuse": True},
    classes=("galaxy", "nebula", "star cluster", "field"),
    weights=Weights(resource="astroclassify.models:data/patchnet.safetensors"),
    tags=("default", "evidence"),
    by_rows=True,
)

#: The same network, trained on patches of wide fields: is there an object, and of which class? Its weights
#: ship with the package (ModelSpec).
PATCHNET_PRESENCE = replace(
    PATCHNET,
    name="patchnet-presence",
    description="The default's network for patches of wide fields: which object, or an empty field",
    builder_options={"planes": 5},
    preprocessing_options={"side": 288, "peaks": True},
    weights=Weights(resource="astroclassify.models:data/patchnet-presence.safetensors"),
    tags=("evidence",),
    flips=True,
)

#: The detector of bodies in wide fields; its weights ship with the package (ModelSpec).
FIELDNET = ModelSpec(
    name="fieldnet",
    description="One-stage detector of galaxies, nebulae and star clusters in wide fields",
    builder="astroclassify.models.nets.fieldnet:FieldNet",
    preprocessing="astroclassify.preprocess:detection_planes",
    classes=("galaxy", "nebula", "star cluster"),
    weights=Weights(resource="astroclassify.models:data/fieldnet.safetensors"),
    tags=("detector",),
    task="detection",
)
