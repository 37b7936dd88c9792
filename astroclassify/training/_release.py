"""Turn a training's weights into a release: calibrated, measured, with a card."""

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.torch import load_file, save_file

from astroclassify.core import package_version, progress_bar
from astroclassify.inference import galaxy_probability
from astroclassify.models.nets.patchnet import PatchNet
from astroclassify.simulate import CLASSES
from astroclassify.training._evaluate import (
    area_under_curve,
    balanced_accuracy,
    bootstrap,
    calibration_error,
    fit_calibration,
    simulated_logits,
)

_UNCERTAIN_BELOW = 0.6


def release(run, target, *, frames=4000, seed=2026, commit="unknown", progress=None):
    """
    Calibrate and measure a training's weights, and write them with their card.

    Parameters
    ----------
    run : path-like
        Folder of a training, with ``weights.safetensors``, ``recipe.json`` and ``log.csv``.
    target : path-like
        The weights file to write, ``NAME.safetensors``; the card is ``NAME.json`` beside it.
    frames : int, default 4000
        Simulated bodies never seen in training: half calibrate, half measure.
    seed : int, default 2026
        Of these bodies.
    commit : str, default "unknown"
        Commit of the code that trained.
    progress : bool, optional
        Show a progress bar.

    Returns
    -------
    dict
        The card.
    """
    run, target = Path(run), Path(target)
    state = load_file(run / "weights.safetensors")
    module = PatchNet()
    module.load_state_dict(state)
    with progress_bar(total=frames, progress=progress, description="held-out bodies") as bar:
        logits, labels = simulated_logits(module, count=frames, seed=seed, progress=bar.update)
    half = frames // 2
    temperature, bias = fit_calibration(logits[:half], labels[:half])
    metrics = _metrics(logits[half:] / temperature + bias, labels[half:])
    save_file(state, target)
    card = {
        "name": target.stem,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "classes": list(CLASSES),
        "calibration": {"temperature": temperature, "bias": bias},
        "uncertain_below": _UNCERTAIN_BELOW,
        "training": {
            "data": "simulated by astroclassify.simulate.random_frames; no photograph, no observed frame",
            "recipe": json.loads((run / "recipe.json").read_text()),
            "last_log_line": _last_log_line(run / "log.csv"),
            "commit": commit,
            "versions": {name: package_version(name) for name in ("astroclassify", "torch", "numpy")},
        },
        "metrics": {"simulated, bodies never seen (95% by body)": metrics},
        "licence": "BSD-3-Clause",
    }
    target.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return card


def _metrics(logits, labels):
    known = labels != CLASSES.index("field")
    p_galaxy, is_galaxy = galaxy_probability(logits[known], CLASSES), labels[known] == CLASSES.index("galaxy")
    bodies = np.arange(p_galaxy.size)
    metrics = {
        metric.__name__: str(bootstrap(metric, p_galaxy, is_galaxy, bodies))
        for metric in (balanced_accuracy, area_under_curve, calibration_error)
    }
    metrics["accuracy of the four classes"] = f"{(logits.argmax(axis=1) == labels).mean():.3f}"
    metrics["frames"] = int(labels.size)
    return metrics


def _last_log_line(path):
    names = ("steps", "samples", "simulated_frames", "seconds", "loss")
    values = path.read_text().strip().splitlines()[-1].split(",")
    return {name: float(value) for name, value in zip(names, values, strict=True)}
