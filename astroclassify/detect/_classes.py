"""What lies in a box, for detectors that know only where something is: the default model says."""

import numpy as np
from astropy.table import QTable

from astroclassify.core import ParameterError
from astroclassify.detect._spec import DETECTION_COLUMNS
from astroclassify.inference import interpret, predict
from astroclassify.metrics import box_edges, box_sides
from astroclassify.models import ready_model

#: What a box can be of (tuple of str).
CLASSES = ("galaxy", "nebula", "star cluster")
#: The model is shown the box and so much about it, as a share of its side; of a small one these pixels.
_ABOUT, _LEAST = 0.5, 64
#: Boxes beyond so many, those with the lowest scores, are left out: each costs a pass of the network (int).
_MOST = 64
#: A box whose side is at least this share of the image's (geometric means) is shown to the model as a frame
#: of one body, which it was made for; how much the class that a detector gave counts beside its answer.
_LARGE, _OWN = 0.5, 0.5


def with_classes(image, edges, scores, *, least=0.0):
    """
    Say what boxes hold, and leave out those that hold nothing.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``, finite.
    edges : numpy.ndarray
        ``[N, 4]``: ``x_min``, ``x_max``, ``y_min``, ``y_max``.
    scores : numpy.ndarray
        Shape (N,), 0 to 1: how sure it is that there is something.
    least : float, default 0
        Leave out what has a lower score in the end.

    Returns
    -------
    astropy.table.QTable
        With the columns of detections, the highest score first: ``class`` is the most probable of galaxy,
        nebula and star cluster, and the score is multiplied by the probability that it is any of them.
    """
    order = np.argsort(-np.asarray(scores), kind="stable")[:_MOST]
    shares = shares_of(image, edges[order])
    rows = [
        (CLASSES[share.argmax()], float(scores[n] * min(share.sum(), 1.0)), *edges[n])
        for n, share in zip(order, shares, strict=True)
    ]
    rows = sorted((row for row in rows if row[1] >= least), key=lambda row: -row[1])
    return QTable(rows=rows or None, names=DETECTION_COLUMNS, dtype=[str, *[float] * 5])


def with_large_asked(table, image):
    """
    Ask the default model for the class of boxes whose side is half of that of the image, or more.

    Parameters
    ----------
    table : astropy.table.QTable
        With the columns of detections.
    image : numpy.ndarray
        ``[y, x]``, finite.

    Returns
    -------
    astropy.table.QTable
        The same rows. Of a large box the class is the one for which half a vote of the detector and the share
        of the model add up to most: it changes where the model is sure. A default model that does not tell
        these classes apart is not asked.
    """
    edges = box_edges(table)
    said = np.asarray(table["class"], dtype=str)
    is_large = box_sides(edges) >= _LARGE * np.sqrt(image.size)
    large = np.flatnonzero(is_large & np.isin(said, CLASSES))[:_MOST]
    if not large.size or not set(CLASSES) <= set(ready_model().spec.classes):
        return table
    shares = shares_of(image, edges[large])
    votes = shares / np.maximum(shares.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    votes += _OWN * (said[large, None] == np.array(CLASSES))
    said = said.astype(f"U{max(map(len, CLASSES))}")
    said[large] = np.array(CLASSES)[votes.argmax(axis=1)]
    table["class"] = said
    return table


def shares_of(image, edges):
    """
    Say how probable each class is of what boxes hold.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``, finite.
    edges : numpy.ndarray
        ``[N, 4]``: ``x_min``, ``x_max``, ``y_min``, ``y_max``.

    Returns
    -------
    numpy.ndarray
        Probabilities of galaxy, nebula and star cluster, shape (N, 3). What is missing to 1 is that of an
        empty field.

    Raises
    ------
    ParameterError
        If the default model of the configuration does not tell these classes apart.
    """
    model = ready_model()
    if not set(CLASSES) <= set(model.spec.classes):
        raise ParameterError(
            f"the default model {model.spec.name!r} has the classes {', '.join(model.spec.classes)}; "
            f"expected one that knows {', '.join(CLASSES)} (conf.default_model)"
        )
    predictions = predict(model, [_crop(image, box) for box in edges], evidence=False)
    told = [interpret(each, model).probabilities for each in predictions]
    return np.array([[each.get(name, 0.0) for name in CLASSES] for each in told]).reshape(-1, len(CLASSES))


def _crop(image, box):
    """The box and what is about it, within the image."""
    cuts = []
    for low, high, size in ((box[2], box[3], image.shape[0]), (box[0], box[1], image.shape[1])):
        half = max((0.5 + _ABOUT) * (high - low), _LEAST / 2)
        start = int(np.clip(np.floor((low + high) / 2 - half), 0, max(0, size - 2 * half)))
        cuts.append(slice(start, min(size, start + int(np.ceil(2 * half)))))
    return image[tuple(cuts)]
