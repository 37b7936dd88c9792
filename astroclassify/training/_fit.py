"""Fit the default model on a pool of simulated frames; checkpoints resume."""

import json
import logging
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from astroclassify.models.nets.patchnet import PatchNet
from astroclassify.training._pool import restored

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """
    How the default model is trained.

    Parameters
    ----------
    seconds : float, default 3600
        Wall-clock length of the training; the learning rate falls to zero over it.
    batch_size : int, default 64
        Frames per step.
    learning_rate : float, default 2e-3
        Peak rate of AdamW.
    weight_decay : float, default 0.02
        Of AdamW.
    average : float, default 0.999
        Decay of the exponential moving average of the weights.
    smoothing : float, default 0.05
        Label smoothing of the cross-entropy.
    seed : int, default 1
        Of initialisation and sampling.
    """

    seconds: float = 3600.0
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    average: float = 0.999
    smoothing: float = 0.05
    seed: int = 1


class _Training:
    """State of one training: network, average, optimiser, clock."""

    def __init__(self, recipe):
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.net = PatchNet().to(memory_format=torch.channels_last)
        self.average = torch.optim.swa_utils.AveragedModel(
            self.net,
            multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.average),
            use_buffers=True,
        )
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self.loss = nn.CrossEntropyLoss(label_smoothing=recipe.smoothing)
        self.steps, self.spent = 0, 0.0

    def step(self, planes, labels):
        """One batch; returns the loss."""
        self._set_rate()
        x = restored(torch.from_numpy(planes).float()).to(memory_format=torch.channels_last)
        self.net.train()
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.net(x)
        loss = self.loss(logits.float(), torch.from_numpy(labels))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.average.update_parameters(self.net)
        self.steps += 1
        return loss.item()

    def _set_rate(self):
        progress = min(self.spent / self.recipe.seconds, 1.0)
        warm = min(1.0, (self.steps + 1) / 200)
        rate = self.recipe.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = rate

    def save(self, folder):
        """Write a checkpoint, and the averaged weights, atomically."""
        state = {name: getattr(self, name).state_dict() for name in ("net", "average", "optimiser")}
        partial = folder / "checkpoint.part"
        torch.save({**state, "steps": self.steps, "spent": self.spent}, partial)
        partial.replace(folder / "checkpoint.pt")
        weights = {k: v.contiguous().clone() for k, v in self.average.module.state_dict().items()}
        save_file(weights, folder / "weights.part")
        (folder / "weights.part").replace(folder / "weights.safetensors")

    def load(self, folder):
        """Continue from a checkpoint of this class, if there is one."""
        path = folder / "checkpoint.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            for name in ("net", "average", "optimiser"):
                getattr(self, name).load_state_dict(state[name])
            self.steps, self.spent = state["steps"], state["spent"]


def fit(pool, folder, recipe=None, *, minimum_frames=4000):
    """
    Train PatchNet on a pool until the recipe's time is spent.

    Parameters
    ----------
    pool : FramePool
        Where frames come from; producers may still be filling it.
    folder : path-like
        For checkpoints, the log ``log.csv`` and ``weights.safetensors``.
    recipe : Recipe, optional
        How to train.
    minimum_frames : int, default 4000
        Wait until the pool holds so many.

    Returns
    -------
    pathlib.Path
        The weights file.
    """
    recipe, folder = recipe or Recipe(), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1))
    while pool.filled < minimum_frames:
        time.sleep(1)
    training = _Training(recipe)
    training.load(folder)
    rng = np.random.default_rng([recipe.seed, training.steps])
    losses, last = [], time.monotonic()
    while training.spent < recipe.seconds:
        losses.append(training.step(*pool.draw(rng, recipe.batch_size)))
        now = time.monotonic()
        training.spent, last = training.spent + now - last, now
        if not np.isfinite(losses[-1]):
            raise FloatingPointError(
                f"the loss is {losses[-1]} at step {training.steps}; lower the learning rate"
            )
        if training.steps % 200 == 0:
            _report(folder, training, np.mean(losses[-200:]), pool.filled)
    training.save(folder)
    return folder / "weights.safetensors"


def _report(folder, training, loss, simulated):
    samples = training.steps * training.recipe.batch_size
    with (folder / "log.csv").open("a") as log:
        log.write(f"{training.steps},{samples},{simulated},{training.spent:.0f},{loss:.4f}\n")
    _log.info("step %d, %d samples, loss %.4f", training.steps, samples, loss)
    training.save(folder)
