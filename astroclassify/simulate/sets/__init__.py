"""Sets of simulated files: configuration, plans, tables."""

from astroclassify.core import lazy_names

# Torch is imported with the names that need it, not to list what there is.
__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "_campaign": ("DrawnPlans", "SimulatedSet", "simulate_plans", "simulate_set"),
        "_config": ("SimulationConfig",),
        "_pictures": (
            "LabelledPicture",
            "PicturePlans",
            "labelled_pictures",
            "simulate_pictures",
        ),
        "_plan": ("ExposurePlan", "plan_exposure"),
        "_twins": ("TwinPlans", "simulate_twin", "twin_plans"),
    },
    public=(),
)
