"""What a frame's label asks of a network: which classes are right, and the loss that says how far it is."""

import numpy as np
import torch

from astroclassify.core import ParameterError
from astroclassify.models import FINE_CLASSES, NSC_CLASSES


def allowed_classes(label, classes):
    """
    Say which of a model's classes are right for a label.

    Parameters
    ----------
    label : str
        ``"galaxy"``, ``"nsc"``, ``"nebula"``, ``"star cluster"`` or ``"field"``, in any case
        (the paper's lists have ``NSC``).
    classes : tuple of str
        The model's K classes.

    Returns
    -------
    numpy.ndarray of bool
        Shape (K,). ``nsc`` allows both of its parts where the model tells them apart, and a part
        is ``nsc`` where it does not. All False where the model has no class for the label.

    Raises
    ------
    ParameterError
        If there is no such label.

    Examples
    --------
    >>> from astroclassify.training import allowed_classes
    >>> allowed_classes("NSC", ("galaxy", "nebula", "star cluster", "field"))
    array([False,  True,  True, False])
    """
    name = str(label).strip().lower()
    if name not in FINE_CLASSES:
        raise ParameterError(f"there is no label {label!r}; expected one of {', '.join(FINE_CLASSES)}")
    wanted = {name}
    if name not in classes and name in NSC_CLASSES:
        wanted = set(NSC_CLASSES) if name == "nsc" else {"nsc"}
    return np.array([one in wanted for one in classes])


def partial_cross_entropy(logits, allowed, *, smoothing=0.0):
    """
    Give the cross-entropy of labels that may allow several classes.

    Parameters
    ----------
    logits : torch.Tensor
        Shape (N, K).
    allowed : torch.Tensor of bool
        Shape (N, K). A frame for which no class is right should make every class alike.
    smoothing : float, default 0
        Label smoothing, 0 to 1.

    Returns
    -------
    torch.Tensor
        Shape (N,): minus the logarithm of the summed probability of the allowed classes, which
        is the ordinary cross-entropy where there is one.

    Notes
    -----
    With smoothing :math:`\\epsilon` the loss is
    :math:`-(1 - \\epsilon) \\log \\sum_{c\\,allowed} p_c - \\epsilon / K \\sum_c \\log p_c`.
    """
    log_p = torch.log_softmax(logits, dim=1)
    nothing = ~allowed.any(dim=1)
    # Where nothing is right all are taken, so that no gradient is infinite; that value is not used.
    chosen = -torch.logsumexp(log_p.masked_fill(~(allowed | nothing[:, None]), -torch.inf), dim=1)
    alike = -log_p.mean(dim=1)
    right = torch.where(nothing, alike, chosen)
    return (1 - smoothing) * right + smoothing * alike if smoothing else right
