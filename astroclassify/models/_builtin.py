"""The models that come with the package, as declared in its entry points."""

from astroclassify.models._spec import ModelSpec, Weights

#: The grids of the paper's two sets of frames: LCID and LCID-Resize (dict).
_CHIP = {"height": 2048, "width": 4096}
_RESIZED = {"height": 224, "width": 448}

#: The network of the paper, on raw counts of a whole chip (ModelSpec).
HR_CELESTIALNET = ModelSpec(
    name="hr-celestialnet",
    description="HR-CelestialNet of the paper: whole 2048 x 4096 chips of raw counts; no published weights",
    builder="astroclassify.models.nets.hr_celestialnet:HRCelestialNet",
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options=_CHIP,
    by_rows=True,
    classes=("galaxy", "nsc"),
    reference="arXiv:2312.04948",
    tags=("large", "paper"),
)

#: AlexNet as the paper compared it, on raw counts of a whole chip (ModelSpec).
ALEXNET = ModelSpec(
    name="alexnet",
    description="AlexNet as the paper compared it: whole 2048 x 4096 chips of raw counts",
    builder="astroclassify.models.nets.alexnet:AlexNet",
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options=_CHIP,
    by_rows=True,
    classes=("galaxy", "nsc"),
    reference="arXiv:1404.5997",
    tags=("large", "paper"),
)

#: AlexNet as the paper compared it, on a chip shrunk to 224 x 448 (ModelSpec).
ALEXNET_RESIZE = ModelSpec(
    name="alexnet-resize",
    description="AlexNet as the paper compared it: chips of raw counts shrunk to 224 x 448",
    builder="astroclassify.models.nets.alexnet:AlexNet",
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options=_RESIZED,
    by_rows=True,
    classes=("galaxy", "nsc"),
    reference="arXiv:1404.5997",
    tags=("large", "paper"),
)

#: VGG-16 with batch normalisation as the paper compared it, on raw counts of a whole chip (ModelSpec).
VGG16_BN = ModelSpec(
    name="vgg16-bn",
    description="VGG-16 with BatchNorm as the paper compared it: whole 2048 x 4096 chips of raw counts",
    builder="astroclassify.models.nets.vgg:VGG16BN",
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options=_CHIP,
    by_rows=True,
    classes=("galaxy", "nsc"),
    reference="arXiv:1409.1556",
    tags=("large", "paper"),
)

#: VGG-16 with batch normalisation as the paper compared it, on a chip shrunk to 224 x 448 (ModelSpec).
VGG16_BN_RESIZE = ModelSpec(
    name="vgg16-bn-resize",
    description="VGG-16 with BatchNorm as the paper compared it: chips of raw counts shrunk to 224 x 448",
    builder="astroclassify.models.nets.vgg:VGG16BN",
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options=_RESIZED,
    by_rows=True,
    classes=("galaxy", "nsc"),
    reference="arXiv:1409.1556",
    tags=("large", "paper"),
)

#: ResNet-18 as the paper compared it, on raw counts of a whole chip (ModelSpec).
RESNET18 = ModelSpec(
    name="resnet18",
    description="ResNet-18 as the paper compared it: whole 2048 x 4096 chips of raw counts",
    builder="astroclassify.models.nets.resnet:ResNet",
    builder_options={"depth": 18, "pooled": (1, 2)},
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options=_CHIP,
    by_rows=True,
    classes=("galaxy", "nsc"),
    reference="arXiv:1512.03385",
    tags=("large", "paper"),
)

#: ResNet-18 as the paper compared it, on a chip shrunk to 224 x 448 (ModelSpec).
RESNET18_RESIZE = ModelSpec(
    name="resnet18-resize",
    description="ResNet-18 as the paper compared it: chips of raw counts shrunk to 224 x 448",
    builder="astroclassify.models.nets.resnet:ResNet",
    builder_options={"depth": 18, "pooled": (1, 2)},
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options=_RESIZED,
    by_rows=True,
    classes=("galaxy", "nsc"),
    reference="arXiv:1512.03385",
    tags=("paper",),
)

#: ResNet-50 on raw counts of a whole chip (ModelSpec).
RESNET50 = ModelSpec(
    name="resnet50",
    description="ResNet-50: whole 2048 x 4096 chips of raw counts",
    builder="astroclassify.models.nets.resnet:ResNet",
    builder_options={"depth": 50},
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options=_CHIP,
    by_rows=True,
    classes=("galaxy", "nsc"),
    reference="arXiv:1512.03385",
    tags=("large",),
)

#: ResNet-101 on raw counts of a whole chip (ModelSpec).
RESNET101 = ModelSpec(
    name="resnet101",
    description="ResNet-101: whole 2048 x 4096 chips of raw counts",
    builder="astroclassify.models.nets.resnet:ResNet",
    builder_options={"depth": 101},
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options=_CHIP,
    by_rows=True,
    classes=("galaxy", "nsc"),
    reference="arXiv:1512.03385",
    tags=("large",),
)

#: EfficientNet-B0 on raw counts of a whole chip (ModelSpec).
EFFICIENTNET_B0 = ModelSpec(
    name="efficientnet-b0",
    description="EfficientNet-B0: whole 2048 x 4096 chips of raw counts",
    builder="astroclassify.models.nets.efficientnet:EfficientNetB0",
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options=_CHIP,
    by_rows=True,
    classes=("galaxy", "nsc"),
    reference="arXiv:1905.11946",
    tags=("large",),
)

#: The small default model; its weights ship with the package (ModelSpec).
PATCHNET = ModelSpec(
    name="patchnet",
    description="Small network with additive attention over patches: frames of any size, evidence map",
    builder="astroclassify.models.nets.patchnet:PatchNet",
    builder_options={"planes": 5},
    preprocessing="astroclassify.preprocess:working_planes",
    preprocessing_options={"peaks": True},
    classes=("galaxy", "nebula", "star cluster", "field"),
    weights=Weights(resource="astroclassify.models:data/patchnet.safetensors"),
    tags=("default", "evidence"),
    flips=True,
    by_rows=True,
)
