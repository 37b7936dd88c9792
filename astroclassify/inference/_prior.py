"""Prior-shift correction: probabilities where galaxies are rarer, or commoner, than in training."""

import math
from collections.abc import Mapping
from numbers import Real

import numpy as np

from astroclassify.core import ParameterError
from astroclassify.models import NSC_CLASSES, PRIOR_TOLERANCE

_SIDES = ("galaxy", "nsc")


def prior_shift(prior, model):
    """
    Compute what a prior adds to calibrated logits.

    Parameters
    ----------
    prior : mapping of str to float, or None
        Expected share of each class among the frames: of ``galaxy`` and ``nsc``, or of every class of
        the model. Above 0, and summing to 1.
    model : Model
        The model; its card may hold the shares that it was calibrated with.

    Returns
    -------
    numpy.ndarray
        Float64, one per class: zero for no prior.

    Raises
    ------
    ParameterError
        If the prior is not as described.

    Notes
    -----
    Logits :math:`L_c` become :math:`L_c + \\ln (\\pi'_c / \\pi_c)`, with the new shares :math:`\\pi'` and
    those of the calibration :math:`\\pi`, which the weights' card holds as ``prior``; where it does not,
    galaxy and nsc (and field) are taken to be equally frequent, and so are the parts of nsc. A prior of
    ``galaxy`` and ``nsc`` leaves the probability of ``field``'s share in the data, and how nsc's
    parts share nsc, as they were.

    References
    ----------
    Saerens, Latinne & Decaestecker 2002, Neural Computation 14, 21, doi:10.1162/089976602753284446.

    Examples
    --------
    >>> from astroclassify.inference import prior_shift
    >>> from astroclassify.models import build_model
    >>> prior_shift({"galaxy": 0.8, "nsc": 0.2}, build_model("patchnet")).shape
    (4,)
    """
    classes = model.classes
    if prior is None:
        return np.zeros(len(classes))
    _check(prior, classes)
    usual = dict(zip(classes, usual_shares(model), strict=True))
    if set(prior) == set(classes):
        return np.log([prior[name] / usual[name] for name in classes])
    nsc = sum(usual[name] for name in classes if name in NSC_CLASSES)
    both = usual["galaxy"] + nsc
    gains = {"galaxy": prior["galaxy"] * both / usual["galaxy"], "nsc": prior["nsc"] * both / nsc}
    return np.log([gains.get("nsc" if name in NSC_CLASSES else name, 1.0) for name in classes])


def usual_shares(model):
    """
    Give the shares of the classes that a model's probabilities hold for.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    tuple of float
        Those of its card; else galaxy, nsc (and field) equally frequent, and so the parts of nsc.

    Examples
    --------
    >>> from astroclassify.inference import usual_shares
    >>> from astroclassify.models import build_model
    >>> sum(usual_shares(build_model("patchnet")))
    1.0
    """
    return model.calibration.prior or _equal_shares(model.classes)


def _check(prior, classes):
    has_sides = not set(NSC_CLASSES).isdisjoint(classes)  # not of a model for sources
    sides = (_SIDES,) if has_sides else ()
    if not isinstance(prior, Mapping) or set(prior) not in map(set, (*sides, classes)):
        found = sorted(map(str, prior)) if isinstance(prior, Mapping) else f"a {type(prior).__name__}"
        either = f"{_SIDES}, or for each of " if has_sides else ""
        raise ParameterError(
            f"a prior has a share for each of {either}the model's classes {classes}; got {found}"
        )
    shares = list(prior.values())
    numbers = [isinstance(share, Real) and not isinstance(share, bool) for share in shares]
    if not all(numbers) or not all(0 < share < math.inf for share in shares):
        raise ParameterError(f"the shares of a prior are numbers above 0; got {dict(prior)}")
    if abs(sum(shares) - 1) > PRIOR_TOLERANCE:
        raise ParameterError(f"the shares of a prior sum up to 1; those of {dict(prior)} to {sum(shares):g}")


def _equal_shares(classes):
    sides = [("nsc" if name in NSC_CLASSES else name) for name in classes]
    return tuple(1 / len(set(sides)) / sides.count(side) for side in sides)
