"""The card of a weights file: what calibrates the logits, and where certainty ends."""

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real

from astroclassify.core import ParameterError, WeightsError

#: A label with a smaller probability is ``uncertain`` where the card says nothing (float).
DEFAULT_UNCERTAIN_BELOW = 0.6
#: Above this probability of ``field`` a label is ``uncertain`` where the card says nothing (float).
DEFAULT_FIELD_ABOVE = 0.5
#: What a novelty may be: the network's own distance, or minus the log of the summed exponents of the logits.
NOVELTY_SCORES = ("mahalanobis", "energy")
#: What a temperature and offsets of logits can be: beyond, every answer is certain, or none, or no number.
_COLDEST, _HOTTEST, _LARGEST_BIAS = 1e-3, 1e3, 1e3
#: How far from 1 shares may sum up (float).
PRIOR_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Calibration:
    """
    Calibration of a model: probabilities are ``softmax(logits / temperature + bias)``.

    Parameters
    ----------
    temperature : float, default 1
        0.001 to 1000.
    bias : tuple of float, default empty
        One per class, -1000 to 1000; empty for none.
    uncertain_below : float, default 0.6
        Probability, 0 to 1, under which a label is ``uncertain``.
    novelty_score : {"", "mahalanobis", "energy"}, default ""
        Which novelty the limit is for; empty for the network's own where it has one, else the energy.
    novelty_above : float, default infinity
        Novelty above which a label is ``uncertain``.
    prior : tuple of float, default empty
        Share of each class among the frames that the calibration was fitted on, summing to 1; empty
        where the card does not say.
    field_above : float, default 0.5
        Probability of ``field``, 0 to 1, above which a label is ``uncertain``.

    Examples
    --------
    >>> from astroclassify.models import Calibration
    >>> Calibration(temperature=1.5, uncertain_below=0.8).field_above
    0.5
    """

    temperature: float = 1.0
    bias: tuple[float, ...] = ()
    uncertain_below: float = DEFAULT_UNCERTAIN_BELOW
    novelty_score: str = ""
    novelty_above: float = math.inf
    prior: tuple[float, ...] = ()
    field_above: float = DEFAULT_FIELD_ABOVE


def read_card(path):
    """
    Read the card beside a weights file.

    Parameters
    ----------
    path : pathlib.Path
        The weights file, ``NAME.safetensors``; its card is ``NAME.json``.

    Returns
    -------
    dict
        The card; empty where there is none.

    Raises
    ------
    WeightsError
        If the card is not a JSON object.
    """
    card_path = path.with_suffix(".json")
    if not card_path.is_file():
        return {}
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # lists in lists in lists are no card
        raise WeightsError(f"the card {card_path} cannot be read: {error}") from error
    if not isinstance(card, dict):
        raise WeightsError(f"the card {card_path} holds a {type(card).__name__}; expected a JSON object")
    return card


def spec_of(card, spec):
    """
    Describe a model as its weights want it: with the options of the preprocessing that they learnt from.

    Parameters
    ----------
    card : mapping
        May hold ``preprocessing_options``; those that it does not name stay those of the spec.
    spec : ModelSpec
        The model.

    Returns
    -------
    ModelSpec
        The same one where the card is silent.

    Raises
    ------
    WeightsError
        If the options are not plain data by name.
    """
    given = _mapping("preprocessing_options", card)
    if not given:
        return spec
    try:
        return replace(spec, preprocessing_options={**spec.preprocessing_options, **given})
    except ParameterError as error:
        raise WeightsError(f"the card's preprocessing_options {given} are not usable: {error}") from error


def calibration_of(card, classes):
    """
    Take the calibration from a card.

    Parameters
    ----------
    card : mapping
        May hold ``calibration`` (with ``temperature`` and ``bias``), ``uncertain_below``, ``field_above``,
        ``novelty`` (with ``score`` and ``above``), ``prior`` (a share for each class) and ``classes``.
    classes : tuple of str
        The model's classes.

    Returns
    -------
    Calibration
        Defaults where the card is silent.

    Raises
    ------
    WeightsError
        If a value is out of range or belongs to other classes.

    Examples
    --------
    >>> from astroclassify.models import calibration_of
    >>> found = calibration_of({"calibration": {"temperature": 1.5}}, ("galaxy", "nsc"))
    >>> found.temperature, found.uncertain_below
    (1.5, 0.6)
    """
    _check_classes(card, classes)
    given = _mapping("calibration", card)
    temperature = _number("temperature", given.get("temperature", 1.0))
    bias = tuple(_number("bias", value) for value in _listed("bias", given.get("bias") or ()))
    threshold = _probability("uncertain_below", card, DEFAULT_UNCERTAIN_BELOW)
    field = _probability("field_above", card, DEFAULT_FIELD_ABOVE)
    if not _COLDEST <= temperature <= _HOTTEST:
        raise WeightsError(f"the card's temperature is {temperature}; expected {_COLDEST} to {_HOTTEST}")
    if max(map(abs, bias), default=0) > _LARGEST_BIAS:
        raise WeightsError(f"the card's bias is {list(bias)}; expected at most {_LARGEST_BIAS}, up or down")
    if bias and len(bias) != len(classes):
        raise WeightsError(f"the card has {len(bias)} biases for the {len(classes)} classes {classes}")
    return Calibration(temperature, bias, threshold, *_novelty(card), _prior(card, classes), field)


def calibration_entries(calibration, classes):
    """
    Give the entries of a card from which `calibration_of` takes a calibration.

    Parameters
    ----------
    calibration : Calibration
        The calibration.
    classes : tuple of str
        The model's classes.

    Returns
    -------
    dict
        ``calibration``, ``uncertain_below`` and ``field_above``, and what is known of ``novelty`` and
        ``prior``.

    Examples
    --------
    >>> from astroclassify.models import Calibration, calibration_entries
    >>> calibration_entries(Calibration(1.5), ("galaxy", "nsc"))["calibration"]
    {'temperature': 1.5, 'bias': [0.0, 0.0]}
    """
    bias = list(calibration.bias or (0.0,) * len(classes))
    entries = {
        "calibration": {"temperature": calibration.temperature, "bias": bias},
        "uncertain_below": calibration.uncertain_below,
        "field_above": calibration.field_above,
    }
    if math.isfinite(calibration.novelty_above):
        entries["novelty"] = {"score": calibration.novelty_score, "above": calibration.novelty_above}
    if calibration.prior:
        entries["prior"] = dict(zip(classes, calibration.prior, strict=True))
    return entries


def bodies_entry(parent=None, *, learnt=(), calibrated=()):
    """
    Give the entry of a card that names the bodies which its weights know.

    Parameters
    ----------
    parent : mapping, optional
        Card of the weights that these started from, whose bodies they know too.
    learnt : sequence of str, optional
        Bodies that were learnt from.
    calibrated : sequence of str, optional
        Bodies that were held out of training, and calibrated it.

    Returns
    -------
    dict
        ``bodies``, with sorted names as ``learnt`` and ``calibrated``; empty where there is none.

    Examples
    --------
    >>> from astroclassify.models import bodies_entry
    >>> bodies_entry({"bodies": {"learnt": ["M31"]}}, learnt=["M13"])
    {'bodies': {'learnt': ['M13', 'M31']}}
    """
    known = {"learnt": set(learnt), "calibrated": set(calibrated)}
    for name, names in ((parent or {}).get("bodies") or {}).items():
        known[name] |= set(names)
    entry = {name: sorted(names) for name, names in known.items() if names}
    return {"bodies": entry} if entry else {}


def _probability(name, card, default):
    value = _number(name, card.get(name, default))
    if not 0 <= value <= 1:
        raise WeightsError(f"the card's {name} is {value}; expected 0 to 1")
    return value


def _novelty(card):
    given = _mapping("novelty", card)
    score = given.get("score", "")
    if score not in ("", *NOVELTY_SCORES):
        raise WeightsError(f"the card's novelty has the score {score!r}; expected one of {NOVELTY_SCORES}")
    return score, _number("novelty above", given["above"]) if "above" in given else math.inf


def _prior(card, classes):
    given = _mapping("prior", card)
    if not given:
        return ()
    if set(given) != set(classes):
        raise WeightsError(f"the card's prior is for {sorted(given)}; expected the classes {list(classes)}")
    shares = tuple(_number("prior", given[name]) for name in classes)
    if min(shares) <= 0 or abs(sum(shares) - 1) > PRIOR_TOLERANCE:
        raise WeightsError(f"the card's prior is {dict(given)}; expected shares above 0 that sum to 1")
    return tuple(share / sum(shares) for share in shares)


def _mapping(name, card):
    given = card.get(name) or {}
    if not isinstance(given, Mapping):
        raise WeightsError(f"the card's {name} is {given!r}; expected a mapping")
    return given


def _check_classes(card, classes):
    found = card.get("classes")
    if found is not None and _listed("classes", found) != list(classes):
        raise WeightsError(f"the card is of a model with the classes {list(found)}; expected {list(classes)}")


def _listed(name, value):
    if not isinstance(value, list | tuple):
        raise WeightsError(f"the card's {name} is {value!r}; expected a list")
    return list(value)


def _number(name, value):
    # Not `isfinite`, which fails on whole numbers of hundreds of digits: JSON has them.
    if isinstance(value, bool) or not isinstance(value, Real) or not abs(value) <= sys.float_info.max:
        raise WeightsError(f"the card's {name} is {value!r:.40}; expected a finite number")
    return float(value)
