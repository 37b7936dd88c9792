"""Objects as what makes a classifier say that there is one: XRAI's regions, and heat maps."""

import numpy as np
from scipy import ndimage

from astroclassify.core import MissingWeightsError, checked, rules
from astroclassify.detect._classes import with_classes
from astroclassify.detect._spec import SHARE
from astroclassify.explain import EXPLAINERS, explain
from astroclassify.inference import interpret, predict
from astroclassify.models import ready_model, require_empty_fields

#: Parts of a map nearer than this share of its longer side are one object (float).
_JOINED = 0.03
#: Objects that hold less than this share of what speaks for an object are left out (float).
_LEAST_SHARE = 0.02


@checked(presence=SHARE, share=SHARE, steps=rules.whole(), cells=rules.whole(16), least=SHARE)
def find_by_xrai(
    image,
    *,
    model="patchnet-presence",
    weights=None,
    regions="default",
    explainer="xrai",
    presence=0.5,
    share=0.6,
    steps=8,
    cells=192,
    least=0.1,
):
    """
    Find objects by a classifier that tells whether there are any, and the regions that make one say so.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``, finite.
    model : str, default "patchnet-presence"
        A model that knows empty fields: it says whether there is an object.
    weights : str or path-like, optional
        Of the model, instead of its own.
    regions : str, default "default"
        The model that says where, which knows empty fields too; ``"same"`` for ``model`` with its weights.
    explainer : {"xrai", "grad-cam++", "integrated-gradients"}, default "xrai"
        How it says where.
    presence : float, default 0.5
        Least probability that there is an object; below, nothing is looked for.
    share : float, default 0.6
        How much of what speaks for an object the boxes hold.
    steps : int, default 8
        Of the integral.
    cells : int, default 192
        How many cells the map has along the longer side, at most.
    least : float, default 0.1
        Leave out what has a lower score.

    Returns
    -------
    astropy.table.QTable
        With the columns of detections.

    Raises
    ------
    ParameterError
        If one of the models knows no empty field.
    UnknownNameError
        If no model, or no explainer, has the name.
    OptionalDependencyError
        If scikit-image, of the extra ``explain``, is not installed.
    """
    how = EXPLAINERS[explainer]  # what is wrong is told of an empty image too, not first of a later one
    loaded = _knowing_empty_fields(model, weights)
    explained = loaded if regions == "same" else _knowing_empty_fields(regions)
    sure = presence_of(loaded, image)
    if sure < presence:
        return _none(image)
    options = {
        "xrai": {"steps": steps, "side": cells, "flips": False},
        "integrated-gradients": {"steps": steps},
    }
    settings = {"target": "object", "share": share, **options.get(how.name, {})}
    found = explain(image, model=explained, method=how, **settings)
    return _boxes(image, found.map.data, found.labels, sure, least)


@checked(presence=SHARE, share=SHARE, least=SHARE)
def find_by_heatmap(image, *, presence=0.5, share=0.7, least=0.1):
    """
    Find objects where a heat map is bright: the fast map of the default model, or the model's own evidence.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``, finite.
    presence : float, default 0.5
        Least probability that there is an object; below, nothing is looked for.
    share : float, default 0.7
        How much of what speaks for an object the boxes hold.
    least : float, default 0.1
        Leave out what has a lower score.

    Returns
    -------
    astropy.table.QTable
        With the columns of detections.
    """
    loaded = _knowing_empty_fields()
    sure = presence_of(loaded, image)
    if sure < presence:
        return _none(image)
    try:  # of the fast map both signs speak for an object: one for a galaxy, the other for an nsc
        values = np.abs(explain(image, model=loaded, method="pix2pix", target="galaxy").map.data)
        return _boxes(image, values, _held(values, share), sure, least)
    except MissingWeightsError:
        found = explain(image, model=loaded, method="evidence", target="object", share=share)
        return _boxes(image, found.map.data, found.labels, sure, least)


def presence_of(model, image):
    """
    Say how probable it is that there is an object in an image.

    Parameters
    ----------
    model : Model
        One that knows empty fields.
    image : numpy.ndarray
        ``[y, x]``.

    Returns
    -------
    float
        0 to 1; 0 of an image of one value, which shows nothing.
    """
    if image.min() == image.max():
        return 0.0
    (prediction,) = predict(model, [image], evidence=False)
    return 1.0 - float(interpret(prediction, model).probabilities["field"])


def _knowing_empty_fields(name="default", weights=None):
    model = ready_model(name, weights=weights)
    require_empty_fields(model.spec)
    return model


def _none(image):
    return with_classes(image, np.zeros((0, 4)), np.zeros(0))


def _held(values, share):
    """Number the parts of the smallest area that holds a share of a map."""
    order = np.sort(values, axis=None)[::-1]
    level = order[min(int(np.searchsorted(np.cumsum(order), share * order.sum())), order.size - 1)]
    return ndimage.label(values >= max(level, np.finfo(float).tiny))[0]


def _boxes(image, values, labels, sure, least):
    """Boxes of the parts of a map, those near each other as one, with what they hold of it as score."""
    above = labels > 0
    if not above.any():
        return _none(image)
    near = ndimage.distance_transform_edt(~above) <= _JOINED * max(values.shape)
    parts, number = ndimage.label(near)
    parts = np.where(above, parts, 0)
    speaking = np.maximum(values, 0)
    held = ndimage.sum_labels(speaking, parts, np.arange(1, number + 1)) / max(speaking.sum(), 1e-30)
    size = np.divide(image.shape, values.shape)
    edges = [_edges(box, size) for box in ndimage.find_objects(parts)]
    kept = held >= _LEAST_SHARE
    scores = sure * np.sqrt(held / held.max())
    return with_classes(image, np.array(edges)[kept], scores[kept], least=least)


def _edges(box, size):
    (y, x) = box
    return x.start * size[1] - 0.5, x.stop * size[1] - 0.5, y.start * size[0] - 0.5, y.stop * size[0] - 0.5
