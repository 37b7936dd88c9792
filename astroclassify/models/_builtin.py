"""The models that come with the package, as declared in its entry points."""

from astroclassify.models._spec import ModelSpec, Weights

#: The network of the paper, on raw counts of a whole chip (ModelSpec).
HR_CELESTIALNET = ModelSpec(
    name="hr-celestialnet",
    description="HR-CelestialNet of the paper: whole 2048 x 4096 chips of raw counts; no published weights",
    builder="astroclassify.models.nets.hr_celestialnet:HRCelestialNet",
    preprocessing="astroclassify.preprocess:counts_planes",
    preprocessing_options={"height": 2048, "width": 4096},
    classes=("galaxy", "nsc"),
    reference="arXiv:2312.04948",
    tags=("large", "paper"),
)

#: The small default model; its weights ship with the package (ModelSpec).
PATCHNET = ModelSpec(
    name="patchnet",
    description="Small network with additive attention over patches: frames of any size, evidence map",
    builder="astroclassify.models.nets.patchnet:PatchNet",
    preprocessing="astroclassify.preprocess:working_planes",
    classes=("galaxy", "nebula", "star cluster", "field"),
    weights=Weights(resource="astroclassify.models:data/patchnet.safetensors"),
    tags=("default", "evidence"),
)
