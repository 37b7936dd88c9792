"""Turn a detector's training into a release: weights of 16 bits, measured on held-out fields, with a card."""

import json
from pathlib import Path

import numpy as np

from astroclassify.core import ParameterError, check_whole, fingerprint, write_text
from astroclassify.detect import YOLO
from astroclassify.metrics import score_detections
from astroclassify.models import FIELDNET, PATCHNET, bodies_entry, locate_weights
from astroclassify.training._card import commit, joint_licence, parent_card, stages_entry
from astroclassify.training._trainer import halved, mean_state, write_state
from astroclassify.training.detection._fit import ABOUT, CLASSIFIER, WEIGHTS

#: Sizes of bodies that count, pixels: smaller ones are reported apart; and the lowest score looked at.
LEAST_SIZE, SMALL_SIZE, _FAINTEST = 16.0, 8.0, 0.02
#: Decimals of what stands on a card.
_DIGITS = 3
#: What learnt from ImageNet is under the licence of those weights too.
_LICENCE = "BSD-3-Clause AND Apache-2.0"
_DATA = "wide fields simulated by astroclassify.simulate.wide_field, with the pictures listed"


def release_detector(
    folders, target, source, *, count=400, seed=0, learnt=(), held=(), parent=None, average_with=()
):
    """
    Measure a training's weights, and write them with their card.

    Parameters
    ----------
    folders : sequence of path-like
        Of the trainings, each of which started from the weights of the one before; those of the last are
        released.
    target : path-like
        The weights file to write, ``NAME.safetensors``; the card is ``NAME.json`` beside it.
    source : callable
        ``source(rng)`` gives a field as no training has seen.
    count : int, default 400
        How many are looked at.
    seed : int, default 0
        Of the fields.
    learnt, held : sequence of str
        Names of the real bodies that were learnt from, and of those held out; for the card.
    parent : path-like, optional
        Card of the weights that the first training started from: its stages, pictures and bodies are listed
        again. By default that of the default classifier, if the training started from its trunk.
    average_with : sequence of path-like, optional
        Weights files. The mean of these and of the last training's weights is released.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    ParameterError
        If a training started from other weights than those of the one before it, or the first from weights
        whose card is not given, or not there.
    WeightsError
        If that is no card.
    """
    check_whole("count", count)
    folders, target = [Path(folder) for folder in folders], Path(target)
    known = _start(folders, parent)
    averaged = [folders[-1] / WEIGHTS, *map(Path, average_with)]
    target.with_suffix(".json").unlink(missing_ok=True)  # the card of what was there before
    write_state(halved(mean_state(averaged)), target)
    scores = judged(target, [source(np.random.default_rng([seed, n])) for n in range(count)])
    training = stages_entry(folders, data=_DATA, parent=known, averaged=averaged, commit=commit())
    card = {
        "name": target.stem,
        "model": FIELDNET.name,
        "sha256": fingerprint(target),
        "classes": list(FIELDNET.classes),
        "detection": {"least": round(scores["16 pixels and more"]["threshold"], _DIGITS)},
        **bodies_entry(known, learnt=learnt, calibrated=held),
        "training": training,
        "metrics": {f"{count} simulated fields, never seen, of held-out bodies": scores},
        "licence": joint_licence(_LICENCE, known.get("licence")),
    }
    write_text(json.dumps(card, indent=2) + "\n", target.with_suffix(".json"))
    return card


def _start(folders, parent):
    """The card of what the first training started from, or nothing; each next one must go on from it."""
    told = [json.loads((folder / ABOUT).read_text()) for folder in folders]
    if parent is None and told[0]["started_from"] == CLASSIFIER:
        parent = _card_of_classifier(told[0].get("classifier"))
    card = {} if parent is None else parent_card(parent)
    known = [CLASSIFIER, card.get("sha256")]
    for folder, about in zip(folders, told, strict=True):
        start = about["started_from"]
        if start not in known:
            raise ParameterError(
                f"{folder} started from weights with the sha256 {start[:12]}; expected those of the training "
                "before it (earlier=), or their card (parent=)"
            )
        known = [fingerprint(folder / WEIGHTS)]
    return card


def _card_of_classifier(sha256):
    """That of the default classifier, if a training wrote down that it started from its trunk."""
    if sha256 is None:
        return None
    path, _, _ = locate_weights(PATCHNET)
    if fingerprint(path) != sha256:
        raise ParameterError(
            f"the training started from the trunk of a default classifier with the sha256 {sha256[:12]}, "
            "which is not the one that is installed: give its card (parent=)"
        )
    return path


def judged(weights, fields):
    """
    Measure a detector's weights.

    Parameters
    ----------
    weights : path-like
        The file.
    fields : sequence of WideField
        What to look at.

    Returns
    -------
    dict
        By range of sizes: scores at an overlap of 0.5, and mAP.
    """
    found = [YOLO.detect(field.image, weights=weights, least=_FAINTEST) for field in fields]
    truth = [field.objects for field in fields]
    ranges = {"16 pixels and more": (LEAST_SIZE, np.inf), "8 to 16 pixels": (SMALL_SIZE, LEAST_SIZE)}
    names = ("precision", "recall", "f1", "threshold", "map50", "map50_95", "objects")
    scores = {name: score_detections(found, truth, sizes=sizes) for name, sizes in ranges.items()}
    return {
        name: {each: round(getattr(score, each), _DIGITS) for each in names} for name, score in scores.items()
    }
