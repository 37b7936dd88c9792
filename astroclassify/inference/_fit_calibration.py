"""The fit of a calibration: temperature and offsets that make probabilities true, as far as bodies tell."""

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from astroclassify.core import ParameterError
from astroclassify.models import NSC_CLASSES, Calibration

#: How far, in standard deviations, the calibration of other frames lies from the one to start from: of the
#: logarithm of the temperature, and of a class's offset (float, natural log-odds).
LOG_TEMPERATURE_WIDTH, OFFSET_WIDTH = 0.3, 1.0
#: How many bodies are many; and bounds of the temperature, relative to the one to start from, for fewer.
MANY_BODIES, _FEW = 100, (0.5, 8.0)
#: Bounds of the temperature whatever the bodies say.
_TEMPERATURES = (0.2, 20.0)


def fit_calibration(logits, allowed, classes, *, bodies=None, weights=None, start=None):
    """
    Fit temperature and class offsets; with few bodies they stay near those to start from.

    Parameters
    ----------
    logits : numpy.ndarray
        Uncalibrated, shape (N, K), of frames that the network has not learnt from.
    allowed : numpy.ndarray of bool
        Shape (N, K): which classes are right of each frame (`~astroclassify.models.allowed_classes`).
    classes : tuple of str
        Names of the K classes.
    bodies : sequence of str, optional
        The body of each frame; by default each frame has its own. All frames of a body count as one.
    weights : sequence of float, optional
        How much each frame's body counts, 1 by default, where some bodies are shown more often than they are
        met.
    start : Calibration, optional
        What is known before: that of the weights that the training started from, for example. By default
        temperature 1 and no offsets.

    Returns
    -------
    Calibration
        ``start``, with another temperature and other offsets. It holds for the shares of classes that
        ``start.prior`` gives, or for galaxy and nsc equally frequent, whatever the shares among the frames.

    Raises
    ------
    ParameterError
        If the arguments do not belong together, or there is no frame.

    Notes
    -----
    The fit is the maximum of a posterior. The logits of frame *i* are :math:`z_i = l_i / T + b + \\ln
    (\\pi^{found} / \\pi)`; the last term, known and then dropped, compares the share of a class among the
    bodies with that for which the calibration is to hold. Minus the log of the posterior is

    .. math::
        \\sum_i w_i\\,[-(1-\\epsilon)\\ln P_i - \\epsilon \\ln (1-P_i)]
        + \\frac{\\ln^2 (T / T_0)}{2 \\sigma_T^2} + \\sum_c \\frac{(b_c - b_{0,c})^2}{2 \\sigma_b^2}

    with :math:`P_i` the summed probability of the classes that are right. Each body has the weight 1 (or that
    of ``weights``), shared by its frames, which are right or wrong together. After *n* bodies nobody may be
    surer than the rule of succession says, :math:`\\epsilon = 1 / (n + 2)` (Platt's targets), so frames that
    are all right do not ask for certainty. Before any label :math:`\\ln T` and the offsets are expected
    within :math:`\\sigma_T = 0.3` and :math:`\\sigma_b = 1` of those to start from. Of fewer than 100
    bodies the temperature is at least half of that to start from. Offsets of classes of which there is no
    frame stay.

    References
    ----------
    Platt 1999, "Probabilistic outputs for support vector machines", in Advances in Large Margin Classifiers.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.inference import fit_calibration
    >>> logits, right = np.array([[0.5, 0.0], [0.0, 0.5]]), np.eye(2, dtype=bool)
    >>> found = fit_calibration(logits, right, ("galaxy", "nsc"))
    >>> 0.9 < found.temperature < 1
    True
    """
    logits, allowed = np.asarray(logits, dtype=float), np.asarray(allowed, dtype=bool)
    start = Calibration() if start is None else start
    _check(logits, allowed, classes, bodies, weights)
    factors = 1.0 if weights is None else np.asarray(weights, dtype=float)
    weights = factors * _weights(len(logits) if bodies is None else bodies)
    offsets = np.array(start.bias or (0.0,) * len(classes))
    seen = allowed.any(axis=0)
    telling = allowed.any(axis=1) & ~allowed[:, seen].all(axis=1)
    if not telling.any():
        return replace(start, bias=tuple(offsets.tolist()))
    number = float(weights[telling].sum())
    shift = _shift(allowed[telling], weights[telling], classes, start.prior)
    problem = _Problem(
        logits[telling][:, seen], allowed[telling][:, seen], weights[telling], shift[seen], 1 / (number + 2)
    )
    temperature, offsets[seen] = problem.solved(start.temperature, offsets[seen], many=number >= MANY_BODIES)
    return replace(start, temperature=temperature, bias=tuple(offsets.tolist()))


def _check(logits, allowed, classes, bodies, weights):
    expected = (len(logits), len(classes))
    if logits.shape != expected or allowed.shape != expected or not len(logits):
        raise ParameterError(
            f"got logits of the shape {logits.shape} and right classes of the shape {allowed.shape}; "
            f"expected (N, {len(classes)}) of both, of one frame or more"
        )
    if weights is not None and np.shape(weights) != (len(logits),):
        raise ParameterError(
            f"got weights of the shape {np.shape(weights)} of {len(logits)} frames; expected one each"
        )
    if bodies is not None and len(bodies) != len(logits):
        raise ParameterError(f"got {len(bodies)} bodies of {len(logits)} frames; expected one of each frame")


def _weights(bodies):
    """Give every body the weight 1, shared by its frames; of a number, every frame."""
    if isinstance(bodies, int):
        return np.ones(bodies)
    _, body, frames = np.unique(np.asarray(bodies), return_inverse=True, return_counts=True)
    return 1 / frames[body]


def _shift(allowed, weights, classes, prior):
    """Log of the shares of the sides among the bodies, against those that the calibration is to hold for.

    A share is estimated by Laplace's rule, (n + 1) / (N + sides). Field is no side: how frequent empty fields
    are among labelled frames says nothing.
    """
    sides = np.array(["nsc" if name in NSC_CLASSES else name for name in classes])
    names = [name for name in dict.fromkeys(sides.tolist()) if name != "field"]
    wanted = np.array([np.array(prior)[sides == name].sum() if prior else 1.0 for name in names])
    found = np.array([1 + weights[allowed[:, sides == name].any(axis=1)].sum() for name in names])
    shift = np.log(found / found.sum()) - np.log(wanted / wanted.sum())
    return np.array([0.0 if side == "field" else shift[names.index(side)] for side in sides])


class _Problem:
    """What is to be minimised: the loss of the labels, softened, and what was known before."""

    def __init__(self, logits, allowed, weights, shift, softness):
        self.logits, self.allowed, self.weights = logits, allowed, weights
        self.shift, self.softness = shift, softness

    def solved(self, temperature, offsets, *, many):
        """Temperature and offsets that are the most probable."""
        start = np.array([np.log(temperature), *offsets])
        widths = np.array([LOG_TEMPERATURE_WIDTH, *[OFFSET_WIDTH] * len(offsets)])
        least, most = _TEMPERATURES if many else np.clip(np.multiply(_FEW, temperature), *_TEMPERATURES)
        bounds = [(np.log(min(least, temperature)), np.log(max(most, temperature)))]
        bounds += [(None, None)] * len(offsets)
        options = {"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8}
        found = minimize(
            self.value, start, (start, widths), method="L-BFGS-B", jac=True, bounds=bounds, options=options
        )
        return float(np.exp(found.x[0])), found.x[1:]

    def value(self, chosen, start, widths):
        """Minus the log of the posterior, and its gradient.

        With soft targets *t*, which share 1 - softness by the probabilities within the right classes, and the
        rest within the others, the gradient with respect to the logits is *p - t*.
        """
        scaled = self.logits / np.exp(chosen[0])
        z = scaled + chosen[1:] + self.shift
        total = logsumexp(z, axis=1, keepdims=True)
        right = np.where(self.allowed, z, -np.inf)
        wrong = np.where(self.allowed, -np.inf, z)
        of_right, of_wrong = (logsumexp(part, axis=1, keepdims=True) for part in (right, wrong))
        soft = self.softness
        loss = ((1 - soft) * (total - of_right) + soft * (total - of_wrong))[:, 0] @ self.weights
        targets = (1 - soft) * np.exp(right - of_right) + soft * np.exp(wrong - of_wrong)
        slope = (np.exp(z - total) - targets) * self.weights[:, None]
        away = (chosen - start) / widths
        gradient = np.array([-(slope * scaled).sum(), *slope.sum(axis=0)]) + away / widths
        return loss + (away**2).sum() / 2, gradient
