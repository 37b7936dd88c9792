"""What each source is: the catalogue of the sources, with a label, a probability and the provenance."""

import warnings

import numpy as np
from astropy.table import QTable

from astroclassify.core import FrameWarning, conf, package_version, provenance
from astroclassify.stargalaxy._inputs import prepared
from astroclassify.stargalaxy._points import flagged, point_widths, reference_band
from astroclassify.stargalaxy._predict import checked_inputs, source_logits, source_probabilities

#: What a label says where the probability is too low.
UNCERTAIN = "uncertain"
#: Sources whose inputs are in memory at a time.
_TOGETHER = 4096


def classify_sample(sample, model, *, prior=None, batch_size=512):
    """
    Say of every source of a sample what it is.

    Parameters
    ----------
    sample : SourceSample
        The sources, as `measure_sources` gives them.
    model : Model
        A model for sources, from `~astroclassify.models.build_model`.
    prior : mapping of str to float or "field", optional
        As for `~astroclassify.classify_sources`.
    batch_size : int, default 512
        Sources that pass the network at once.

    Returns
    -------
    astropy.table.QTable
        As `~astroclassify.classify_sources` gives it.

    Raises
    ------
    ParameterError
        If the model is not one for sources, it knows none of the bands, or the prior is none.
    PluginError
        If the model breaks its contract.

    Warns
    -----
    FrameWarning
        If points are much wider, or narrower, than those that the model has learnt from.
    """
    sample = prepared(sample)
    _warn_of_other_points(sample, model)
    logits = sample_logits(sample, model, batch_size=batch_size)
    probabilities = source_probabilities(logits, model, sample, prior=prior)
    probabilities[flagged(sample, "missing")] = np.nan  # nothing was observed, so nothing is said
    return answers_of(sample, model, probabilities, prior=prior)


def _warn_of_other_points(sample, model):
    """Warn where points are much wider, or narrower, than those that the model has learnt from."""
    widths = point_widths(sample, reference_band(sample)) if len(sample) else np.array([])
    widths = widths[np.isfinite(widths)]
    known = model.card.get("point_widths")
    if known and widths.size and not known[0] <= np.median(widths) <= known[1]:
        warnings.warn(
            f"points are {np.median(widths):.2f} arcsec wide here; {model.spec.name!r} has learnt from "
            f"{known[0]:.2f} to {known[1]:.2f}: its probabilities are not to be trusted",
            FrameWarning,
            stacklevel=3,
        )


def sample_logits(sample, model, *, batch_size=512):
    """
    Run a model over a sample, a few thousand sources at a time.

    Parameters
    ----------
    sample : SourceSample
        The sources.
    model : Model
        A model for sources.
    batch_size : int, default 512
        Sources that pass the network at once.

    Returns
    -------
    numpy.ndarray
        Float64 ``[N, K]``, not calibrated.
    """
    sample = prepared(sample)
    parts = range(0, len(sample), _TOGETHER) or (0,)
    said = [
        source_logits(model, checked_inputs(model.spec, part), batch_size=batch_size)
        for part in (sample[slice(first, first + _TOGETHER)] for first in parts)
    ]
    return np.concatenate(said)


def answers_of(sample, model, probabilities, *, prior=None):
    """
    Make the table of answers.

    Parameters
    ----------
    sample : SourceSample
        The sources.
    model : Model
        The model that was asked.
    probabilities : numpy.ndarray
        ``[N, K]``.
    prior : mapping of str to float or "field", optional
        For the provenance.

    Returns
    -------
    astropy.table.QTable
        The catalogue, with ``label``, ``probability`` and ``p_class_NAME`` before what was measured.
    """
    best = probabilities.argmax(axis=1)
    probability = probabilities[np.arange(len(best)), best]
    limit = conf.uncertain_below if conf.uncertain_below >= 0 else model.calibration.uncertain_below
    names = np.array([*model.classes, UNCERTAIN])
    told = {
        "label": names[np.where(probability >= limit, best, len(model.classes))],
        "probability": probability,
    }
    told |= {f"p_class_{name.replace(' ', '_')}": probabilities[:, k] for k, name in enumerate(model.classes)}
    first = [name for name in ("id", "x", "y", "sky_centroid") if name in sample.catalogue.colnames]
    table = QTable({name: sample.catalogue[name] for name in first} | told)
    for name in sample.catalogue.colnames:
        if name not in table.colnames:
            table[name] = sample.catalogue[name]
    table.meta = _provenance(model, sample, prior, limit)
    return table


def _provenance(model, sample, prior, limit):
    facts = provenance(model=model.spec.name, weights_sha256=model.sha256, device=model.device)
    facts["versions"]["torch"] = package_version("torch")
    facts["bands"], facts["uncertain_below"] = list(sample.bands), limit
    facts["prior"] = prior if prior is None or isinstance(prior, str) else dict(prior)
    return facts
