"""Sets of simulated files: configuration, plans, tables."""

from astroclassify.simulate.sets._campaign import DrawnPlans, SimulatedSet, simulate_plans, simulate_set
from astroclassify.simulate.sets._config import SimulationConfig
from astroclassify.simulate.sets._plan import ExposurePlan, plan_exposure

__all__ = [
    "DrawnPlans",
    "ExposurePlan",
    "SimulatedSet",
    "SimulationConfig",
    "plan_exposure",
    "simulate_plans",
    "simulate_set",
]
