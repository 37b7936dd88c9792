"""The evidence of a network that makes its answer of parts, one of each patch, at no extra cost.

With :math:`g_i` and :math:`n_{ki}` what patch :math:`i` adds to the logits of galaxy and of the kinds
:math:`k` of nsc (nebula, star cluster), :math:`T` the temperature and :math:`b` the biases of the
calibration, the calibrated logits are :math:`L_k = \\sum_i n_{ki} / T + b_k`, and the log-odds

.. math:: F = L_g - \\ln \\sum_k e^{L_k} = L_g - \\sum_k s_k L_k + \\sum_k s_k \\ln s_k

with :math:`s_k` the share of each kind in nsc. The map is :math:`(g_i - \\sum_k s_k n_{ki}) / T`. Its sum
misses :math:`b_g - \\sum_k s_k (b_k - \\ln s_k)`, which belongs to no patch: the calibration's biases, and
that two kinds of nsc together are more probable than their mean.
"""

from astroclassify.core import ParameterError, checked, rules
from astroclassify.explain._seen import target_log_odds
from astroclassify.inference import evidence_for, evidence_on_frame, predict
from astroclassify.preprocess import FrameRows, frame_array


@checked(flips=rules.optional(rules.flag))
def explain_by_evidence(model, frame, *, target, flips=None):
    """
    Give the network's own evidence for a target.

    Parameters
    ----------
    model : Model
        Its network gives an evidence.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array
        As for `astroclassify.classify`.
    target : {"galaxy", "nsc", "object"}
        What the map speaks for.
    flips : bool, optional
        As for `astroclassify.classify`.

    Returns
    -------
    astropy.nddata.CCDData
        Calibrated natural log-odds, on the frame's WCS. Their sum and the card ``ACOFFSET`` are the log-odds
        of the answer, to rounding.

    Raises
    ------
    ParameterError
        If the network gives no evidence.
    """
    import torch

    rows = FrameRows(frame) if model.spec.by_rows else frame_array(frame)
    (prediction,) = predict(model, [rows], flips=flips)
    if prediction.evidence is None:
        raise ParameterError(
            f"the network of {model.spec.name!r} gives no evidence of its own; choose another explainer"
        )
    values = evidence_for(target, prediction, model)
    said = float(target_log_odds(torch.from_numpy(prediction.logits)[None], model, target))
    offset = said - float(values.sum(dtype=float))
    heat = evidence_on_frame(values, frame)
    heat.meta["ACOFFSET"] = (offset, "log-odds that no place speaks for")
    return heat
