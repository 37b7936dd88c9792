"""The registry of models."""

from astroclassify.core import Registry
from astroclassify.models._spec import ModelSpec

#: Every model that an installed distribution declares, by name (Registry of ModelSpec).
MODELS = Registry("astroclassify.models", kind="model", expected_type=ModelSpec)
