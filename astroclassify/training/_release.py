"""Turn a training's weights into a release: calibrated, measured, with a card."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from astroclassify.core import fingerprint, write_text
from astroclassify.inference import VIEWS, calibrated_logits, energy, galaxy_probability
from astroclassify.metrics import (
    ClusterBootstrap,
    area_under_curve,
    balanced_accuracy,
    calibration_error,
    coverage_curve,
)
from astroclassify.models import PATCHNET, Calibration, built_module, has_bfloat16
from astroclassify.simulate import CLASSES
from astroclassify.training._calibration import fit_calibration
from astroclassify.training._card import versions
from astroclassify.training._log import read_log
from astroclassify.training._sources import NOTHING
from astroclassify.training._trainer import write_state

#: How often, at least, labels of held-out frames are right where the model does not say "uncertain".
RIGHT_WHERE_SURE = 0.95
#: Fraction of held-out frames that are called novel.
CALLED_NOVEL = 0.01

_BATCH = 50
_SHRINKAGE = 0.01  # of the features' covariance towards its mean variance


def release(run, target, held, *, earlier=(), commit="unknown"):
    """
    Calibrate and measure a training's weights, and write them with their card.

    Parameters
    ----------
    run : path-like
        Folder of a training, with ``weights.safetensors``, ``recipe.json`` and ``log.csv``.
    target : path-like
        The weights file to write, ``NAME.safetensors``; the card is ``NAME.json`` beside it.
    held : mapping of str to FramePool
        Pools of frames of bodies never seen in training, by source: half of the bodies calibrate, half
        measure.
    earlier : sequence of path-like, optional
        Folders of the trainings whose weights this one started from, the first one first; for the card.
    commit : str, default "unknown"
        Commit of the code that trained.

    Returns
    -------
    dict
        The card.
    """
    run, target = Path(run), Path(target)
    module = built_module(PATCHNET)
    module.load_state_dict(load_file(run / "weights.safetensors"))
    module.eval()
    seen = [_seen(module, pool, number) for number, pool in enumerate(held.values())]
    raw, features, labels, bodies, sources = (np.concatenate(each) for each in zip(*seen, strict=True))
    first, sky = bodies[:, 1] % 2 == 0, labels != NOTHING
    _learn_what_is_usual(module, features[first & sky], labels[first & sky])
    calibration = _calibration(raw[first & sky], labels[first & sky])
    logits = calibrated_logits(raw, calibration)
    threshold = _threshold(logits[first & sky], labels[first & sky])
    novelty = _novelty(module, raw, features, sky, ~first)
    write_state(module, target)
    measured = {
        name: _metrics(logits[chosen], labels[chosen], bodies[chosen])
        for number, name in enumerate(held)
        if np.unique(_is_galaxy(labels[(chosen := ~first & sky & (sources == number))])).size == 2
    }
    card = {
        "name": target.stem,
        "sha256": fingerprint(target),
        "classes": list(CLASSES),
        "calibration": {"temperature": calibration.temperature, "bias": list(calibration.bias)},
        "uncertain_below": threshold,
        "novelty": novelty,
        "training": {
            "data": "frames of the sources that the stages list",
            "stages": [_stage(Path(folder)) for folder in (*earlier, run)],
            "commit": commit,
            "versions": versions(),
        },
        "metrics": {"simulated, bodies never seen (95% by body)": measured},
        "licence": "BSD-3-Clause",
    }
    write_text(json.dumps(card, indent=2) + "\n", target.with_suffix(".json"))
    return card


def _stage(folder):
    reached = read_log(folder / "log.csv")[-1]
    return json.loads((folder / "recipe.json").read_text()) | {
        "samples": int(reached["samples"]),
        "seconds": float(reached["seconds"]),
    }


def _seen(module, pool, number):
    """Logits averaged over flips, features, labels, bodies and sources of a pool's frames."""
    logits, features, labels, bodies = [], [], [], []
    for array, label, body in pool.in_order(_BATCH):
        planes = torch.from_numpy(array)
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16("cpu")):
            seen = module.examine(planes, evidence=False)
            others = [module(torch.flip(planes, axes)) for axes in VIEWS[1:]]
        logits.append((seen.logits + sum(others)) / len(VIEWS))
        features.append(seen.features)
        labels.append(label)
        bodies.append(body)
    labels = np.concatenate(labels)
    source = np.full(len(labels), number)
    bodies = np.stack([source, np.unique(np.concatenate(bodies), return_inverse=True)[1]], axis=1)
    return torch.cat(logits).numpy(), torch.cat(features).numpy(), labels, bodies, source


def _learn_what_is_usual(module, features, labels):
    """Set each class's mean features, and the inverse of their covariance within the classes."""
    means = np.stack([features[labels == k].mean(axis=0) for k in range(len(CLASSES))])
    residuals = features - means[labels]
    covariance = residuals.T @ residuals / len(residuals)
    covariance += _SHRINKAGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    module.usual_features.copy_(torch.from_numpy(means))
    module.feature_precision.copy_(torch.from_numpy(np.linalg.inv(covariance)))


def _novelty(module, logits, features, sky, judged):
    """Choose the score that tells frames of no body best from others, and the limit above which it does."""
    scores = {
        "mahalanobis": module.novelty_of(torch.from_numpy(features)).numpy(),
        "energy": energy(logits),
    }
    found = {
        name: float(np.quantile(score[judged & sky], 1 - CALLED_NOVEL)) for name, score in scores.items()
    }
    if sky[judged].all():
        return {"score": "mahalanobis", "above": found["mahalanobis"]}
    auroc = {name: area_under_curve(score[judged], ~sky[judged]) for name, score in scores.items()}
    best = max(auroc, key=auroc.get)
    measured = {name: round(value, 3) for name, value in auroc.items()}
    return {"score": best, "above": found[best], "auroc on held-out frames of no body": measured}


def _calibration(logits, labels):
    """Fit temperature and offsets, and shift these to galaxies and nsc being equally frequent."""
    temperature, bias = fit_calibration(logits, labels)
    is_galaxy = _is_galaxy(labels)
    shares = {True: is_galaxy.mean(), False: (~is_galaxy).mean()}
    shift = [0.0 if name == "field" else np.log(0.5 / shares[name == "galaxy"]) for name in CLASSES]
    return Calibration(temperature, tuple(float(one + other) for one, other in zip(bias, shift, strict=True)))


def _threshold(logits, labels):
    """The least probability from which on held-out labels are right as often as promised."""
    p_galaxy, is_galaxy, _ = _two_sides(logits, labels, np.arange(len(labels)))
    found = coverage_curve(p_galaxy, is_galaxy).threshold_for(RIGHT_WHERE_SURE)
    return round(found, 3) if np.isfinite(found) else 1.0


def _two_sides(logits, labels, bodies):
    known = labels != CLASSES.index("field")
    return galaxy_probability(logits[known], CLASSES), _is_galaxy(labels), bodies[known]


def _is_galaxy(labels):
    """Of the frames that show a galaxy or an nsc, which show a galaxy."""
    return labels[labels != CLASSES.index("field")] == CLASSES.index("galaxy")


def _metrics(logits, labels, bodies):
    p_galaxy, is_galaxy, groups = _two_sides(logits, labels, bodies[:, 1])
    samples = ClusterBootstrap(groups)
    metrics = {
        metric.__name__: str(samples.estimate(metric, p_galaxy, is_galaxy))
        for metric in (balanced_accuracy, area_under_curve, calibration_error)
    }
    metrics["accuracy of the four classes"] = f"{(logits.argmax(axis=1) == labels).mean():.3f}"
    metrics["frames"] = int(labels.size)
    return metrics
