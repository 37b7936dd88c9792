"""
How good is a model?
====================

This example compares two models on the same frames. It gives the accuracy with an interval by object, the
calibration of the probabilities, and the accuracy on frames that are made worse.
"""

import tempfile
from dataclasses import replace

import torch

from astroclassify.datasets import LabelledFrame
from astroclassify.evaluation import evaluate, measure_robustness, summary_text
from astroclassify.models import Calibration, Model, build_model
from astroclassify.simulate import random_frames
from astroclassify.visualization import plot_confusion, plot_reliability, plot_robustness

# %%
# Each frame has a label and an object. Here they are simulated, two of each object, and none was in a
# training. Lists of files are read from a table in the columns of the paper's lists (:doc:`/evaluation`).

kinds = ("elliptical", "spiral", "globular", "emission")
frames = [
    LabelledFrame(frame.array, frame.label, body=f"{kind} {number}", name=f"{kind} {number}{part}")
    for number in range(12)
    for kind in kinds
    for part, frame in zip("ab", random_frames(60_000 + number, kind=kind, renderings=2), strict=True)
]

# %%
# The other model has one rule: galaxies are brighter in the centre than around it. It has the same input as
# the default model.


class BrightMiddle(torch.nn.Module):
    """Speak for a galaxy if the middle of the frame is brighter than the whole."""

    def forward(self, planes):
        """Give logits [N, 2] from planes [N, C, H, W]; the third plane is the rank of each pixel."""
        rank, (height, width) = planes[:, 2], planes.shape[2:]
        middle = rank[:, height // 3 : -height // 3, width // 3 : -width // 3].mean(dim=(1, 2))
        galaxy = 10 * (middle - 0.65)
        return torch.stack([galaxy, -galaxy], dim=1)


default = build_model("default")
spec = replace(default.spec, name="bright-middle", classes=("galaxy", "nsc"), flips=False)
rival = Model(spec, BrightMiddle(), card={}, calibration=Calibration(), sha256="", device="cpu")

# %%
# Answers and tables are stored in a folder, so that an evaluation can be resumed. The last rows are
# baselines that see no picture. A bright centre says nothing here, because the frames show any part of an
# object, and are simulated so that no single number gives the class away.

folder = tempfile.mkdtemp()
done = evaluate({"default": default, "bright-middle": rival}, frames, folder)
print(summary_text(done))

# %%
# The confusion matrices, as in Fig. 3 of the paper:

figure = plot_confusion(done)

# %%
# Of the answers with a probability of 90%, nine of ten should be right. Dots below the grey line are answers
# that are too confident:

figure = plot_reliability(done)

# %%
# Frames can be made worse, one quantity at a time. Here pixels are summed, and parts are cut out; frames
# of a known camera can also have aberrations, a shorter exposure, another band or more cosmic rays.

table = measure_robustness(
    {"default": default, "bright-middle": rival},
    frames,
    folder,
    quantities=["binning", "cut-out"],
    levels={"binning": [2, 4, 8], "cut-out": [128, 64, 32]},
    max_frames=32,
)
figure = plot_robustness(table)

# %%
# `~astroclassify.visualization.evaluation_report` puts all figures and tables on one web page.
