"""The order of the examples: from a first answer to the errors of a model."""

_ORDER = (
    # answers
    *("first_look", "evidence", "explainers", "why_nsc", "reasons", "errors", "identify"),
    # objects in an image, sources
    *("detect", "starless", "stars_galaxies", "survey"),
    # files
    *("raw_frame", "layouts", "watch"),
    # simulation
    *("bodies", "sheet", "styles", "picture_as_scene", "exposure_time", "degrade"),
    # models
    *("evaluation", "calibrate", "finetune"),
)


class ByPurpose:
    """Sort examples as they are listed here; one that is not listed comes last."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, filename):
        """Give the place of an example."""
        name = filename.removeprefix("plot_").removesuffix(".py")
        return f"{_ORDER.index(name) if name in _ORDER else len(_ORDER):03d} {name}"
