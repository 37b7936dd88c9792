"""The evidence of a network that makes its answer of parts, place by place: exact, and at no extra cost."""

from astroclassify.core import ParameterError
from astroclassify.explain._spec import ExplainerSpec
from astroclassify.inference import evidence_for, evidence_on_frame, predict
from astroclassify.preprocess import FrameRows, frame_array

#: What `astroclassify.classify` gives as ``evidence``, for a target of your choice (ExplainerSpec).
EVIDENCE = ExplainerSpec(
    name="evidence",
    description="The network's own evidence, place by place, where it has any: exact log-odds",
    explainer="astroclassify.explain._evidence:explain_by_evidence",
)


def explain_by_evidence(model, frame, *, target):
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
    (prediction,) = predict(model, [rows])
    if prediction.evidence is None:
        raise ParameterError(
            f"the network of {model.spec.name!r} gives no evidence of its own; choose another explainer"
        )
    return evidence_on_frame(evidence_for(target, prediction, model), frame)
