"""A model over a sample of sources: logits, calibrated and shifted to other shares of the classes."""

from collections.abc import Mapping

import numpy as np
from scipy.special import softmax

from astroclassify.core import ParameterError, PluginError, check_whole
from astroclassify.inference import calibrated_logits, expected_shares, prior_shift, usual_shares
from astroclassify.models import require_task
from astroclassify.stargalaxy._bands import band_roles
from astroclassify.stargalaxy._inputs import SourceInputs
from astroclassify.stargalaxy._points import column, reference_band

#: A prior that is estimated from the sources themselves, magnitude by magnitude.
FROM_FIELD = "field"
#: Edges of the bins of magnitude in which shares of the classes are kept and estimated.
MAGNITUDE_EDGES = np.arange(14.0, 29.0)
#: Fewer sources than this in a bin say nothing of shares.
_LEAST_SOURCES = 10


def checked_inputs(spec, sample):
    """
    Make a model's inputs of a sample, and check what came out.

    Parameters
    ----------
    spec : ModelSpec
        A model for sources.
    sample : SourceSample
        The sources.

    Returns
    -------
    SourceInputs
        Three float32 arrays, finite, with a row for each source.

    Raises
    ------
    PluginError
        If the preprocessing gives anything else.
    """
    inputs = spec.planes(sample)
    arrays = tuple(inputs) if isinstance(inputs, tuple) else ()
    kinds = [isinstance(one, np.ndarray) and one.dtype == np.float32 for one in arrays]
    if [one.ndim for one in arrays if isinstance(one, np.ndarray)] != [4, 3, 2] or not all(kinds):
        raise PluginError(
            f"the preprocessing of the model {spec.name!r} gave a {type(inputs).__name__}; expected three "
            "float32 arrays: cut-outs [N, B, S, S], measures of bands [N, B, F] and of the source [N, G]"
        )
    if any(len(one) != len(sample) for one in arrays):
        raise PluginError(
            f"the preprocessing of the model {spec.name!r} gave {[len(one) for one in arrays]} rows; "
            f"expected one for each of the {len(sample)} sources"
        )
    if not all(np.isfinite(one).all() for one in arrays):
        raise PluginError(f"the preprocessing of the model {spec.name!r} gave values that are not finite")
    return SourceInputs(*arrays)


def source_logits(model, inputs, *, batch_size=512):
    """
    Run a network over the inputs of many sources.

    Parameters
    ----------
    model : Model
        A model for sources.
    inputs : SourceInputs
        From `checked_inputs`.
    batch_size : int, default 512
        Sources that pass the network at once.

    Returns
    -------
    numpy.ndarray
        Float64 ``[N, K]``, not calibrated.

    Raises
    ------
    ParameterError
        If the model is not one for sources, or the batch size is not a positive integer.
    PluginError
        If the network fails, or gives something else.
    """
    import torch

    require_task(model.spec, "source")
    check_whole("batch_size", batch_size)
    number, classes, said = len(inputs.source), len(model.classes), []
    with torch.inference_mode():
        for first in range(0, number, batch_size):
            part = [
                torch.from_numpy(np.ascontiguousarray(one[first : first + batch_size])).to(model.device)
                for one in tuple(inputs)
            ]
            try:
                said.append(model.module(*part).double().cpu().numpy())
            except Exception as error:  # a plug-in's network may fail in any way
                raise PluginError(
                    f"the network of the model {model.spec.name!r} failed: {type(error).__name__}: {error}"
                ) from error
    logits = np.concatenate(said) if said else np.zeros((0, classes))
    if logits.shape != (number, classes) or not np.isfinite(logits).all():
        raise PluginError(
            f"the network of the model {model.spec.name!r} gave logits of the shape {logits.shape}; expected "
            f"finite ones, {(number, classes)}"
        )
    return logits


def check_prior(prior, model):
    """
    Check a prior, before sources are measured.

    Parameters
    ----------
    prior : mapping of str to float or "field", optional
        As for `~astroclassify.classify_sources`.
    model : Model
        The model that will be asked.

    Raises
    ------
    ParameterError
        If the prior is something else.
    """
    if isinstance(prior, Mapping) or prior is None:
        prior_shift(prior, model)
    elif not isinstance(prior, str) or prior != FROM_FIELD:
        raise ParameterError(
            f"the prior is {prior!r}; expected shares of the classes {model.classes}, or {FROM_FIELD!r}"
        )


def source_probabilities(logits, model, sample, *, prior=None):
    """
    Give the probabilities of the classes.

    Parameters
    ----------
    logits : numpy.ndarray
        ``[N, K]``, from `source_logits`.
    model : Model
        The model that gave them.
    sample : SourceSample
        The sources, for their magnitudes.
    prior : mapping of str to float or "field", optional
        As for `~astroclassify.classify_sources`.

    Returns
    -------
    numpy.ndarray
        Float64 ``[N, K]``; rows sum to 1.

    Raises
    ------
    ParameterError
        If the prior is something else.
    """
    check_prior(prior, model)
    calibrated = calibrated_logits(logits, model.calibration)
    if isinstance(prior, Mapping) or prior is None:
        return softmax(calibrated + prior_shift(prior, model), axis=1)
    return _shares_of_the_field(softmax(calibrated, axis=1), model, sample)


def _shares_of_the_field(probabilities, model, sample):
    """Shift the probabilities, magnitude by magnitude, to the shares that the sources themselves suggest."""
    bins, usual = magnitude_bins(sample), usual_by_magnitude(model, sample)
    shifted = probabilities.copy()
    for number in np.unique(bins):
        here = bins == number
        if here.sum() >= _LEAST_SOURCES:
            found = expected_shares(probabilities[here], usual[number])
            moved = probabilities[here] * (found / usual[number])
            shifted[here] = moved / moved.sum(axis=1, keepdims=True)
    return shifted


def usual_by_magnitude(model, sample):
    """
    Give the shares of the classes that a model learnt, at each magnitude.

    Parameters
    ----------
    model : Model
        Its card may hold ``shares_by_magnitude``, for a band.
    sample : SourceSample
        Sources, whose `reference_band` counts.

    Returns
    -------
    numpy.ndarray
        ``[bins, K]``, for the bins of `magnitude_bins`; of a card that says nothing those of its prior.
    """
    role = {band: role for role, band in band_roles(sample.bands).items()}.get(reference_band(sample))
    told = model.card.get("shares_by_magnitude", {}).get(role)
    if told is None:
        return np.tile(usual_shares(model), (len(MAGNITUDE_EDGES) + 1, 1))
    return np.asarray(told, float)


def magnitude_bins(sample):
    """
    Give the bin of magnitude of every source.

    Parameters
    ----------
    sample : SourceSample
        The sources.

    Returns
    -------
    numpy.ndarray of int
        0 for brighter than 14 to 15 for fainter than 28, and for a source without a magnitude.
    """
    magnitudes = np.nan_to_num(column(sample, f"mag_{reference_band(sample)}"), nan=np.inf)
    return np.searchsorted(MAGNITUDE_EDGES, magnitudes, side="right")


def shares_by_magnitude(bins, allowed):
    """
    Give the shares of the classes in each bin of magnitude.

    Parameters
    ----------
    bins : numpy.ndarray of int
        From `magnitude_bins`.
    allowed : numpy.ndarray of bool
        ``[N, K]``, which class is right.

    Returns
    -------
    list of list of float
        ``[bins, K]``; where there are few sources, nearly those of all.
    """
    counts = np.zeros((len(MAGNITUDE_EDGES) + 1, allowed.shape[1]))
    np.add.at(counts, bins, allowed)
    counts += _LEAST_SOURCES * allowed.mean(axis=0)
    return (counts / counts.sum(axis=1, keepdims=True)).round(5).tolist()
