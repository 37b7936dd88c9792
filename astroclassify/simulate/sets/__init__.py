"""Sets of simulated files: configuration, plans, tables."""

from astroclassify.simulate.sets._campaign import DrawnPlans, SimulatedSet, simulate_plans, simulate_set
from astroclassify.simulate.sets._config import SimulationConfig
from astroclassify.simulate.sets._plan import ExposurePlan, plan_exposure
from astroclassify.simulate.sets._twins import TwinPlans, simulate_twin, twin_plans

__all__ = [
    "DrawnPlans",
    "ExposurePlan",
    "SimulatedSet",
    "SimulationConfig",
    "TwinPlans",
    "plan_exposure",
    "simulate_plans",
    "simulate_set",
    "simulate_twin",
    "twin_plans",
]
