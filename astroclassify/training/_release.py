"""Turn a training's weights into a release: calibrated, measured, with a card."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.special import softmax

from astroclassify.core import fingerprint, write_text
from astroclassify.inference import (
    calibrated_logits,
    energy,
    fit_calibration,
    galaxy_probability,
    plane_statistics,
    views_of,
)
from astroclassify.metrics import (
    ClusterBootstrap,
    area_under_curve,
    balanced_accuracy,
    calibration_error,
)
from astroclassify.models import (
    DEFAULT_FIELD_ABOVE,
    PATCHNET,
    bodies_entry,
    built_module,
    calibration_entries,
    has_bfloat16,
)
from astroclassify.simulate import CLASSES
from astroclassify.training._card import CALLED_NOVEL, parent_card, stages_entry
from astroclassify.training._sources import NOTHING
from astroclassify.training._trainer import halved, mean_state, write_state

#: How often, at least, labels of held-out frames are right where the model does not say "uncertain". Held-out
#: frames are harder than most: a third is of heavily worked photographs, a tenth is blurry.
RIGHT_WHERE_SURE = 0.9
#: At most so many of held-out empty fields may be labelled as a body, unless that would cost bodies:
FIELDS_LABELLED = 0.005
#: at least so many of the bodies that are labelled otherwise keep their label (float).
BODIES_KEPT = 0.9

_BATCH = 50
_SHRINKAGE = 0.01  # of the features' covariance towards its mean variance


def release(
    run,
    target,
    held,
    *,
    parent=None,
    pretrained=None,
    earlier=(),
    average_with=(),
    bodies=(),
    calibrated=(),
    commit="unknown",
):
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
    parent : path-like, optional
        Card of the weights that the first of these trainings started from: its stages are listed again.
    pretrained : dict, optional
        What the first of these trainings started from, if that learnt from other data: network, data, source,
        licence, checksum.
    earlier : sequence of path-like, optional
        Folders of the trainings whose weights this one started from, the first one first; for the card.
    average_with : sequence of path-like, optional
        Weights files. The mean of these and of the training's weights is released: of trainings that started
        from one another, it is often right where either is (Wortsman et al. 2022, arXiv:2109.01903).
    bodies : sequence of str, optional
        Names of the real bodies that were learnt from; for the card.
    calibrated : sequence of str, optional
        Names of the real bodies held out, which calibrate and measure; for the card.
    commit : str, default "unknown"
        Commit of the code that trained.

    Returns
    -------
    dict
        The card.
    """
    run, target = Path(run), Path(target)
    averaged = [run / "weights.safetensors", *average_with]
    module = _averaged_network(averaged)
    seen = [_seen(module, pool, number) for number, pool in enumerate(held.values())]
    raw, features, labels, shown, sources, mean, spread = (
        np.concatenate(each) for each in zip(*seen, strict=True)
    )
    first, sky = shown[:, 1] % 2 == 0, labels != NOTHING
    _learn_what_is_usual(module, features[first & sky], labels[first & sky])
    calibration, logits = _calibrated(raw, labels, shown, first & sky)
    novelty = _novelty(module, raw, features, sky, ~first)
    write_state(halved(module.state_dict()), target)
    judged = [each[~first & sky] for each in (logits, labels, shown, sources)]
    training = stages_entry(
        (*earlier, run),
        data="frames of the sources that the stages list",
        parent=None if parent is None else parent_card(parent),
        pretrained=pretrained,
        averaged=averaged,
        commit=commit,
    )
    card = {
        "name": target.stem,
        "sha256": fingerprint(target),
        "classes": list(CLASSES),
        **calibration_entries(calibration, CLASSES),
        "novelty": novelty,
        "planes": {"mean": _usual_range(mean[sky]), "spread": _usual_range(spread[sky])},
        **bodies_entry(learnt=bodies, calibrated=calibrated),
        "training": training,
        "metrics": _all_metrics(calibration, list(held), *judged),
        "licence": "BSD-3-Clause AND Apache-2.0" if "pretrained" in training else "BSD-3-Clause",
    }
    write_text(json.dumps(card, indent=2) + "\n", target.with_suffix(".json"))
    return card


def _averaged_network(paths):
    """Build the network whose weights are the mean of those in files, rounded as they ship."""
    module = built_module(PATCHNET)
    module.load_state_dict(halved(mean_state(paths)))
    return module.eval()


def _calibrated(raw, labels, shown, used):
    """Calibrate on the frames that are used for it; give the calibration, and the logits of all frames."""
    calibration = _calibration(raw[used], labels[used], shown[used])
    logits = calibrated_logits(raw, calibration)
    return _with_limits(calibration, logits[used], labels[used], shown[used]), logits


def _all_metrics(calibration, names, logits, labels, shown, sources):
    """How good the answers on bodies never seen are: by the source of the frames, and on empty fields."""
    by_source = {
        name: _metrics(logits[chosen], labels[chosen], shown[chosen])
        for number, name in enumerate(names)
        if np.unique(_is_galaxy(labels[(chosen := sources == number)])).size == 2
    }
    return {
        "simulated, bodies never seen (95% by body)": by_source,
        "empty fields and bodies, never seen": _fields_and_bodies(calibration, logits, labels),
    }


def _seen(module, pool, number):
    """Logits as the default averages them, features, labels, bodies, sources, means and spreads of a pool."""
    logits, features, labels, bodies, statistics = [], [], [], [], []
    views = views_of(PATCHNET)
    for array, label, body in pool.in_order(_BATCH):
        planes = torch.from_numpy(array)
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16("cpu")):
            seen = module.examine(planes, evidence=False)
            others = [module(torch.flip(planes, axes)) for axes in views[1:]]
        logits.append((seen.logits + sum(others)) / len(views))
        features.append(seen.features)
        labels.append(label)
        bodies.append(body)
        statistics.append(plane_statistics(array))
    labels = np.concatenate(labels)
    source = np.full(len(labels), number)
    bodies = np.stack([source, np.unique(np.concatenate(bodies), return_inverse=True)[1]], axis=1)
    mean, spread = (np.concatenate([one[name] for one in statistics]) for name in ("mean", "spread"))
    return torch.cat(logits).numpy(), torch.cat(features).numpy(), labels, bodies, source, mean, spread


def _usual_range(values):
    """The range of nearly all frames, of each plane."""
    return np.quantile(values, [CALLED_NOVEL / 2, 1 - CALLED_NOVEL / 2], axis=0).T.round(6).tolist()


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


def _calibration(logits, labels, bodies):
    """
    Fit temperature and offsets, which hold for galaxies and nsc equally frequent.

    Each source counts alike, however many bodies it has: by number most would be drawn bodies in small views,
    which are harder than what observers have, and answers to their frames would be too doubtful.
    """
    known, number = np.unique(bodies, axis=0, return_inverse=True)
    each = np.bincount(known[:, 0])  # bodies of each source
    weights = len(known) / np.count_nonzero(each) / each[bodies[:, 0]]
    right = np.eye(len(CLASSES), dtype=bool)[labels]
    return fit_calibration(logits, right, CLASSES, bodies=number, weights=weights)


def _with_limits(calibration, logits, labels, bodies):
    """Add the least probability of a label, and the largest of an empty field that is still labelled."""
    calibration = replace(calibration, uncertain_below=_threshold(logits, labels, bodies))
    return replace(calibration, field_above=field_limit(logits, labels, calibration.uncertain_below))


def _threshold(logits, labels, bodies):
    """The least probability from which on labels are right as often as promised, bodies weighted alike."""
    p_galaxy, is_galaxy, shown = _two_sides(logits, labels, bodies)
    _, number, frames = np.unique(shown, axis=0, return_inverse=True, return_counts=True)
    _, source = np.unique(shown[:, 0], return_inverse=True)
    weights = 1 / frames[number]
    weights /= np.bincount(source, weights)[source]
    sure = np.maximum(p_galaxy, 1 - p_galaxy)
    order = np.argsort(-sure)
    right = ((p_galaxy >= 0.5) == is_galaxy)[order] * weights[order]
    enough = np.cumsum(right) >= RIGHT_WHERE_SURE * np.cumsum(weights[order])
    # The longest run of the surest frames that keeps the promise.
    return round(float(sure[order][np.flatnonzero(enough)[-1]]), 3) if enough.any() else 1.0


def field_limit(logits, labels, uncertain_below):
    """
    Choose the probability of ``field`` above which a frame is called uncertain.

    Parameters
    ----------
    logits : numpy.ndarray
        Calibrated, ``[N, 4]``, of held-out frames.
    labels : numpy.ndarray of int
        Their classes, indices of ``CLASSES``.
    uncertain_below : float
        Frames of a smaller probability have no label anyway.

    Returns
    -------
    float
        The largest limit, 0.5 at most, under which at most 0.5% of the empty fields get a label; or where
        that costs more than 10% of the labels of bodies, the one that costs 10%. 0.5 without an empty field.
    """
    p_field, empty, sure = _field_or_body(logits, labels, uncertain_below)
    if not empty.any() or not (sure & ~empty).any():
        return DEFAULT_FIELD_ABOVE
    labelled, most = np.sort(p_field[empty & sure]), int(FIELDS_LABELLED * empty.sum())
    strict = np.nextafter(labelled[most], 0) if labelled.size > most else DEFAULT_FIELD_ABOVE
    kept = np.quantile(p_field[sure & ~empty], BODIES_KEPT, method="higher")
    return float(max(kept, min(strict, DEFAULT_FIELD_ABOVE)))


def _field_or_body(logits, labels, uncertain_below):
    """P(field), whether a frame is an empty field, and whether its label is sure enough."""
    field, p_galaxy = CLASSES.index("field"), galaxy_probability(logits, CLASSES)
    sure = np.maximum(p_galaxy, 1 - p_galaxy) >= uncertain_below
    return softmax(logits, axis=1)[:, field], labels == field, sure


def _fields_and_bodies(calibration, logits, labels):
    """How many empty fields are labelled as a body, and how many bodies keep their label."""
    p_field, empty, sure = _field_or_body(logits, labels, calibration.uncertain_below)
    kept = sure & (p_field <= calibration.field_above)
    return {
        "empty fields labelled as a body": f"{(kept & empty).sum()} of {empty.sum()}",
        "bodies labelled": f"{(kept & ~empty).sum()} of {(~empty).sum()}",
        "of them without the limit for P(field)": f"{(sure & ~empty).sum()}",
    }


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
