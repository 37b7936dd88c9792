"""A model that calls bright frames galaxies, an explainer and a detector of what is bright."""

from astroclassify.detect import DetectorSpec
from astroclassify.explain import ExplainerSpec
from astroclassify.models import ModelSpec, Weights

BRIGHTNESS = ModelSpec(
    name="example-brightness",
    description="Galaxy where the mean brightness is above a threshold (an example plug-in)",
    builder="astroclassify_example_plugin._network:BrightnessThreshold",
    preprocessing="astroclassify_example_plugin._planes:brightness",
    classes=("galaxy", "nsc"),
    weights=Weights(resource="astroclassify_example_plugin:data/brightness.safetensors"),
)

EXCESS = ExplainerSpec(
    name="example-excess",
    description="What is brighter than the mean speaks for a galaxy (an example plug-in)",
    explainer="astroclassify_example_plugin._excess:explain",
    models=("example-brightness",),
)

BRIGHTEST = DetectorSpec(
    name="example-brightest",
    description="The brightest pixel (an example plug-in)",
    detector="astroclassify_example_plugin._brightest:detect",
    classes=("object",),
)
