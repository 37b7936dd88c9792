"""From logits to a label: calibration, the two sides, and when to say "I cannot tell"."""

import logging

import numpy as np
from scipy.special import softmax

from astroclassify.core import ConfigurationError, ParameterError, conf
from astroclassify.inference._classification import Classification
from astroclassify.inference._novelty import novelty_of
from astroclassify.inference._on_frame import evidence_on_frame
from astroclassify.inference._prior import prior_shift
from astroclassify.metrics import leans_to_galaxy
from astroclassify.models import NSC_CLASSES
from astroclassify.preprocess import thumbnail

logger = logging.getLogger(__name__)

#: What may be asked of a frame: galaxy, nebula / star cluster, or whether there is any object (tuple of str).
TARGETS = ("galaxy", "nsc", "object")


def calibrated_logits(logits, calibration):
    """
    Apply a calibration.

    Parameters
    ----------
    logits : numpy.ndarray
        ``[..., K]``.
    calibration : Calibration
        Temperature and bias.

    Returns
    -------
    numpy.ndarray
        Float64 ``[..., K]``: ``logits / temperature + bias``.

    Examples
    --------
    >>> from astroclassify.inference import calibrated_logits
    >>> from astroclassify.models import Calibration
    >>> calibrated_logits([2.0, -1.0], Calibration(temperature=2.0))
    array([ 1. , -0.5])
    """
    bias = calibration.bias or (0.0,) * np.shape(logits)[-1]
    return np.asarray(logits, dtype=float) / calibration.temperature + np.asarray(bias)


def galaxy_probability(logits, classes):
    """
    Probability of a galaxy, given that the frame shows a galaxy or an nsc.

    Parameters
    ----------
    logits : numpy.ndarray
        Calibrated logits ``[..., K]``.
    classes : tuple of str
        The K classes.

    Returns
    -------
    numpy.ndarray
        Float64 ``[...]``, 0 to 1.

    Notes
    -----
    With :math:`L_c` the logits, :math:`P = 1 / (1 + \\sum_{c \\in nsc} e^{L_c - L_{galaxy}})`:
    ``field`` drops out.

    Examples
    --------
    >>> from astroclassify.inference import galaxy_probability
    >>> float(galaxy_probability([0.0, 0.0, 30.0], ("galaxy", "nsc", "field")))
    0.5
    """
    logits = np.asarray(logits, dtype=float)
    two = np.stack([logits[..., classes.index("galaxy")], _nsc_logit(logits, classes)], axis=-1)
    return softmax(two, axis=-1)[..., 0]


def interpret(prediction, model, *, prior=None, meta=None, frame=None):
    """
    Turn what a network said into an answer.

    Parameters
    ----------
    prediction : Prediction
        From `predict`.
    model : Model
        The model that gave it.
    prior : mapping of str to float, optional
        Expected shares of ``galaxy`` and ``nsc``, or of every class of the model; see `prior_shift`.
    meta : mapping, optional
        Provenance to keep.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array, optional
        What was classified: its WCS is carried to the map of the evidence, and a small picture of it kept.

    Returns
    -------
    Classification
        The label is the more probable of galaxy and nsc (renormalised without ``field``), or ``uncertain``
        for the first of these reasons: the novelty is above the card's limit; the probability of ``field`` is
        above the card's ``field_above`` (0.5 where it says nothing); that of the label is under the threshold
        of ``conf.uncertain_below`` (where that is negative, of the weights' card). A prior changes the
        probabilities, but not the map of the evidence, which stays what the pixels say.

    Raises
    ------
    ConfigurationError
        If ``conf.uncertain_below`` is more than 1.
    ParameterError
        If the prior is malformed.
    WeightsError
        If the card has a limit for a novelty that the network does not give.
    """
    from_pixels = calibrated_logits(prediction.logits, model.calibration)
    logits = from_pixels + prior_shift(prior, model)
    probabilities = dict(zip(model.classes, softmax(logits).tolist(), strict=True))
    galaxy = float(galaxy_probability(logits, model.classes))
    leaning, probability = ("galaxy", galaxy) if leans_to_galaxy(galaxy) else ("nsc", 1 - galaxy)
    score, novelty = novelty_of(prediction, model)
    limits = limits_of(model.calibration)
    evidence = evidence_for(leaning, prediction, model)
    reason = doubt(probability, probabilities.get("field", 0.0), novelty, **limits)
    answer = Classification(
        label="uncertain" if reason else leaning,
        probability=probability,
        leaning=leaning,
        probabilities=probabilities,
        evidence=None if evidence is None else evidence_on_frame(evidence, frame),
        novelty=novelty,
        meta={
            **(meta or {}),
            **limits,
            "novelty_score": score,
            "prior": None if prior is None else dict(prior),
            "reason": reason,
        },
        thumbnail=None if frame is None else thumbnail(frame),
    )
    _log(answer, frame)
    return answer


def _log(answer, frame):
    cards = getattr(frame, "meta", None) or {}
    name, chip = answer.meta.get("source") or cards.get("ACSOURCE"), answer.meta.get("chip")
    where = f"{name or 'a frame'}{f', chip {chip}' if chip else ''}"
    logger.info("%s: %s, probability %.3f (%s)", where, answer.label, answer.probability, answer.leaning)
    logger.debug("%s: probabilities %s, novelty %s", where, answer.probabilities, answer.novelty)


def limits_of(calibration):
    """
    Give the limits beyond which a label is ``uncertain``.

    Parameters
    ----------
    calibration : Calibration
        The card's.

    Returns
    -------
    dict of str to float
        ``uncertain_below`` (the user's before the card's), ``novelty_above`` and ``field_above``.

    Raises
    ------
    ConfigurationError
        If ``conf.uncertain_below`` is more than 1.
    """
    return {
        "uncertain_below": _threshold(calibration),
        "novelty_above": calibration.novelty_above,
        "field_above": calibration.field_above,
    }


def _threshold(calibration):
    chosen = conf.uncertain_below
    if chosen > 1:
        raise ConfigurationError(
            f"conf.uncertain_below is {chosen}; expected at most 1, or a negative number for the card's value"
        )
    return calibration.uncertain_below if chosen < 0 else chosen


def doubt(probability, field, novelty, *, uncertain_below, novelty_above, field_above):
    """
    Say why an answer is ``uncertain``.

    Parameters
    ----------
    probability, field, novelty : float
        Probability of the leaning, that of ``field``, and the novelty.
    uncertain_below, novelty_above, field_above : float
        The limits.

    Returns
    -------
    str
        The first reason that holds; empty for none.
    """
    if novelty > novelty_above:
        return f"unlike anything the model has learnt: novelty {novelty:.4g} is above {novelty_above:.4g}"
    if field > field_above:
        return f"the frame may show a field without a body: P(field) = {field:.3f} is above {field_above:.3f}"
    if probability < uncertain_below:
        return f"the probability {probability:.3f} is below {uncertain_below:.3f}"
    return ""


def _nsc_indices(classes):
    return [i for i, name in enumerate(classes) if name in NSC_CLASSES]


def _nsc_logit(logits, classes):
    parts = logits[..., _nsc_indices(classes)]
    top = parts.max(axis=-1, keepdims=True)
    return (top + np.log(np.exp(parts - top).sum(axis=-1, keepdims=True)))[..., 0]


def sides_of(target, classes):
    """
    Say which classes speak for a target, and which against it.

    Parameters
    ----------
    target : {"galaxy", "nsc", "object"}
        What is asked: galaxy against nsc, nsc against galaxy, or any object against an empty field.
    classes : tuple of str
        The classes of a model.

    Returns
    -------
    tuple of list of int
        Indices of both.

    Raises
    ------
    ParameterError
        If there is no such target, or the model knows no empty field.
    """
    if target not in TARGETS:
        raise ParameterError(f"the target is {target!r}; expected one of {', '.join(map(repr, TARGETS))}")
    if target == "object":
        if "field" not in classes:
            raise ParameterError(
                f"the target is 'object', and the model's classes are {classes}; expected one with 'field'"
            )
        return [i for i, name in enumerate(classes) if name != "field"], [classes.index("field")]
    sides = [classes.index("galaxy")], _nsc_indices(classes)
    return sides if target == "galaxy" else sides[::-1]


def evidence_for(target, prediction, model):
    """
    Say how much each place of a frame speaks for a target: galaxy, nsc, or that there is an object.

    Parameters
    ----------
    target : {"galaxy", "nsc", "object"}
        What the map speaks for.
    prediction : Prediction
        From `predict`.
    model : Model
        The model that gave it.

    Returns
    -------
    numpy.ndarray or None
        Float32 ``[h, w]``, natural log-odds, calibrated: the evidence of the target's side minus that of the
        other, each class by its share of its side. `None` where the network gave none.

    Raises
    ------
    ParameterError
        If the target is an object, and the model knows no empty field.
    """
    if prediction.evidence is None:
        return None
    calibrated = calibrated_logits(prediction.logits, model.calibration)
    towards, against = (
        np.tensordot(softmax(calibrated[side]).astype(np.float32), prediction.evidence[side], axes=1)
        for side in sides_of(target, model.classes)
    )
    return ((towards - against) / model.calibration.temperature).astype(np.float32)
