"""`fit`: from a model, labelled frames and a recipe to weights with a card."""

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from astroclassify.core import ParameterError, RunFolder
from astroclassify.datasets import MANIFEST_FILE, checked_frames, labelled_frames, split_frames
from astroclassify.models import (
    built_module,
    find_spec,
    load_state,
    locate_weights,
    resolve_device,
    spec_of,
    verified_sha256,
)
from astroclassify.simulate import SimulationConfig, simulate_set
from astroclassify.training._card import make_card
from astroclassify.training._data import FrameSet, PoolStream, SimulatedStream
from astroclassify.training._log import read_log
from astroclassify.training._network import fold_scale
from astroclassify.training._presets import find_recipe
from astroclassify.training._store import PlaneStore
from astroclassify.training._trainer import CHECKPOINT, Trainer, halved, train, write_state

#: What data that are simulated on the fly begin with, in a text.
SIMULATED = "simulated:"
WEIGHTS, ABOUT, HELD_OUT = "weights.safetensors", "recipe.json", "held-out"
#: Seeds of held-out simulations are this far from those of training.
_OTHER_SEEDS = 1_000_003


@dataclass(frozen=True)
class TrainingResult:
    """
    Result of a training: weights, card and steps.

    Parameters
    ----------
    weights : pathlib.Path
        The file that `~astroclassify.classify` takes as ``weights=``, with its card beside it.
    card : dict
        The card.
    log : pathlib.Path
        ``log.csv``, one row every few steps.
    steps : int
        Steps that were made.

    Examples
    --------
    `fit` gives one:

    >>> from pathlib import Path
    >>> from astroclassify.training import TrainingResult
    >>> run = Path("runs/tuned")
    >>> done = TrainingResult(run / "weights.safetensors", {"licence": "CC0-1.0"}, run / "log.csv", steps=100)
    >>> done.weights.name, done.steps
    ('weights.safetensors', 100)
    """

    weights: Path
    card: dict
    log: Path
    steps: int


def fit(
    model,
    data,
    *,
    folder,
    preset="modern",
    weights=None,
    validation=0.2,
    split="body",
    max_frames=None,
    frame_dir=None,
    cache=None,
    device=None,
    resume=False,
    licence="not stated",
    half=False,
    checkpoint_seconds=300.0,
    progress=None,
):
    """
    Train a model, or resume its training.

    Parameters
    ----------
    model : str or ModelSpec
        Any model, with any preprocessing. By its name, with that of the weights to start from.
    data : path-like, sequence of LabelledFrame, SimulationConfig, FramePool or source
        A manifest in the columns of the paper's lists (CSV, or ECSV as
        `~astroclassify.simulate.simulate_set` writes it); the folder of a set that
        `~astroclassify.datasets.build_set` made; frames in memory; or
        ``"simulated:CONFIG.toml"``, or a configuration: exposures simulated as they are needed,
        on the training device, each seen once; or a pool; or any object with the methods
        ``batch``, ``batches`` and ``described`` of `FrameSet`. The last two are not split: nothing
        is held out of them.
    folder : path-like
        For the weights, the checkpoint and the log.
    preset : str or Recipe, default "modern"
        How to train: a name in ``PRESETS``, or a recipe of your own, for example
        ``dataclasses.replace(PRESETS["paper"], epochs=5)``.
    weights : str or path-like, optional
        A file to start from, or ``"default"`` for those that the model comes with; by default
        none.
    validation : float or path-like, default 0.2
        Share of the bodies that is held out, of an epoch where frames are simulated; 0 for none; or
        another manifest. The weights are judged and calibrated on it. Held-out simulations are a
        set of files in the folder, of another seed.
    split : {"body", "frame"}, default "body"
        What is kept apart. A split by frame flatters, and warns.
    max_frames : int, optional
        Use at most so many training frames, drawn at random. Where frames are simulated as they are
        needed: that many are an epoch, by default 1024.
    frame_dir : path-like, optional
        Folder of the files that a manifest names; by default its own.
    cache : path-like, optional
        Folder where planes of files are kept, so that they are made once; by default in the
        folder. Planes of more than 8 MiB are not kept.
    device : str, optional
        As for `~astroclassify.classify`.
    resume : bool, default False
        Go on with the training that is in the folder. On the CPU, with as many threads, the result
        is bit for bit that of a training that was never interrupted.
    licence : str, default "not stated"
        Of the weights, for the card.
    half : bool, default False
        Round the finished weights of convolutions to 16 bits: the file is half as large, and the metrics are
        those of the rounded weights.
    checkpoint_seconds : float, default 300
        Time between checkpoints.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    TrainingResult
        The weights and how they were made.

    Raises
    ------
    ParameterError
        If an argument is wrong, no body can be held out, the folder holds another training, or another
        process is at work in it.
    UnknownNameError
        If there is no such model or preset.
    ReadError
        If the manifest, or a file that it names, cannot be read.
    TrainingError
        If the loss is not finite.
    MissingWeightsError, WeightsError
        If the weights to start from are not there, or do not fit.

    Warns
    -----
    AstroclassifyWarning
        If the split is by frame.

    Examples
    --------
    One step on two simulated frames, from the weights that come with the model. A training has thousands of
    frames, as a list of files or the folder of a set:

    >>> from dataclasses import replace
    >>> from astroclassify.datasets import LabelledFrame
    >>> from astroclassify.simulate import random_frames
    >>> from astroclassify.training import PRESETS, fit
    >>> frames = []
    >>> for kind in ("spiral", "globular"):
    ...     (one,) = random_frames(3, kind=kind, shape=(96, 96))
    ...     frames.append(LabelledFrame(one.array, one.label, body=kind))
    >>> asked = {"preset": replace(PRESETS["fine-tune"], epochs=1), "weights": "default", "validation": 0}
    >>> done = fit("patchnet", frames, folder=getfixture("tmp_path") / "run", **asked, progress=False)
    >>> done.weights.name, done.steps
    ('weights.safetensors', 1)
    """
    spec, recipe = find_spec(model), find_recipe(preset)
    device, start = resolve_device(device), start_of(spec, weights)
    if isinstance(model, str):  # a spec of one's own says itself how planes are made
        spec = spec_of(start.get("card", {}), spec)
    asked = {
        "validation": validation,
        "split": split,
        "max_frames": max_frames,
        "frame_dir": frame_dir,
        "device": device,
    }
    with RunFolder(folder) as run:
        store = PlaneStore(spec, run.folder / "planes" if cache is None else cache)
        source, held = _opened(data, store, recipe, asked, run.folder, progress)
        description = _description(spec, recipe, source, held, asked, start)
        check_same_training(run, description, resume)
        with randomness_kept(), threads(device):
            steps = source.batches(recipe.batch_size)
            trainer = Trainer(spec, recipe, steps_per_epoch=steps, device=device, state=start.get("state"))
            if (run.folder / CHECKPOINT).is_file():
                trainer.load(run.folder)
            pace = {"checkpoint_seconds": checkpoint_seconds, "progress": progress}
            train(trainer, source, run.folder, validation=held, **pace)
            return _finished(trainer, source, held, run.folder, description, licence, start.get("card"), half)


# What to learn from --------------------------------------------------------------------------


def _opened(data, store, recipe, asked, folder, progress):
    """Give the source of batches, and the held-out frames or None."""
    if isinstance(data, str) and data.startswith(SIMULATED):
        path = data.removeprefix(SIMULATED)
        data = SimulationConfig.read(path) if path else SimulationConfig()
    if isinstance(data, SimulationConfig):
        return _simulated(data, store, recipe, asked, folder, progress)
    if hasattr(data, "draw"):
        return PoolStream(data, store.spec, seed=recipe.seed, together=recipe.consistency > 0), None
    if hasattr(data, "batch"):
        return data, None
    return _frame_sets(data, store, recipe, asked)


def _simulated(config, store, recipe, asked, folder, progress):
    changed = {"augmentation": recipe.augmentation, "seed": recipe.seed, "device": asked["device"]}
    length = {} if asked["max_frames"] is None else {"epoch": asked["max_frames"]}
    stream = SimulatedStream(config, store, **changed, **length)
    if _is_path(asked["validation"]):
        return stream, FrameSet(labelled_frames(asked["validation"]), store)
    number = round(_share(asked["validation"]) * stream.epoch / stream.chips)
    if number == 0:
        return stream, None
    others = folder / HELD_OUT
    simulate_set(others, count=number, seed=recipe.seed + _OTHER_SEEDS, config=config, progress=progress)
    return stream, FrameSet(labelled_frames(others / MANIFEST_FILE), store)


def _frame_sets(data, store, recipe, asked):
    frames = labelled_frames(data, frame_dir=asked["frame_dir"]) if _is_path(data) else checked_frames(data)
    everything = FrameSet(frames, store)
    learnt, held = everything.frames, []
    if _is_path(asked["validation"]):
        held = labelled_frames(asked["validation"])
        _check_apart(learnt, held)
    elif _share(asked["validation"]):
        out = split_frames(
            everything.bodies,
            [frame.label for frame in learnt],
            fraction=asked["validation"],
            seed=recipe.seed,
            by=asked["split"],
        )
        held = [frame for frame, is_out in zip(learnt, out, strict=True) if is_out]
        learnt = [frame for frame, is_out in zip(learnt, out, strict=True) if not is_out]
    learnt = _limited(learnt, asked["max_frames"], recipe.seed)
    source = FrameSet(learnt, store, augmentation=recipe.augmentation, seed=recipe.seed)
    source.left_out += everything.left_out
    return source, FrameSet(held, store) if held else None


def _check_apart(learnt, held):
    shared = {frame.body for frame in learnt} & {frame.body for frame in held}
    if shared:
        raise ParameterError(
            f"{len(shared)} bodies are both learnt from and held out, for example {min(shared)!r}; "
            "leave them out of one of the manifests"
        )


def _limited(frames, max_frames, seed):
    if max_frames is None or max_frames >= len(frames):
        return frames
    if max_frames < 1:
        raise ParameterError(f"max_frames is {max_frames}; expected 1 or more")
    chosen = torch.randperm(len(frames), generator=torch.Generator().manual_seed(seed))[:max_frames]
    return [frames[i] for i in sorted(chosen.tolist())]


def _is_path(value):
    return isinstance(value, str | os.PathLike)


def _share(validation):
    if isinstance(validation, bool) or not isinstance(validation, int | float) or not 0 <= validation < 1:
        raise ParameterError(
            f"validation is {validation!r}; expected a share, 0 or more and less than 1, or a manifest"
        )
    return validation


def start_of(spec, weights):
    """
    Find the weights to start from.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    weights : str or path-like, optional
        As for `fit`.

    Returns
    -------
    dict
        ``sha256``, ``state`` and ``card``; empty for none.
    """
    if weights is None:
        return {}
    path, card, expected = locate_weights(spec, None if weights == "default" else weights)
    sha256 = verified_sha256(path, expected)
    return {"sha256": sha256, "state": _fitting_state(spec, path), "card": card}


def _fitting_state(spec, path):
    load_state(built_module(spec), path)
    return load_file(path)


# The folder ----------------------------------------------------------------------------------


def _description(spec, recipe, source, held, asked, start):
    """What makes this training what it is: it is kept in the folder, and goes on the card."""
    judged = None if held is None else held.described()
    return {
        "model": spec.name,
        "recipe": recipe.values(),
        "data": source.described(),
        "validation": judged,
        "split": f"by {asked['split']}" if judged and not _is_path(asked["validation"]) else "as given",
        "started_from": start.get("sha256", "random weights"),
    }


def check_may_begin(folder, resume):
    """
    Refuse a folder that holds a training, unless that is to go on.

    Parameters
    ----------
    folder : path-like
        For a training.
    resume : bool
        Whether one that is there may go on.

    Raises
    ------
    ParameterError
        If it may not.
    """
    if (Path(folder) / CHECKPOINT).is_file() and not resume:
        raise ParameterError(
            f"{folder} holds a training; pass resume=True to go on with it, or another folder"
        )


def check_same_training(run, description, resume):
    """
    Make sure that the folder is, or becomes, that of this very training.

    Parameters
    ----------
    run : RunFolder
        The folder.
    description : dict
        What makes the training what it is.
    resume : bool
        Whether one that is there may go on.

    Raises
    ------
    ParameterError
        If it holds another training, or one that is not to go on.
    """
    check_may_begin(run.folder, resume)
    path = run.folder / ABOUT
    if not (run.folder / CHECKPOINT).is_file():
        path.unlink(missing_ok=True)  # of a training that had learnt nothing
    elif not path.is_file():
        raise ParameterError(
            f"{run.folder} holds a checkpoint, but no {ABOUT} that says of what; choose another folder"
        )
    run.same_run(ABOUT, description, kind="training", text=json.dumps(description, indent=1))


# The end -------------------------------------------------------------------------------------


def _finished(trainer, source, held, folder, description, licence, parent, half):
    if trainer.recipe.patience is not None and held is not None:
        trainer.load_best(folder)
    if half:  # what is measured is what is written
        trainer.judged.load_state_dict(halved(trainer.judged.state_dict()))
    logits = None if held is None else trainer.predicted(held, flips=None)
    first = source.batch(0, 1) if held is None else next(held.in_order(1))
    planes = torch.from_numpy(first.planes[0][None]).to(trainer.device)
    fold_scale(trainer.judged.eval(), trainer.recipe.input_scale, planes)
    path = folder / WEIGHTS
    state = trainer.judged.state_dict()
    write_state(halved(state) if half else state, path)
    training = description | {
        "steps": trainer.steps,
        "samples": trainer.steps * trainer.recipe.batch_size,
        "seconds": round(trainer.seconds, 1),
        "device": trainer.device,
        "last_log_line": (read_log(folder / "log.csv") or [None])[-1],
    }
    known = {"parent": parent, "learnt": source.bodies if isinstance(source, FrameSet) else ()}
    judged = {"validation": held, "logits": logits}
    card = make_card(path, trainer.spec, training=training, licence=licence, **judged, **known)
    return TrainingResult(path, card, folder / "log.csv", trainer.steps)


def randomness_kept():
    """
    Leave torch's generators as they were, those of graphics processors too.

    Returns
    -------
    context manager
        Around what uses them.
    """
    return torch.random.fork_rng(range(torch.cuda.device_count()) if torch.cuda.is_available() else [])


@contextmanager
def threads(device):
    """
    On a CPU leave one core to the thread that makes batches: both on the same cores are far slower.

    Parameters
    ----------
    device : str
        Where the network learns.

    Yields
    ------
    None
        While torch has fewer threads.
    """
    before = torch.get_num_threads()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if device == "cpu":
        torch.set_num_threads(max(1, min(before, cores - 1)))
    try:
        yield
    finally:
        torch.set_num_threads(before)
