"""Models side by side on labelled frames: answers, tables, comparisons, robustness."""

from astroclassify.evaluation._evaluate import evaluate
from astroclassify.evaluation._evaluation import Evaluation, read_evaluation

__all__ = ["Evaluation", "evaluate", "read_evaluation"]
