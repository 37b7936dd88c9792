"""The calibration of a model to the shares of the classes among frames that nobody has labelled."""

from dataclasses import replace

import numpy as np
from astropy.table import Table
from scipy.special import softmax

from astroclassify.core import AstroclassifyError, ParameterError, progress_bar
from astroclassify.inference._calibrate import LocalCalibration, logits_of
from astroclassify.inference._interpret import calibrated_logits
from astroclassify.inference._prior import usual_shares
from astroclassify.io import read_frames
from astroclassify.preprocess import frame_array

#: Fewer frames say nothing of shares (int).
LEAST_FRAMES = 10
#: The shares start as if so many frames had been seen, shared as usual, so that none becomes 0 (float).
_PSEUDO_FRAMES = 2.0
_STEPS, _TOLERANCE = 5000, 1e-9


def expected_shares(probabilities, usual):
    """
    Estimate the shares of the classes among frames without labels.

    Parameters
    ----------
    probabilities : numpy.ndarray
        ``[N, K]``, calibrated for the usual shares; each row sums to 1.
    usual : sequence of float
        The K shares that the probabilities hold for.

    Returns
    -------
    numpy.ndarray
        The K shares; they sum to 1.

    Raises
    ------
    ParameterError
        If the shapes do not belong together, or there is no frame.

    Notes
    -----
    Expectation and maximisation: with shares :math:`\\pi'` the probabilities become :math:`q_{ik} \\propto
    p_{ik}\\,\\pi'_k / \\pi_k`; their means, to which two frames of the usual shares are added, are the next
    shares. It holds where only the shares differ from those of the calibration: what a galaxy looks like must
    be the same.

    References
    ----------
    Saerens, Latinne & Decaestecker 2002, Neural Computation 14, 21, doi:10.1162/089976602753284446.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.inference import expected_shares
    >>> expected_shares(np.array([[0.99, 0.01]] * 30 + [[0.01, 0.99]] * 10), (0.5, 0.5)).round(1)
    array([0.7, 0.3])
    """
    probabilities, usual = np.asarray(probabilities, dtype=float), np.asarray(usual, dtype=float)
    if probabilities.ndim != 2 or probabilities.shape[1:] != usual.shape or not len(probabilities):
        raise ParameterError(
            f"got probabilities of the shape {probabilities.shape} and {usual.size} usual shares; expected "
            "(N, K) of one frame or more, and K"
        )
    shares, number = usual, len(probabilities) + _PSEUDO_FRAMES
    for _ in range(_STEPS):
        moved = probabilities * (shares / usual)
        moved /= moved.sum(axis=1, keepdims=True)
        found = (moved.sum(axis=0) + _PSEUDO_FRAMES * usual) / number
        if np.abs(found - shares).max() < _TOLERANCE:
            break
        shares = found
    return found


def calibrate_shares(model, frames, *, draws=200, rng=0, progress=None):
    """
    Shift a model to the shares of the classes among frames that nobody has labelled.

    Parameters
    ----------
    model : Model
        From `~astroclassify.models.build_model`.
    frames : sequence of path-like
        Files of frames; of a file of several chips each counts.
    draws : int, default 200
        Bootstrap samples of the intervals, of files.
    rng : int, default 0
        Their seed.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    LocalCalibration
        Only the offsets change, by the logarithm of the new share over the usual one; the card's ``prior``
        holds the new shares. What it gains cannot be measured without labels: the figures are the shares.

    Raises
    ------
    ParameterError
        If fewer than 10 frames can be used.

    Examples
    --------
    Ten simulated frames of which nobody says what they show:

    >>> from astropy.io import fits
    >>> from astroclassify.inference import calibrate_shares
    >>> from astroclassify.models import build_model
    >>> from astroclassify.simulate import random_frames
    >>> night = [getfixture("tmp_path") / f"{number}.fits" for number in range(10)]
    >>> for seed, path in enumerate(night):
    ...     fits.writeto(path, random_frames(seed, shape=(96, 96))[0].array)
    >>> found = calibrate_shares(build_model("patchnet"), night, progress=False)
    >>> found.figures.colnames
    ['figure', 'before', 'after']
    """
    logits, files, failed = _answered(model, frames, progress)
    if len(logits) < LEAST_FRAMES:
        reason = f"; the first that failed: {failed[0]}" if failed else ""
        raise ParameterError(
            f"{len(logits)} frames can be used; the shares of classes need {LEAST_FRAMES} or more{reason}"
        )
    usual = np.array(usual_shares(model))
    p = softmax(calibrated_logits(logits, model.calibration), axis=1)
    shares = expected_shares(p, usual)
    shift = np.log(shares / usual)
    bias = np.array(model.calibration.bias or (0.0,) * len(usual)) + shift
    calibration = replace(model.calibration, bias=tuple(bias.tolist()), prior=tuple(shares.tolist()))
    figures = _shares_table(model.classes, usual, shares, _resampled(p, usual, files, draws, rng))
    about = {"by": "shares of the classes, without labels", "frames": len(logits)}
    return LocalCalibration(model, calibration, figures, about, failed=tuple(failed))


def _answered(model, frames, progress):
    """Logits of every chip, the number of its file, and what went wrong with other files."""
    logits, files, failed, paths = [], [], [], list(frames)
    bar = progress_bar(paths, progress=progress, total=len(paths), description="calibrate")
    for number, path in enumerate(bar):
        try:
            said = logits_of(model, map(frame_array, read_frames(path)))
        except AstroclassifyError as error:
            failed.append(str(error))
            continue
        logits += said
        files += [number] * len(said)
    return np.array(logits).reshape(-1, len(model.classes)), np.array(files), failed


def _resampled(p, usual, files, draws, rng):
    """Shares of bootstrap samples of files, ``[draws, K]``."""
    rng, names = np.random.default_rng(rng), np.unique(files)
    chosen = (
        np.bincount(rng.integers(0, names.size, names.size), minlength=names.size) for _ in range(draws)
    )
    times = (each[np.searchsorted(names, files)] for each in chosen)
    return np.array([expected_shares(np.repeat(p, each, axis=0), usual) for each in times])


def _shares_table(classes, usual, shares, samples):
    low, high = np.quantile(samples, [0.025, 0.975], axis=0)
    rows = [
        (f"share of {name}", f"{usual[k]:.3f}", f"{shares[k]:.3f} ({low[k]:.3f} to {high[k]:.3f})")
        for k, name in enumerate(classes)
    ]
    return Table(rows=rows, names=("figure", "before", "after"))
