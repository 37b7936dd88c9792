"""Explainers: where in a frame an answer comes from, as maps on the frame and on the sky.

A registry like that of models: built-in and third-party explainers are declared by the same entry points.
"""

from astroclassify.explain._evidence import EVIDENCE
from astroclassify.explain._spec import EXPLAINERS, ExplainerSpec

__all__ = ["EVIDENCE", "EXPLAINERS", "ExplainerSpec"]
