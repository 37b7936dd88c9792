"""The facade: from a frame, or a file, to an explanation of its answer."""

import os

import numpy as np
from astropy import units as u

from astroclassify.core import checked, package_version, provenance, rules
from astroclassify.explain._explanation import Explanation
from astroclassify.explain._regions import number_regions, regions_table
from astroclassify.explain._spec import EXPLAINERS, ExplainerSpec
from astroclassify.inference import interpret, predict
from astroclassify.io import check_chip, read_frame
from astroclassify.models import ready_model
from astroclassify.preprocess import FrameRows, frame_array


@checked(share=rules.quantity(u.one, 0, 1, positive=True))
def explain(
    frame,
    *,
    model="default",
    method="evidence",
    target=None,
    weights=None,
    device=None,
    chip=None,
    instrument=None,
    share=0.5,
    **options,
):
    """
    Explain an answer: compute a map of the evidence for it.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData`, array or path
        As for `astroclassify.classify`, any size and type; or a file, read by `~astroclassify.io.read_frame`.
    model : str, ModelSpec or Model, default "default"
        As for `astroclassify.classify`.
    method : str or ExplainerSpec, default "evidence"
        A name of `EXPLAINERS`: ``"evidence"`` (of the default model, and others that have it), ``"xrai"``,
        ``"integrated-gradients"``, ``"occlusion"``, ``"grad-cam++"`` (of any model), or a plug-in's.
    target : {"galaxy", "nsc", "object"}, optional
        What is explained; by default what the answer leans to. ``"object"``: that there is anything at all,
        of a model that knows empty fields.
    weights : str, path-like or Weights, optional
        A safetensors file instead of the model's own weights.
    device : str, optional
        As for `astroclassify.classify`.
    chip : int, optional
        Which chip of a file; needed where it has more than one.
    instrument : str, optional
        Name of the instrument of a file whose header does not say.
    share : float, default 0.5
        How much of what speaks for the target the regions hold, more than 0 and at most 1.
    **options
        The method's own, as ``baseline="black"``; `ExplainerSpec.options` lists them.

    Returns
    -------
    Explanation
        Heat map, ranked regions and the answer.

    Raises
    ------
    FrameError
        If the frame cannot be used, or the file has several chips and ``chip`` is not given.
    ReadError
        If the file cannot be read.
    UnknownNameError
        If no model, or no explainer, has the name.
    MissingWeightsError
        If the model has no weights.
    ParameterError
        If the method does not explain this model, or there is no such target, option or share; if a chip is
        asked for of a frame in memory that is not of it.
    OptionalDependencyError
        If the method needs a package of the extra ``explain`` that is not installed.

    Notes
    -----
    Frames of any size take bounded memory: the network sees its planes, which for the default model are of
    about 192 x 192 cells whatever the frame, and for networks on whole chips pass it one at a time, with
    gradient checkpointing.

    Examples
    --------
    >>> from astroclassify.explain import explain
    >>> from astroclassify.simulate import random_frames
    >>> (simulated,) = random_frames(8, kind="spiral")
    >>> why = explain(simulated.array, method="integrated-gradients", steps=8)
    >>> why.target, why.regions.colnames[:4]
    ('galaxy', ['rank', 'score', 'share', 'area'])
    """
    spec = method if isinstance(method, ExplainerSpec) else EXPLAINERS[method]
    if isinstance(frame, str | os.PathLike):
        frame = read_frame(frame, chip=chip, instrument=instrument)
    else:
        check_chip(frame, chip)
    loaded = ready_model(model, weights=weights, device=device)
    answer = _answer(loaded, frame)
    target = answer.leaning if target is None else target
    heat = spec.explain(loaded, frame, target=target, **options)
    shape = answer.meta["shape"]
    wcs = None if heat.wcs is None else frame.wcs
    labels = number_regions(heat, share=share)
    table = regions_table(heat, labels, shape, wcs)
    meta = {**answer.meta, **_facts(heat), "options": spec.options() | options}
    return Explanation(heat, target, spec.name, table, labels, answer, wcs, meta)


def _answer(model, frame):
    array = FrameRows(frame) if model.spec.by_rows else frame_array(frame)
    (prediction,) = predict(model, [array], evidence=False)
    meta = provenance(model=model.spec.name, weights_sha256=model.sha256, device=model.device)
    meta["versions"]["torch"] = package_version("torch")
    return interpret(prediction, model, meta={**meta, "shape": np.shape(array)}, frame=frame)


def _facts(heat):
    """What the explainer says of how it went: cards of its map."""
    names = {"ACBASE": "baseline", "ACSTEPS": "steps", "ACMISSED": "missed", "ACLAYER": "layer"}
    names["ACOFFSET"] = "offset"
    return {name: heat.meta[card] for card, name in names.items() if card in heat.meta}
