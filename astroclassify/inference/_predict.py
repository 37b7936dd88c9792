"""Running a model over arrays: views of each frame averaged, in batches if asked for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice

import numpy as np

from astroclassify.core import AstroclassifyError, FrameError, ParameterError, PluginError, check_whole
from astroclassify.models import require_task
from astroclassify.preprocess import FrameRows, covered_part

#: The axes of planes ``[N, C, H, W]`` that are reversed in each view of a frame (tuple of tuple of int).
VIEWS = ((), (2,), (3,), (2, 3))


@dataclass(frozen=True, eq=False)
class Prediction:
    """
    What a network said of one frame, before calibration: checked, averaged over views, in NumPy.

    A `~astroclassify.models.ModelOutput` is what it says of a batch, in torch, on its device.

    Parameters
    ----------
    logits : numpy.ndarray
        Float64, one per class.
    evidence : numpy.ndarray or None
        Float32 ``[K, h, w]``, what each patch of the frame adds to each class's logit.
    novelty : float or None
        How unlike what the network has learnt the frame is, where the network itself measures it.
    """

    logits: np.ndarray
    evidence: np.ndarray | None = None
    novelty: float | None = None


def predict(model, arrays, *, flips=None, evidence=True, batch_size=1):
    """
    Run a model over frames.

    Torch's own settings (threads, seeds, gradients) are left as they are.

    Parameters
    ----------
    model : Model
        A model from `~astroclassify.models.build_model`.
    arrays : iterable of numpy.ndarray
        Float32 frames ``[y, x]``, NaN on unusable pixels, as
        `~astroclassify.preprocess.frame_array` gives them. They need not have one size.
    flips : bool, optional
        Average over the frame, its two mirror images and the frame turned by 180 degrees; `None` for
        what the model's spec says.
    evidence : bool, default True
        Ask for the map of the evidence, where the network has one.
    batch_size : int, default 1
        How many planes, of equal shape, pass the network at once: of frames next to each other, and views
        of a frame.

    Returns
    -------
    list of Prediction
        One per frame.

    Raises
    ------
    FrameError
        If the model cannot take a frame.
    ParameterError
        If ``batch_size`` is not a positive integer, or the model is not one for frames.
    PluginError
        If the model's preprocessing or network fails or breaks its contract.

    Notes
    -----
    Mirror images are made of the planes that the network takes, and the evidence of each is turned back
    before it is averaged. With ``batch_size=1`` every frame passes the network alone, so what else is in
    the list never changes a result by one bit. Larger batches are faster on a GPU; libraries then choose
    other orders of summation, so results agree to rounding: to about 1e-5 of the largest logit in float32.
    """
    planes = (checked_planes(model.spec, array) for array in arrays)
    return list(predict_planes(model, planes, flips=flips, evidence=evidence, batch_size=batch_size))


def predict_planes(model, planes, *, flips=None, evidence=True, batch_size=1):
    """
    Run a network over what its preprocessing gave, a batch at a time.

    Parameters
    ----------
    model : Model
        A model from `~astroclassify.models.build_model`.
    planes : iterable of numpy.ndarray
        Float32 ``[C, H, W]``, from `checked_planes`.
    flips : bool, optional
        As for `predict`.
    evidence : bool, default True
        As for `predict`.
    batch_size : int, default 1
        As for `predict`.

    Returns
    -------
    iterator of Prediction
        One per item, in order.

    Raises
    ------
    FrameError
        If the network cannot take planes of this size.
    ParameterError
        If ``batch_size`` is not a positive integer, or the model is not one for frames.
    PluginError
        If the network fails or breaks its contract.
    """
    check_whole("batch_size", batch_size)
    require_task(model.spec, "frame")
    return _all_predictions(model, planes, views_of(model.spec, flips), evidence, batch_size)


def views_of(spec, flips=None):
    """
    Say which views of a frame are averaged.

    Parameters
    ----------
    spec : ModelSpec
        A model.
    flips : bool, optional
        As for `predict`.

    Returns
    -------
    tuple of tuple of int
        The first of ``VIEWS``, or all.
    """
    return VIEWS if (spec.flips if flips is None else flips) else VIEWS[:1]


def in_batches(items: Iterable, size: int, *, key) -> Iterator[list]:
    """
    Put neighbours with equal keys together.

    Parameters
    ----------
    items : iterable
        Anything; at most one item more than a batch holds is taken ahead.
    size : int
        The most items of a batch.
    key : callable
        What must be equal within a batch; an item whose key is `None` stays alone.

    Yields
    ------
    list
        The items in order, batch by batch.
    """
    for value, group in groupby(items, key=key):
        while batch := list(islice(group, 1 if value is None else size)):
            yield batch


def checked_planes(spec, array):
    """
    Preprocess the covered part of a frame and check what came out.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    array : numpy.ndarray or FrameRows
        Float32 frame ``[y, x]``.

    Returns
    -------
    numpy.ndarray
        Float32 ``[C, H, W]``, finite, C-contiguous and writeable.

    Raises
    ------
    FrameError
        If the model cannot take the frame, or too little of it is usable
        (`~astroclassify.preprocess.covered_part`).
    PluginError
        If the preprocessing fails or gives anything else.
    """
    part = covered_part(array)
    if part != (slice(0, array.shape[0]), slice(0, array.shape[1])):
        array = array.part(*part) if isinstance(array, FrameRows) else array[part]
    planes = _guarded(f"the preprocessing of the model {spec.name!r}", spec.planes, array)
    if not isinstance(planes, np.ndarray) or planes.dtype != np.float32 or planes.ndim != 3:
        raise PluginError(
            f"the preprocessing of the model {spec.name!r} gave {_described(planes)}; "
            "expected a float32 array [channels, height, width]"
        )
    if not np.isfinite(planes).all():
        raise PluginError(f"the preprocessing of the model {spec.name!r} gave values that are not finite")
    return np.require(planes, requirements=["C", "W"])


def _all_predictions(model, planes, views, with_evidence, batch_size):
    for batch in in_batches(planes, batch_size, key=np.shape):
        yield from _predict_batch(model, batch, views, with_evidence, batch_size)


def _predict_batch(model, batch, views, with_evidence, batch_size):
    """Average over the views, of which as many pass together as the batch size allows."""
    import torch

    number, together = len(batch), max(1, batch_size // len(batch))
    logits, maps, novelties = [], [], []
    with torch.inference_mode():
        stacked = torch.from_numpy(batch[0][None] if number == 1 else np.stack(batch)).to(model.device)
        for first in range(0, len(views), together):
            seen = views[first : first + together]
            flipped = [torch.flip(stacked, axes) if axes else stacked for axes in seen]
            output = _run(model, flipped[0] if len(seen) == 1 else torch.cat(flipped), with_evidence)
            logits.append(output[0].reshape(len(seen), number, -1))
            maps += _turned_back(output[1], seen, number)
            novelties.append(None if output[2] is None else output[2].reshape(len(seen), number))
    _check_alike(f"the model {model.spec.name!r}", maps, novelties, len(views))
    mean = np.concatenate(logits).mean(axis=0)
    evidence = [None] * number if not maps else sum(maps) / np.float32(len(maps))
    own = novelties[0] is not None
    novelty = np.concatenate(novelties).mean(axis=0).tolist() if own else [None] * number
    return [Prediction(*parts) for parts in zip(mean, evidence, novelty, strict=True)]


def _check_alike(what, maps, novelties, views):
    """Views of a frame have an evidence of one shape, or all none; the same of the novelty."""
    shapes = sorted({each.shape for each in maps})
    if len(shapes) > 1 or (maps and len(maps) < views):
        raise PluginError(f"{what} gave evidence of the shapes {shapes} of views of a frame; expected one")
    if len({each is None for each in novelties}) > 1:
        raise PluginError(f"{what} gave a novelty of some views of a frame only; expected all or none")


def _turned_back(maps, seen, number):
    """Give the maps of each view, in the frame's own orientation."""
    if maps is None:
        return []
    return [
        np.flip(maps[i * number : (i + 1) * number], axes) if axes else maps[i * number : (i + 1) * number]
        for i, axes in enumerate(seen)
    ]


def _run(model, batch, with_evidence):
    """Give logits [N, K], evidence [N, K, h, w] or None, and novelty [N] or None, checked, as arrays."""
    what = f"the model {model.spec.name!r}"
    output = _guarded(what, partial(model.examine, evidence=with_evidence), batch)
    number, classes = batch.shape[0], len(model.classes)
    logits = _checked(what, "logits", output.logits, (number, classes)).astype(np.float64)
    maps = novelty = None
    if with_evidence and output.evidence is not None:
        maps = _checked(what, "evidence", output.evidence, (number, classes, None, None))
    if output.novelty is not None:
        novelty = _checked(what, "novelty", output.novelty, (number,)).astype(np.float64)
    return logits, maps, novelty


def _checked(what, kind, tensor, expected):
    import torch

    if not isinstance(tensor, torch.Tensor) or tensor.is_complex():
        said = tensor.dtype if isinstance(tensor, torch.Tensor) else type(tensor).__name__
        raise PluginError(f"{what} gave {kind} of the type {said}; expected a tensor of real numbers")
    found = tuple(tensor.shape)
    fits = len(found) == len(expected) and all(e in (None, f) for e, f in zip(expected, found, strict=True))
    if not fits:
        shown = str(expected).replace("None", "any")
        raise PluginError(f"{what} gave {kind} of the shape {found}; expected {shown}")
    values = tensor.float().cpu().numpy()
    if not np.isfinite(values).all():
        raise PluginError(f"{what} gave {kind} that are not finite")
    return values


def _guarded(what, function, argument):
    try:
        return function(argument)
    except ParameterError as error:
        raise FrameError(f"{what} cannot take this frame: {error}") from error
    except AstroclassifyError:
        raise
    except Exception as error:  # a plug-in may fail in any way
        raise PluginError(
            f"{what} failed on an array of the shape {tuple(argument.shape)}: {type(error).__name__}: {error}"
        ) from error


def _described(value):
    if isinstance(value, np.ndarray):
        return f"a {value.dtype} array of the shape {value.shape}"
    return f"a {type(value).__name__}"
