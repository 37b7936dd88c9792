"""The models for single sources that come with the package, as declared in its entry points."""

from dataclasses import replace

from astroclassify.models._spec import ModelSpec, Weights

#: Cut-outs and catalogue fused by small networks; its weights come with the package (ModelSpec).
STAR_GALAXY_LITE = ModelSpec(
    name="star-galaxy-lite",
    description="Star or galaxy: cut-outs and catalogue, small networks; any of the bands NUV u g r i z y",
    builder="astroclassify.models.nets.star_galaxy:StarGalaxyNet",
    builder_options={"size": "lite"},
    preprocessing="astroclassify.stargalaxy:source_inputs",
    classes=("star", "galaxy"),
    weights=Weights(resource="astroclassify.models:data/star-galaxy-lite.safetensors"),
    task="source",
)
#: The same from the cut-outs alone, and from the catalogue alone (ModelSpec).
STAR_GALAXY_IMAGE = replace(
    STAR_GALAXY_LITE,
    name="star-galaxy-image",
    description="Star or galaxy: the cut-outs alone, a small network",
    builder_options={"size": "lite", "modes": ("image",)},
    weights=None,
)
STAR_GALAXY_CATALOGUE = replace(
    STAR_GALAXY_LITE,
    name="star-galaxy-catalogue",
    description="Star or galaxy: the catalogue alone, a small network",
    builder_options={"size": "lite", "modes": ("catalogue",)},
    weights=None,
)
#: The networks of the paper, fused: ResNet-50 on cut-outs, a bidirectional LSTM on the catalogue (ModelSpec).
STAR_GALAXY_FUSION = replace(
    STAR_GALAXY_LITE,
    name="star-galaxy-fusion",
    description="Star or galaxy: ResNet-50 on cut-outs, BiLSTM on the catalogue, as the paper; no weights",
    builder_options={"size": "paper"},
    weights=None,
    reference="arXiv:2604.10086",
    tags=("large", "paper"),
)
