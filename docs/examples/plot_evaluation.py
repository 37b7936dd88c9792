"""
How good is a model?
====================

Two models answer the same frames, side by side. An accuracy says little alone: it needs an interval that
knows that frames of one body are right or wrong together, a look at what the probabilities are worth, and at
what happens when frames get worse.
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
# Frames with a label and a body: here simulated ones that no model has learnt from, two of each body. Lists
# of files are read from a table in the columns of the paper's lists (:doc:`/evaluation`).

kinds = ("elliptical", "spiral", "globular", "emission")
frames = [
    LabelledFrame(frame.array, frame.label, body=f"{kind} {number}", name=f"{kind} {number}{part}")
    for number in range(12)
    for kind in kinds
    for part, frame in zip("ab", random_frames(60_000 + number, kind=kind, renderings=2), strict=True)
]

# %%
# The rival believes one thing: galaxies are brighter in the middle than around it. It takes the same planes
# as the default model.


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
# Answers, and the tables made of them, are kept in a folder: an evaluation that was stopped goes on there.
# The last rows are rules that see no picture. A bright middle tells nothing here: the frames show any part of
# a body, and are simulated so that no single number gives the class away.

folder = tempfile.mkdtemp()
done = evaluate({"default": default, "bright-middle": rival}, frames, folder)
print(summary_text(done))

# %%
# What is called what, as in Fig. 3 of the paper:

figure = plot_confusion(done)

# %%
# Among the answers that a model is 90% sure of, nine of ten should be right. Dots under the grey line are
# answers that are too sure:

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
