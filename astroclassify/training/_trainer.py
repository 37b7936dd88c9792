"""The one training loop: steps, schedule, checks, checkpoints that resume bit for bit."""

import math
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from astroclassify.core import TrainingError, atomic_path, prefetch, progress_bar
from astroclassify.inference import predict_planes
from astroclassify.models import Calibration, Model, built_module
from astroclassify.training._log import TrainingLog
from astroclassify.training._loss import consistency_loss, partial_cross_entropy
from astroclassify.training._network import (
    freeze_all_but_the_head,
    freeze_first_layers,
    freeze_normalisation,
    keep_first_layer_exact,
    mixed_precision,
    save_memory,
    set_training,
    update_average,
)

_OF_CONVOLUTIONS = 4  # dimensions of a weight: channels out and in, rows, columns
CHECKPOINT, BEST = "checkpoint.pt", "best.safetensors"
_AHEAD = 2  # batches made before they are needed
_ROWS_OF_AN_EPOCH = 10
_STEPS_OF_A_ROW = 200
_SHOWN_FRAMES = 4


class Trainer:
    """
    State of one training: network, average, optimiser, and how far it is.

    Parameters
    ----------
    spec : ModelSpec
        What is trained.
    recipe : Recipe
        How.
    device : str, default "cpu"
        Where.
    steps_per_epoch : int
        Steps of an epoch.
    state : dict of str to torch.Tensor, optional
        Weights to start from; by default those that the network is built with.

    Notes
    -----
    Torch's global random state is used (by dropout) and set; whoever calls keeps it apart.
    """

    def __init__(self, spec, recipe, *, steps_per_epoch, device="cpu", state=None):
        torch.manual_seed(recipe.seed)
        self.spec, self.recipe, self.device = spec, recipe, device
        self.steps_per_epoch, self.total = steps_per_epoch, recipe.epochs * steps_per_epoch
        self.module, self.average = self._built(state), self._built(state).eval() if recipe.average else None
        if recipe.trainable == "head":
            freeze_all_but_the_head(self.module, len(spec.classes))
        elif recipe.trainable == "convolutions":
            freeze_normalisation(self.module)
        freeze_first_layers(self.module, recipe.frozen)
        if recipe.checkpointing:
            save_memory(self.module)
        set_training(self.module)
        self.parameters = [one for one in self.module.parameters() if one.requires_grad]
        self.optimiser = _optimiser(recipe, self.parameters)
        self.precision = mixed_precision(recipe, device)
        self.steps, self.seconds = 0, 0.0
        self.best_loss, self.stale = math.inf, 0
        self.losses = []  # since the last row of the log

    def _built(self, state):
        torch.manual_seed(self.recipe.seed)
        module = built_module(self.spec)
        if state is not None:
            module.load_state_dict(state)
        layout = torch.channels_last if self.recipe.channels_last else torch.contiguous_format
        module = module.to(device=self.device, dtype=torch.float32, memory_format=layout)
        keep_first_layer_exact(module)
        return module

    @property
    def judged(self):
        """The network whose weights are kept: the average where there is one (torch.nn.Module)."""
        return self.module if self.average is None else self.average

    @property
    def epoch(self):
        """Epochs that are complete (int)."""
        return self.steps // self.steps_per_epoch

    @property
    def is_finished(self):
        """Whether the last step is done, or patience is at its end (bool)."""
        if self.recipe.patience is not None and self.stale >= self.recipe.patience:
            return True
        if self.recipe.seconds is not None:
            return self.seconds >= self.recipe.seconds
        return self.steps >= self.total

    @property
    def rate(self):
        """The learning rate of the next step (float)."""
        recipe, warm_up = self.recipe, self.recipe.warm_up
        done = self.steps / self.total
        if recipe.seconds is not None:
            done = self.seconds / recipe.seconds
        else:
            warm_up = min(warm_up, self.total // 10)
        rising = min(1.0, (self.steps + 1) / (warm_up + 1))
        falling = 0.5 * (1 + math.cos(math.pi * min(done, 1.0))) if recipe.schedule == "cosine" else 1.0
        return recipe.learning_rate * rising * falling

    # A step ----------------------------------------------------------------------------------

    def step(self, batch):
        """
        Learn from a batch.

        Parameters
        ----------
        batch : Batch
            The frames.

        Returns
        -------
        float
            Its mean loss, before the step.

        Raises
        ------
        TrainingError
            If the loss or its gradient is not finite; the weights are then as they were.
        """
        rate = self.rate
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        if not self.module.training:
            set_training(self.module)
        self.optimiser.zero_grad(set_to_none=True)
        number, total = len(batch.allowed), 0.0
        for planes, allowed, *bodies in batch.parts(self.recipe.micro_batch):
            loss = self._loss(planes, allowed, *bodies) / number
            total += loss.item()
            self._check("loss", total, rate, batch)
            loss.backward()
        clip = math.inf if self.recipe.clip is None else self.recipe.clip
        self._check("gradient's norm", nn.utils.clip_grad_norm_(self.parameters, clip).item(), rate, batch)
        self.optimiser.step()
        if self.average is not None:
            decay = min(self.recipe.average, (1 + self.steps) / (10 + self.steps))
            update_average(self.average, self.module, decay)
        self.steps += 1
        return total

    def _loss(self, planes, allowed, bodies=None):
        """Summed over the frames of a part."""
        x = self._on_device(planes)
        with self.precision():
            logits = self._logits(x)
        right = torch.from_numpy(np.ascontiguousarray(allowed)).to(self.device)
        loss = partial_cross_entropy(logits.float(), right, smoothing=self.recipe.smoothing).sum()
        if bodies is None or not self.recipe.consistency:
            return loss
        groups = torch.from_numpy(np.unique(bodies, return_inverse=True)[1]).to(self.device)
        return loss + self.recipe.consistency * consistency_loss(logits.float(), groups).sum()

    def _logits(self, x):
        return self.module(x)

    def _on_device(self, planes):
        x = torch.from_numpy(planes).to(self.device)
        if self.recipe.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        return x / self.recipe.input_scale if self.recipe.input_scale != 1 else x

    def _check(self, what, value, rate, batch):
        if math.isfinite(value):
            return
        more = len(batch.names) - _SHOWN_FRAMES
        frames = ", ".join(batch.names[:_SHOWN_FRAMES]) + (f" and {more} more" if more > 0 else "")
        raise TrainingError(
            f"the {what} is {value} in step {self.steps + 1} (learning rate {rate:.3g}), for {frames}. Use a "
            "lower learning rate, clip the gradient (clip=1), scale the planes (input_scale=1000 for raw "
            "counts), or precision='float32', and look at these frames; the last checkpoint is as it was"
        )

    # Judging ---------------------------------------------------------------------------------

    def predicted(self, frames, *, flips=False):
        """
        Run the network that is judged over held-out frames.

        Parameters
        ----------
        frames : FrameSet
            The frames.
        flips : bool or None, default False
            As of `~astroclassify.inference.predict`.

        Returns
        -------
        numpy.ndarray
            Logits, float64, shape (N, K).
        """
        model = Model(self.spec, self.judged.eval(), {}, Calibration(), "", self.device)
        size = self.recipe.micro_batch or self.recipe.batch_size
        planes = (
            one / np.float32(self.recipe.input_scale)
            for batch in frames.in_order(size)
            for one in batch.planes
        )
        with self.precision():
            predictions = list(predict_planes(model, planes, flips=flips, evidence=False, batch_size=size))
        return np.stack([one.logits for one in predictions])

    def validate(self, frames, folder):
        """
        Judge the network, and keep its weights if it is the best so far.

        Parameters
        ----------
        frames : FrameSet
            Held-out frames.
        folder : pathlib.Path
            Where the best weights are kept.

        Returns
        -------
        tuple of float
            Mean loss, and share of frames whose most probable class is right.
        """
        logits = torch.from_numpy(self.predicted(frames))
        loss = float(partial_cross_entropy(logits, torch.from_numpy(frames.allowed)).mean())
        right = frames.allowed[np.arange(len(frames)), logits.argmax(dim=1).numpy()]
        if loss < self.best_loss:
            self.best_loss, self.stale = loss, 0
            if self.recipe.patience is not None:
                write_state(self.judged.state_dict(), folder / BEST)
        else:
            self.stale += 1
        return loss, float(right.mean())

    # Checkpoints -----------------------------------------------------------------------------

    def save(self, folder):
        """
        Write a checkpoint, so that there is never half of one.

        Parameters
        ----------
        folder : pathlib.Path
            Of the training.

        Raises
        ------
        TrainingError
            If a weight is not finite; the checkpoint that is there stays.
        """
        if not all(bool(one.isfinite().all()) for one in self.module.parameters()):
            raise TrainingError(
                f"after step {self.steps} there are weights that are not finite "
                f"(learning rate {self.rate:.3g}); use a lower one; the last checkpoint is as it was"
            )
        networks = {"module": self.module, "average": self.average, "optimiser": self.optimiser}
        state = {name: one.state_dict() for name, one in networks.items() if one is not None}
        state |= {name: getattr(self, name) for name in _PROGRESS}
        state["random"] = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
        with atomic_path(folder / CHECKPOINT) as unfinished:
            torch.save(state, unfinished)

    def load(self, folder):
        """
        Go on from a checkpoint.

        Parameters
        ----------
        folder : pathlib.Path
            Of the training.
        """
        state = torch.load(folder / CHECKPOINT, weights_only=True, map_location="cpu")
        self.module.load_state_dict(state["module"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        for name in _PROGRESS:
            setattr(self, name, state[name])
        torch.set_rng_state(state["random"][0])
        if len(state["random"]) == 1 + torch.cuda.device_count():
            torch.cuda.set_rng_state_all(state["random"][1:])

    def load_best(self, folder):
        """
        Take the weights that were best on held-out frames, if there are some.

        Parameters
        ----------
        folder : pathlib.Path
            Of the training.
        """
        if (folder / BEST).is_file():
            self.judged.load_state_dict(load_file(folder / BEST))


#: What a checkpoint holds beside networks and random states.
_PROGRESS = ("steps", "seconds", "best_loss", "stale", "losses")


def _optimiser(recipe, parameters):
    if recipe.optimiser == "sgd":
        settings = {"momentum": recipe.momentum, "weight_decay": recipe.weight_decay}
        return torch.optim.SGD(parameters, lr=recipe.learning_rate, **settings)
    return torch.optim.AdamW(parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)


def mean_state(paths):
    """
    Average the weights of files.

    Parameters
    ----------
    paths : sequence of path-like
        Weights of one network. Of trainings that started from one another, the mean is often right where
        either is (Wortsman et al. 2022, arXiv:2109.01903).

    Returns
    -------
    dict of str to torch.Tensor
        In the types of the first; counts of batches, which are whole numbers, are those of the first.
    """
    first, *others = (load_file(path) for path in paths)
    return {
        name: torch.stack([one.double(), *(other[name].double() for other in others)]).mean(0).to(one.dtype)
        if one.is_floating_point()
        else one
        for name, one in first.items()
    }


def halved(state):
    """
    Round the weights of convolutions to 16 bits, which halves the file.

    Vectors (statistics, biases) and what tells a usual frame from a novel one are small or need the range of
    32 bits.

    Parameters
    ----------
    state : dict of str to torch.Tensor
        Weights by name.

    Returns
    -------
    dict of str to torch.Tensor
        The same, those of four dimensions in half precision.
    """
    return {name: one.half() if one.ndim == _OF_CONVOLUTIONS else one for name, one in state.items()}


def write_state(state, path):
    """
    Write a network's weights, so that there is never half of them.

    Parameters
    ----------
    state : dict of str to torch.Tensor
        The network's state.
    path : pathlib.Path
        A safetensors file, replaced if it exists.
    """
    state = {name: one.contiguous().cpu() for name, one in state.items()}
    with atomic_path(path) as unfinished:
        save_file(state, unfinished)


# The loop ------------------------------------------------------------------------------------


def train(trainer, source, folder, *, validation=None, checkpoint_seconds=300.0, progress=None):
    """
    Train to the end, from where the trainer is.

    Parameters
    ----------
    trainer : Trainer
        Changed in place.
    source : object
        Gives batches: ``batch(number, size)``.
    folder : path-like
        For checkpoints and the log.
    validation : FrameSet, optional
        Held-out frames, judged after each epoch.
    checkpoint_seconds : float, default 300
        Time between checkpoints; there is one more at the end.
    progress : bool, optional
        Show a progress bar.

    Raises
    ------
    TrainingError
        If loss, gradient or weights are not finite.
    """
    folder = Path(folder)
    log, per_row = TrainingLog(folder, step=trainer.steps), _steps_of_a_row(trainer)
    total, last = None if trainer.recipe.seconds else trainer.total, time.monotonic()
    with (
        closing(_batches(source, trainer.steps, trainer.recipe.batch_size)) as batches,
        progress_bar(total=total, progress=progress, description="training") as bar,
    ):
        bar.update(trainer.steps)
        saved = trainer.seconds
        try:
            while not trainer.is_finished:
                trainer.losses.append(trainer.step(next(batches)))
                now = time.monotonic()
                trainer.seconds, last = trainer.seconds + now - last, now
                bar.update()
                _report(trainer, log, validation, folder, per_row, bar)
                if trainer.seconds - saved >= checkpoint_seconds:
                    trainer.save(folder)
                    saved = trainer.seconds
        finally:
            log.close()
    trainer.save(folder)


def _report(trainer, log, validation, folder, per_row, bar):
    """Judge at the end of an epoch; write a row then, and in between."""
    ends = trainer.steps % trainer.steps_per_epoch == 0 or trainer.is_finished
    if not ends and trainer.steps % per_row:
        return
    judged = trainer.validate(validation, folder) if ends and validation is not None else (None, None)
    loss = float(np.mean(trainer.losses))
    log.write(
        step=trainer.steps,
        epoch=trainer.epoch,
        samples=trainer.steps * trainer.recipe.batch_size,
        loss=loss,
        rate=trainer.optimiser.param_groups[0]["lr"],
        validation_loss=judged[0],
        validation_accuracy=judged[1],
        seconds=trainer.seconds,
    )
    trainer.losses = []
    accuracy = {} if judged[1] is None else {"accuracy": f"{judged[1]:.3f}"}
    bar.set_postfix(loss=f"{loss:.4f}", **accuracy)


def _steps_of_a_row(trainer):
    return max(1, min(_STEPS_OF_A_ROW, trainer.steps_per_epoch // _ROWS_OF_AN_EPOCH))


def _batches(source, first, size):
    """Batches in order, made by another thread while the network learns from the one before."""
    return prefetch(range(first, sys.maxsize), lambda _, number: source.batch(number, size), depth=_AHEAD)
