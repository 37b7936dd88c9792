"""The end of a training: calibrated weights, and the card that says where they are from."""

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np

from astroclassify.core import ParameterError, fingerprint, package_version, write_text
from astroclassify.datasets import split_by_body
from astroclassify.inference import galaxy_probability
from astroclassify.metrics import (
    ClusterBootstrap,
    accuracy,
    area_under_curve,
    balanced_accuracy,
    calibration_error,
)
from astroclassify.models import DEFAULT_UNCERTAIN_BELOW
from astroclassify.training._calibration import fit_calibration

# A few held-out frames that are all right would ask for certainty without end.
_TEMPERATURES = (0.2, 20.0)


def calibration_from(logits, allowed):
    """
    Fit a calibration that a small set of frames can bear.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (N, K), on held-out frames.
    allowed : numpy.ndarray of bool
        Shape (N, K): which classes are right.

    Returns
    -------
    dict
        ``temperature``, within 0.2 and 20, and ``bias``, 0 for classes of which there is no frame.
    """
    temperature, bias = fit_calibration(logits, allowed)
    bias = np.where(allowed.any(axis=0), bias, 0.0)
    return {"temperature": float(np.clip(temperature, *_TEMPERATURES)), "bias": bias.tolist()}


def measured(logits, frames, classes, *, draws=2000):
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
    p = galaxy_probability(_cross_calibrated(logits, frames), classes)[known]
    metrics = (accuracy, balanced_accuracy, area_under_curve, calibration_error)
    samples = ClusterBootstrap(bodies[known], draws=draws)
    scores = {metric.__name__: str(samples.estimate(metric, p, is_galaxy[known])) for metric in metrics}
    return scores | figures


def _cross_calibrated(logits, frames):
    labels = [frame.label for frame in frames.frames]
    try:
        half = split_by_body(frames.bodies, labels, fraction=0.5)
    except ParameterError:  # too few bodies to hold any out
        return logits
    result = np.empty_like(logits)
    for fitted, applied in ((half, ~half), (~half, half)):
        found = calibration_from(logits[fitted], frames.allowed[fitted])
        result[applied] = logits[applied] / found["temperature"] + np.array(found["bias"])
    return result


def make_card(path, spec, *, training, licence, validation=None, logits=None):
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

    Returns
    -------
    dict
        The card.
    """
    path = Path(path)
    card = {
        "name": path.stem,
        "model": spec.name,
        "sha256": fingerprint(path),
        "classes": list(spec.classes),
        "calibration": {"temperature": 1.0, "bias": [0.0] * len(spec.classes)},
        "uncertain_below": DEFAULT_UNCERTAIN_BELOW,
        "training": {**training, "commit": commit(), "versions": versions()},
        "metrics": {},
        "licence": licence,
    }
    if validation is not None:
        card["calibration"] = calibration_from(logits, validation.allowed)
        card |= _prior(validation, spec.classes)
        card["metrics"] = {"held-out frames (95% by body)": measured(logits, validation, spec.classes)}
    write_text(json.dumps(card, indent=2) + "\n", path.with_suffix(".json"))
    return card


def _prior(frames, classes):
    """Shares of the classes, where each label names one and there are frames of all."""
    counts = Counter(np.flatnonzero(row)[0] for row in frames.allowed if row.sum() == 1)
    if sum(counts.values()) < len(frames) or len(counts) < len(classes):
        return {}
    return {"prior": {name: counts[i] / len(frames) for i, name in enumerate(classes)}}


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
