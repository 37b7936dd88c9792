"""Models side by side on labelled frames: answers, tables, comparisons, robustness."""

from astroclassify.evaluation._baselines import STATISTICS, fair_rules
from astroclassify.evaluation._evaluate import evaluate
from astroclassify.evaluation._evaluation import Evaluation, read_evaluation, summary_text
from astroclassify.evaluation._models import AskedModel, asked_models
from astroclassify.evaluation._robustness import QUANTITIES, measure_robustness

__all__ = [
    "Evaluation",
    "evaluate",
    "read_evaluation",
    "measure_robustness",
]
