"""What parameters of figures may be, beside the rules of `astroclassify.core`."""

from astroclassify.core import rules

AXES = rules.optional(rules.having("matplotlib's axes", "get_figure", "plot"))
FIGURE = rules.optional(rules.having("a figure of matplotlib", "subplots", "subfigures"))
ANSWER = rules.having("an answer, as astroclassify.classify gives it", "probabilities", "leaning")
EVALUATION = rules.having("an Evaluation, as of evaluate or read_evaluation", "models", "answers", "tables")
EXPLANATION = rules.having("an Explanation, as of astroclassify.explain.explain", "map", "regions", "answer")
DETECTIONS = rules.having("detections, as of astroclassify.detect.detect", "picture", "shape", "meta")
BODIES = rules.having("bodies, as of astroclassify.identify.identify", "outlines", "meta")
#: Pixels by the name of the frame.
FRAMES = rules.optional(rules.having("a mapping of names to frames", "get", "keys"))


def one_by_one(name, value):
    """Ask for something whose elements can be taken one by one; they are taken later (iterator)."""
    try:
        if isinstance(value, str):
            raise TypeError
        return iter(value)
    except TypeError as error:
        raise rules.wrong(name, value, "detections of images, one by one") from error
