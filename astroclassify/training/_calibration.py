"""The fit of the calibration: which temperature and offsets make probabilities true."""

import torch
from torch import nn

from astroclassify.training._loss import partial_cross_entropy


def fit_calibration(logits, labels):
    """
    Fit the temperature and the class offsets that make probabilities true.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (N, classes), on held-out bodies.
    labels : numpy.ndarray of int or bool
        The class of each frame, shape (N,), or which classes are right, shape (N, classes).

    Returns
    -------
    tuple
        Temperature (float) and bias (list of float): calibrated logits are
        ``logits / temperature + bias``.
    """
    logits, labels = torch.as_tensor(logits, dtype=torch.float64), torch.as_tensor(labels)
    allowed = labels if labels.ndim == 2 else nn.functional.one_hot(labels.long(), logits.shape[1]).bool()
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(logits.shape[1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_temperature, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss():
        optimiser.zero_grad()
        scaled = logits / log_temperature.exp() + bias
        value = partial_cross_entropy(scaled, allowed).mean() + 1e-3 * (bias**2).sum()
        value.backward()
        return value

    optimiser.step(loss)
    return float(log_temperature.detach().exp()), bias.detach().tolist()
