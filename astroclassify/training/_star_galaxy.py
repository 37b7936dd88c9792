"""Training of models for single sources, of a set of measured sources on disk."""

import json
from pathlib import Path

import numpy as np
import torch

from astroclassify.core import ParameterError, RunFolder, fingerprint, write_text
from astroclassify.inference import calibrated_logits, fit_calibration
from astroclassify.metrics import ClusterBootstrap, area_under_curve, balanced_accuracy, calibration_error
from astroclassify.models import (
    Calibration,
    Model,
    calibration_entries,
    find_spec,
    require_task,
    resolve_device,
)
from astroclassify.stargalaxy import (
    BAND_MEASURES,
    SURVEY_BANDS,
    USUAL_WIDTH,
    SourceInputs,
    SourceSet,
    checked_inputs,
    magnitude_bins,
    shares_by_magnitude,
    source_logits,
)
from astroclassify.training._card import commit, versions
from astroclassify.training._fit import (
    WEIGHTS,
    TrainingResult,
    check_same_training,
    randomness_kept,
    start_of,
    threads,
)
from astroclassify.training._log import read_log
from astroclassify.training._presets import find_recipe
from astroclassify.training._source_feed import SourceFeed
from astroclassify.training._trainer import CHECKPOINT, Trainer, train, write_state


class SourceTrainer(Trainer):
    """The training loop's state, for networks that take three arrays; as `Trainer`."""

    def _on_device(self, inputs):
        return tuple(torch.from_numpy(np.ascontiguousarray(one)).to(self.device) for one in tuple(inputs))

    def _logits(self, inputs):
        return self.module(*inputs)

    def predicted(self, frames, *, flips=False):
        """
        Run the network that is judged over held-out sources.

        Parameters
        ----------
        frames : SourceFeed
            The sources.
        flips : bool, default False
            Not used.

        Returns
        -------
        numpy.ndarray
            Logits, float64, shape (N, K).
        """
        model = Model(self.spec, self.judged.eval(), {}, Calibration(), "", self.device)
        size = max(self.recipe.batch_size, 256)
        with self.precision():
            return np.concatenate(
                [
                    source_logits(
                        model, _single_precision(frames.inputs[first : first + size]), batch_size=size
                    )
                    for first in range(0, len(frames), size)
                ]
            )


def _single_precision(inputs):
    return SourceInputs(*(np.asarray(one, np.float32) for one in tuple(inputs)))


def fit_sources(
    model,
    data,
    *,
    folder,
    preset="sources",
    weights=None,
    validation=0.15,
    max_sources=None,
    augment=True,
    device=None,
    resume=False,
    licence="not stated",
    checkpoint_seconds=300.0,
    progress=None,
):
    """
    Train a model for sources, or resume its training.

    Parameters
    ----------
    model : str or ModelSpec
        A model for the task ``"source"``.
    data : path-like
        Folder of a `~astroclassify.stargalaxy.SourceSet`. Sources of other classes than the model's, such as
        quasars and spurious ones, are left out.
    folder : path-like
        For the weights, the checkpoint and the log.
    preset : str or Recipe, default "sources"
        How to train.
    weights : str or path-like, optional
        A file to start from, or ``"default"``.
    validation : float, default 0.15
        Share of the fields that is held out, and calibrates.
    max_sources : int, optional
        Use the first fields only, until so many sources are there: a set that grows then stays the same.
    augment : bool, default True
        Turn and mirror sources, add noise, and show some in fewer bands.
    device : str, optional
        As for `~astroclassify.classify`.
    resume : bool, default False
        Go on with the training that is in the folder.
    licence : str, default "not stated"
        Of the weights, for the card.
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
        If an argument is wrong, there are too few fields, or the folder holds another training.
    ReadError
        If the folder is that of no set.
    TrainingError
        If the loss is not finite.

    Examples
    --------
    >>> from astroclassify.training import fit_sources
    >>> done = fit_sources("star-galaxy-lite", "sources/train", folder="run")  # doctest: +SKIP
    """
    spec, recipe, device = find_spec(model), find_recipe(preset), resolve_device(device)
    require_task(spec, "source")
    start = start_of(spec, weights)
    with RunFolder(folder) as run:
        learnt, held = source_feeds(
            data, spec, validation=validation, max_sources=max_sources, augmented=augment, seed=recipe.seed
        )
        about = _about(spec, recipe, learnt, held, augment, start)
        check_same_training(run, about, resume)
        with randomness_kept(), threads(device):
            steps = learnt.batches(recipe.batch_size)
            trainer = SourceTrainer(
                spec, recipe, steps_per_epoch=steps, device=device, state=start.get("state")
            )
            if (run.folder / CHECKPOINT).is_file():
                trainer.load(run.folder)
            pace = {"checkpoint_seconds": checkpoint_seconds, "progress": progress}
            train(trainer, learnt, run.folder, validation=held, **pace)
            return _finished(trainer, learnt, held, run.folder, about, licence)


def source_feeds(data, spec, *, validation, max_sources=None, augmented=True, seed=1):
    """
    Read a set of sources, and hold fields out.

    Parameters
    ----------
    data : path-like
        Folder of a `~astroclassify.stargalaxy.SourceSet`.
    spec : ModelSpec
        The model, whose preprocessing makes the inputs.
    validation : float
        Share of the fields that is held out, more than 0 and less than 1.
    max_sources : int, optional
        As for `fit_sources`.
    augmented : bool, default True
        Whether those that are learnt from are augmented.
    seed : int, default 1
        Of the choice of fields, order and augmentation.

    Returns
    -------
    learnt, held : SourceFeed
        What to learn from, and what is held out.

    Raises
    ------
    ParameterError
        If there are fewer than two fields, or the share is out of range.
    """
    if not 0 < validation < 1:
        raise ParameterError(f"validation is {validation!r}; expected a share, more than 0 and less than 1")
    inputs, labels, fields, bins = _read(SourceSet.open(data), spec, max_sources)
    names = np.unique(fields)
    if names.size < 2:
        raise ParameterError(
            f"{data} has sources of {names.size} fields; expected 2 or more: one is held out"
        )
    is_held = np.isin(fields, _held_fields(names, validation, seed))

    def feed(chosen, **options):
        return SourceFeed(
            inputs[chosen], labels[chosen], fields[chosen], spec.classes, bins[chosen], seed=seed, **options
        )

    both = len(spec.builder_options.get("modes", ("image", "catalogue"))) > 1
    return feed(~is_held, augmented=augmented, both_modes=both), feed(is_held)


def _held_fields(names, share, seed):
    """Fields that are held out: a field's number decides, so that a set that grows keeps those of before."""
    drawn = np.array([np.random.default_rng([seed, int(name)]).random() for name in names])
    number = min(names.size - 1, max(1, int((drawn < share).sum())))
    return names[np.argsort(drawn)[:number]]


def _read(sources, spec, max_sources):
    """Inputs (cut-outs of 16 bits), labels, fields and bins of magnitude of the sources of the classes."""
    catalogue = sources.catalogue
    labels, fields = np.asarray(catalogue["true_class"]).astype(str), np.asarray(catalogue["field"], int)
    useful = np.isin(labels, spec.classes)
    parts, used = [], 0
    for field in np.unique(fields):
        of_field = np.flatnonzero(fields == field)
        sample = sources.sample(of_field)  # whole, as points are measured among all sources
        inputs, kept = checked_inputs(spec, sample), useful[of_field]
        parts.append(
            (
                inputs.cutouts[kept].astype(np.float16),
                *(inputs.bands[kept], inputs.source[kept], magnitude_bins(sample)[kept], of_field[kept]),
            )
        )
        used += int(kept.sum())
        if max_sources is not None and used >= max_sources:
            break
    cutouts, bands, source, bins, rows = map(np.concatenate, zip(*parts, strict=True))
    return SourceInputs(cutouts, bands, source), labels[rows], fields[rows], bins


def _about(spec, recipe, learnt, held, augment, start):
    return {
        "model": spec.name,
        "recipe": recipe.values(),
        "augmented": augment,
        "data": learnt.described(),
        "validation": held.described(),
        "split": "by field",
        "started_from": start.get("sha256", "random weights"),
    }


def _finished(trainer, learnt, held, folder, about, licence):
    if trainer.recipe.patience is not None:
        trainer.load_best(folder)
    path = folder / WEIGHTS
    write_state(trainer.judged.state_dict(), path)
    logits, classes = trainer.predicted(held), trainer.spec.classes
    calibration = _calibration(logits, held, classes)
    bins = np.concatenate([learnt.bins, held.bins])
    allowed = np.concatenate([learnt.allowed, held.allowed])
    card = {
        "name": path.stem,
        "model": trainer.spec.name,
        "sha256": fingerprint(path),
        "classes": list(classes),
        **calibration_entries(calibration, classes),
        "bands": list(SURVEY_BANDS),
        "point_widths": _point_widths(learnt),
        "shares_by_magnitude": dict.fromkeys(("i",), shares_by_magnitude(bins, allowed)),
        "training": {**about, **_reached(trainer, folder), "commit": commit(), "versions": versions()},
        "metrics": {"held-out fields (95% by field)": measured(logits, held, calibration, classes)},
        "licence": licence,
    }
    write_text(json.dumps(card, indent=2) + "\n", path.with_suffix(".json"))
    return TrainingResult(path, card, Path(folder) / "log.csv", trainer.steps)


def _point_widths(feed):
    """The narrowest and the widest points of the sources, arcseconds, and a quarter more."""
    sharpness = feed.inputs.bands[:, :, BAND_MEASURES.index("sharpness")]
    widths = USUAL_WIDTH * np.exp(sharpness[sharpness != 0])
    if not widths.size:
        return None
    low, high = np.quantile(widths, [0.01, 0.99])
    return [round(float(low / 1.25), 4), round(float(high * 1.25), 4)]


def _reached(trainer, folder):
    return {
        "steps": trainer.steps,
        "samples": trainer.steps * trainer.recipe.batch_size,
        "seconds": round(trainer.seconds, 1),
        "device": trainer.device,
        "last_log_line": (read_log(folder / "log.csv") or [None])[-1],
    }


def _calibration(logits, held, classes):
    """Fit the calibration to the shares of the classes among the held-out sources."""
    shares = tuple(held.allowed.mean(axis=0).tolist())
    start = Calibration(prior=shares if min(shares) > 0 else ())
    return fit_calibration(logits, held.allowed, classes, start=start)


def measured(logits, held, calibration, classes):
    """
    Say how good a network is on held-out sources.

    Parameters
    ----------
    logits : numpy.ndarray
        ``[N, K]``, not calibrated.
    held : SourceFeed
        The sources.
    calibration : Calibration
        Of the network.
    classes : tuple of str
        The K classes.

    Returns
    -------
    dict
        Figures with 95% intervals by field, and numbers.
    """
    figures = {"sources": len(held), "fields": len(np.unique(held.fields))}
    if set(classes) != {"star", "galaxy"}:
        return figures
    z = calibrated_logits(logits, calibration)
    galaxy, star = classes.index("galaxy"), classes.index("star")
    p = 1 / (1 + np.exp(z[:, star] - z[:, galaxy]))
    samples = ClusterBootstrap(held.fields, draws=500)
    metrics = (balanced_accuracy, area_under_curve, calibration_error)
    told = {one.__name__: str(samples.estimate(one, p, held.allowed[:, galaxy])) for one in metrics}
    return told | figures
