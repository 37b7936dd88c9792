"""The end of a training: calibrated weights, and the card that says where they are from."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np

from astroclassify.core import ParameterError, fingerprint, package_version, write_text
from astroclassify.datasets import split_by_body
from astroclassify.inference import calibrated_logits, energy, fit_calibration, galaxy_probability
from astroclassify.metrics import (
    ClusterBootstrap,
    accuracy,
    area_under_curve,
    balanced_accuracy,
    calibration_error,
)
from astroclassify.models import bodies_entry, calibration_entries, calibration_of, read_card
from astroclassify.training._log import read_log

#: Fraction of held-out frames that are called novel.
CALLED_NOVEL = 0.01
#: What a card says where nobody named a licence.
_NOT_STATED = "not stated"


def measured(logits, frames, classes, start, *, draws=2000):
    """
    Say how good a network is on held-out frames.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (N, K), uncalibrated.
    frames : FrameSet
        The N frames.
    classes : tuple of str
        The K classes.
    start : Calibration
        From which the calibration is fitted.
    draws : int, default 2000
        Of the bootstrap.

    Returns
    -------
    dict
        Figures with 95% intervals by body, frames and bodies; without frames of both sides only
        the numbers. The frames of each half of the bodies are calibrated by the other half.
    """
    known = np.array([frame.label != "field" for frame in frames.frames])
    is_galaxy = np.array([frame.label == "galaxy" for frame in frames.frames])
    bodies = np.array(frames.bodies)
    figures = {"frames": int(known.sum()), "bodies": len(set(bodies[known]))}
    if not (is_galaxy[known].any() and (~is_galaxy[known]).any()):
        return figures
    p = galaxy_probability(_cross_calibrated(logits, frames, classes, start), classes)[known]
    metrics = (accuracy, balanced_accuracy, area_under_curve, calibration_error)
    samples = ClusterBootstrap(bodies[known], draws=draws)
    scores = {metric.__name__: str(samples.estimate(metric, p, is_galaxy[known])) for metric in metrics}
    return scores | figures


def _cross_calibrated(logits, frames, classes, start):
    labels, bodies = [frame.label for frame in frames.frames], np.array(frames.bodies)
    try:
        half = split_by_body(frames.bodies, labels, fraction=0.5)
    except ParameterError:  # too few bodies to hold any out
        return calibrated_logits(logits, start)
    result = np.empty_like(logits)
    for fitted, applied in ((half, ~half), (~half, half)):
        found = fit_calibration(
            logits[fitted], frames.allowed[fitted], classes, bodies=bodies[fitted], start=start
        )
        result[applied] = calibrated_logits(logits[applied], found)
    return result


def make_card(path, spec, *, training, licence, validation=None, logits=None, parent=None, learnt=()):
    """
    Make the card of a finished weights file, and write it beside it.

    Parameters
    ----------
    path : pathlib.Path
        The weights, ``NAME.safetensors``; the card is ``NAME.json``.
    spec : ModelSpec
        The model.
    training : dict
        What is to be said of the training.
    licence : str
        Of the weights.
    validation : FrameSet, optional
        Held-out frames, which calibrate and measure.
    logits : numpy.ndarray, optional
        What the network says of them.
    parent : mapping, optional
        Card of the weights that the training started from: its calibration, limits and prior are carried
        over, as far as held-out bodies do not know better; so are the pictures that those weights know, what
        they started from themselves, and their licence.
    learnt : sequence of str, optional
        Names of the bodies that were learnt from.

    Returns
    -------
    dict
        The card.
    """
    path, parent = Path(path), {} if parent is None else parent
    before = calibration_of(parent, spec.classes)
    calibration, held, metrics = before, (), {}
    if validation is not None:
        held = sorted(set(validation.bodies))
        calibration = _calibrated(logits, validation, spec.classes, before)
        figures = measured(logits, validation, spec.classes, before)
        metrics = {"held-out frames (95% by body)": figures}
    card = {
        "name": path.stem,
        "model": spec.name,
        "sha256": fingerprint(path),
        "classes": list(spec.classes),
        "preprocessing_options": dict(spec.preprocessing_options),
        **calibration_entries(calibration, spec.classes),
        **bodies_entry(parent, learnt=learnt, calibrated=held),
        "training": {
            **training,
            **credits_entry(parent.get("training", {}), pictures=training.get("pictures", ())),
            "commit": commit(),
            "versions": versions(),
        },
        "metrics": metrics,
        "licence": joint_licence(licence, parent.get("licence")),
    }
    write_text(json.dumps(card, indent=2) + "\n", path.with_suffix(".json"))
    return card


def credits_entry(known, *, pretrained=None, pictures=()):
    """
    Give the entries of a card's training that say from whose pictures its weights come.

    Parameters
    ----------
    known : mapping
        The training of the card of the weights that this one started from; empty for none.
    pretrained : dict, optional
        What the start had learnt from, if not what ``known`` says.
    pictures : sequence of dict, default ()
        What was learnt from besides, as `credits_of` lists it.

    Returns
    -------
    dict
        ``pretrained`` and ``pictures``, each picture once; without those that there are none of.
    """
    started = pretrained or known.get("pretrained")
    listed = {picture["file"]: picture for picture in (*known.get("pictures", ()), *pictures)}
    entries = {"pretrained": started, "pictures": list(listed.values())}
    return {name: entry for name, entry in entries.items() if entry}


def stages_entry(folders, *, data, parent=None, pretrained=None, averaged=(), commit):
    """
    Give what a card says of trainings that started from one another.

    Parameters
    ----------
    folders : sequence of path-like
        Of the trainings, the first one first.
    data : str
        What they learnt from, in a few words.
    parent : mapping, optional
        Card of the weights that the first of them started from: its stages and pictures are listed too.
    pretrained : dict, optional
        What the first of them started from, if that learnt from other data.
    averaged : sequence of path-like, optional
        Weights files whose mean is released, if there are several.
    commit : str
        Of the code that trained.

    Returns
    -------
    dict
        ``data``, ``stages``, ``commit``, ``versions``, the checksums of weights that were averaged, and the
        entries of `credits_entry`: the pictures of all stages, each once.
    """
    before = (parent or {}).get("training", {})
    stages = [*before.get("stages", []), *(_stage(Path(folder)) for folder in folders)]
    listed = [picture for stage in stages for picture in stage.get("data", {}).pop("pictures", [])]
    facts = {"data": data, "stages": stages, "commit": commit, "versions": versions()}
    facts |= credits_entry(before, pretrained=pretrained, pictures=listed)
    if len(averaged) > 1:
        facts["mean of the weights"] = [fingerprint(Path(path)) for path in averaged]
    return facts


def _stage(folder):
    reached = read_log(folder / "log.csv")[-1]
    return json.loads((folder / "recipe.json").read_text()) | {
        "samples": int(reached["samples"]),
        "seconds": float(reached["seconds"]),
    }


def parent_card(path):
    """
    Read the card of the weights that a training started from.

    Parameters
    ----------
    path : path-like
        The card, or the weights beside it.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    ParameterError
        If there is none.
    WeightsError
        If it is no card.
    """
    card = read_card(Path(path))
    if not card:
        raise ParameterError(f"{path}: there is no card; expected the file NAME.json beside the weights")
    return card


def joint_licence(own, before):
    """
    Give the licence of weights: their own, and that of those that they started from.

    Parameters
    ----------
    own : str
        That of what was made now.
    before : str or None
        Of the card of the weights that this started from.

    Returns
    -------
    str
        Both, joined by ``AND``; where one is not stated, that is said.
    """
    if before in (None, own):
        return own
    if _NOT_STATED in (own, before):
        return f"{own} (started from weights under: {before})"
    return " AND ".join(dict.fromkeys([*own.split(" AND "), *before.split(" AND ")]))


def _calibrated(logits, held, classes, before):
    """Calibrate by held-out frames; they show what is asked for, so the limit of novelty lets them pass."""
    found = fit_calibration(logits, held.allowed, classes, bodies=held.bodies, start=before)
    if before.novelty_score != "energy":
        return found
    usual = float(np.quantile(energy(logits), 1 - CALLED_NOVEL, method="higher"))
    return replace(found, novelty_above=max(found.novelty_above, usual))


def versions():
    """
    Give the versions that a training depends on.

    Returns
    -------
    dict of str to str
        By distribution.
    """
    return {name: package_version(name) for name in ("astroclassify", "torch", "numpy")}


def commit():
    """
    Give the commit of the code that runs.

    Returns
    -------
    str
        Its hash, or ``"unknown"`` where the package is not in a git repository.
    """
    git, folder = shutil.which("git"), Path(__file__).parent
    if git is None:
        return "unknown"
    done = subprocess.run([git, "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False)
    tracked = subprocess.run(
        [git, "ls-files", "--error-unmatch", __file__], cwd=folder, capture_output=True, check=False
    )
    return done.stdout.strip() if done.returncode == tracked.returncode == 0 else "unknown"
