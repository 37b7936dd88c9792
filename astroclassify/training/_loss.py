"""Losses of a frame: of its label, which may allow several classes, and of its differing from its like."""

import torch

_LEAST = 1e-12  # a probability whose logarithm is finite


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


def consistency_loss(logits, groups):
    """
    Give how far each frame's answer is from the mean answer of its group.

    Parameters
    ----------
    logits : torch.Tensor
        Shape (N, K).
    groups : torch.Tensor of int64
        Shape (N,): numbers from zero, equal for frames of one group.

    Returns
    -------
    torch.Tensor
        Shape (N,): the Kullback-Leibler divergence of the frame's probabilities from the group's mean, whose
        mean over a group is the Jensen-Shannon divergence of its frames, 0 to log N. Zero for a group of one.

    References
    ----------
    .. [1] Hendrycks et al. 2020, AugMix, arXiv:1912.02781.
    """
    log_p = torch.log_softmax(logits, dim=1)
    p = log_p.exp()
    number = int(groups.max()) + 1
    sizes = torch.bincount(groups, minlength=number).to(p.dtype)
    mean = torch.zeros(number, p.shape[1], dtype=p.dtype, device=p.device).index_add(0, groups, p)
    mean = (mean / sizes[:, None].clamp_min(1))[groups]
    return (p * (log_p - mean.clamp_min(_LEAST).log())).sum(dim=1)
