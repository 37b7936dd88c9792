"""Models side by side on labelled frames: answers, tables, comparisons, robustness."""

from astroclassify.evaluation._all import summary_text
from astroclassify.evaluation._comparisons import holm, mcnemar
from astroclassify.evaluation._evaluate import evaluate
from astroclassify.evaluation._evaluation import Evaluation, read_evaluation
from astroclassify.evaluation._robustness import QUANTITIES, robustness

__all__ = [
    "QUANTITIES",
    "Evaluation",
    "evaluate",
    "holm",
    "mcnemar",
    "read_evaluation",
    "robustness",
    "summary_text",
]
