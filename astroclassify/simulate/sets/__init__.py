"""Sets of simulated files: configuration, plans, tables."""

from astroclassify.simulate.sets._campaign import SimulatedSet, simulate_set
from astroclassify.simulate.sets._config import SimulationConfig
from astroclassify.simulate.sets._plan import ExposurePlan, plan_exposure

__all__ = [
    "ExposurePlan",
    "SimulatedSet",
    "SimulationConfig",
    "plan_exposure",
    "simulate_set",
]
