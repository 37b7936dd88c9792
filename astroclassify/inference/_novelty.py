"""How unlike what a model has learnt a frame is."""

import numpy as np

from astroclassify.core import WeightsError


def energy(logits):
    """
    Say how little a network recognises in a frame, from its logits alone.

    Parameters
    ----------
    logits : numpy.ndarray
        ``[..., K]``, before calibration.

    Returns
    -------
    numpy.ndarray
        Float64 ``[...]``: larger where no class is spoken for.

    Notes
    -----
    :math:`E = -\\ln \\sum_c e^{L_c}`.

    References
    ----------
    Liu et al. 2020, "Energy-based Out-of-distribution Detection", arXiv:2010.03759.

    Examples
    --------
    >>> from astroclassify.inference import energy
    >>> energy([[9.0, 0.0], [0.0, 0.0]]).round(2)
    array([-9.  , -0.69])
    """
    logits = np.asarray(logits, dtype=float)
    top = logits.max(axis=-1)
    return -(top + np.log(np.exp(logits - top[..., None]).sum(axis=-1)))


def novelty_of(prediction, model):
    """
    Choose the novelty that the card's limit is for.

    Parameters
    ----------
    prediction : Prediction
        What the network said.
    model : Model
        The model.

    Returns
    -------
    tuple of str and float
        The score, ``"mahalanobis"`` or ``"energy"``, and its value.

    Raises
    ------
    WeightsError
        If the card has a limit for a distance that the network does not give.
    """
    own = prediction.novelty is not None
    score = model.calibration.novelty_score or ("mahalanobis" if own else "energy")
    if score == "energy":
        return score, float(energy(prediction.logits))
    if not own:
        raise WeightsError(
            f"the card of {model.spec.name!r} has a limit for the novelty {score!r}, "
            "but its network measures none (its ModelOutput has no novelty); use the score 'energy'"
        )
    return score, float(prediction.novelty)


def plane_statistics(planes):
    """
    Give the mean and the spread of each plane of a frame.

    Parameters
    ----------
    planes : numpy.ndarray
        ``[..., H, W]``.

    Returns
    -------
    dict of str to numpy.ndarray
        ``mean`` and ``spread`` (standard deviation), ``[...]`` each.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.inference import plane_statistics
    >>> plane_statistics(np.array([[[0.0, 2.0]], [[1.0, 1.0]]]))["spread"]
    array([1., 0.])
    """
    planes = np.asarray(planes, dtype=float)
    return {"mean": planes.mean(axis=(-2, -1)), "spread": planes.std(axis=(-2, -1))}
