"""The evidence of a network that makes its answer of parts, place by place: exact, and at no extra cost."""

from astroclassify.core import ParameterError
from astroclassify.inference import evidence_for, evidence_on_frame, predict
from astroclassify.preprocess import FrameRows, frame_array


def explain_by_evidence(model, frame, *, target, flips=None):
    """
    Give the network's own evidence for a target.

    Parameters
    ----------
    model : Model
        Its network gives an evidence.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array
        As for `astroclassify.classify`.
    target : {"galaxy", "nsc"}
        What the map speaks for.
    flips : bool, optional
        As for `astroclassify.classify`.

    Returns
    -------
    astropy.nddata.CCDData
        Calibrated natural log-odds, on the frame's WCS.

    Raises
    ------
    ParameterError
        If the network gives no evidence.
    """
    rows = FrameRows(frame) if model.spec.by_rows else frame_array(frame)
    (prediction,) = predict(model, [rows], flips=flips)
    if prediction.evidence is None:
        raise ParameterError(
            f"the network of {model.spec.name!r} gives no evidence of its own; choose another explainer"
        )
    return evidence_on_frame(evidence_for(target, prediction, model), frame)
