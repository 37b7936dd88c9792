"""Simulated frames whose truth is known: scene, optics, detector, raw file, sets of files."""

from astroclassify.core import lazy_names

# Torch is imported with the names that need it, not to list what there is.
__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "_dice": ("Dice",),
        "_distortion": ("DISTORTIONS", "Distortion"),
        "_exposure": ("RawExposure", "simulate_exposure"),
        "_field_of_view": ("FieldOfView",),
        "_frames": ("SimulatedFrame", "linear_frame", "photograph", "random_frames"),
        "_outliers": ("OUTLIERS", "simulate_outlier"),
        "_preview": ("preview",),
        "_styles": ("STYLES", "restyle"),
        "_threads": ("one_thread",),
        "detector._chip": ("ChipWindow", "flat_field", "hot_pixels"),
        "detector._collect": ("collect", "satellite_trail"),
        "detector._cosmic_rays": ("add_cosmic_rays", "pixel_size"),
        "detector._effects": ("Effects", "random_effects"),
        "detector._readout": ("read_out",),
        "optics._observe": ("observe",),
        "optics._psf": ("PointSpread", "point_spread"),
        "optics._telescopes": ("CSST", "HST", "Optics", "Telescope", "random_optics"),
        "scenes._bodies": ("Body", "BodyKind", "CLASSES", "KINDS", "random_body", "random_view"),
        "scenes._fields": ("add_background", "add_foreground"),
        "scenes._palette": ("Response", "SPECTRA", "STAR_TYPES", "named_spectrum", "response"),
        "scenes._pictures": ("PictureBody", "from_image"),
        "scenes._scene": ("Scene",),
        "scenes._view": ("View",),
        "sets._campaign": ("DrawnPlans", "SimulatedSet", "simulate_plans", "simulate_set"),
        "sets._config": ("SimulationConfig",),
        "sets._pictures": (
            "LabelledPicture",
            "PicturePlans",
            "labelled_pictures",
            "simulate_pictures",
        ),
        "sets._plan": ("ExposurePlan", "plan_exposure"),
        "survey._field": ("SURVEY_BANDS", "SurveyField", "survey_field"),
        "sets._twins": ("TwinPlans", "simulate_twin", "twin_plans"),
    },
)
