"""The loss of a frame's label, which may allow several classes."""

import torch


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
