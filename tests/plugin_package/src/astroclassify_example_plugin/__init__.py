"""A model that calls bright frames galaxies."""

from astroclassify.models import ModelSpec, Weights

BRIGHTNESS = ModelSpec(
    name="example-brightness",
    description="Galaxy where the mean brightness is above a threshold (an example plug-in)",
    builder="astroclassify_example_plugin._network:BrightnessThreshold",
    preprocessing="astroclassify_example_plugin._planes:brightness",
    classes=("galaxy", "nsc"),
    weights=Weights(resource="astroclassify_example_plugin:data/brightness.safetensors"),
)
