"""Training the second stage, which looks at the boxes of detectors again.

It learns from what the first stage, the detector ``yolo``, proposes in fields that the first stage has not
learnt from, so that it meets as many wrong boxes as it will in use, and from the true boxes, moved a little.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from astroclassify.core import (
    ParameterError,
    atomic_path,
    check_whole,
    fingerprint,
    package_version,
    progress_bar,
    write_text,
)
from astroclassify.detect import YOLO
from astroclassify.metrics import box_edges, box_overlaps
from astroclassify.models import FIELDNET, locate_weights
from astroclassify.models.nets.boxnet import CONTEXT, SIDE, BoxNet, looks_at, refined_boxes
from astroclassify.models.nets.fieldnet import box_iou
from astroclassify.training._network import mixed_precision
from astroclassify.training._pool import quantised, restored
from astroclassify.training._presets import Recipe
from astroclassify.training.detection._loss import SMALLEST, _distance

#: Looks of a field: proposals, the surest first, and at most so many true boxes that were moved.
_EACH, _MOVED = 24, 4
#: The lowest score of a proposal (float).
_HOPELESS = 0.03
#: Looks are kept on more and smaller pixels than the network sees, with room to move the box.
_KEPT_SIDE, _KEPT_CONTEXT = 80, 1.25 * CONTEXT
#: A box has to do with a body from this overlap on; how good the refined one is goes from 0 to 1 between
#: these overlaps: half is what counts as found.
_RELATED, _USELESS, _PERFECT = 0.2, 0.3, 0.7
#: Columns of what is known of a look: its box, the true box, and the class, -1 for none, -2 for unknown.
_COLUMNS = 9
#: How boxes are moved and stretched, in units of their sides; how often colours are taken away; the largest
#: change of the logarithm of the contrast.
_SHIFT, _STRETCH, _GREY, _CONTRAST = 0.06, 0.1, 0.15, 0.3
_BATCH, _RATE, _WARM, _DECAY, _CLIP, _STEPS_OF_A_ROW = 256, 2e-3, 50, 0.02, 5.0, 50
#: Weight of the edges' part of the loss.
_EDGES = 2.0


# Looks --------------------------------------------------------------------------------------------


def drawn_looks(pool, folder, *, first=0, progress=None):
    """
    Cut what is proposed in fields out of them.

    Parameters
    ----------
    pool : FieldPool
        The fields.
    folder : path-like
        Keeps the looks, by the fields' places in the pool; what is there is used, what is missing is cut.
    first : int, default 0
        First field: those before it the first stage has learnt from.
    progress : bool, optional
        Show a progress bar.

    Returns
    -------
    looks : numpy.ndarray
        8-bit planes, shape (N, planes, 80, 80).
    rows : numpy.ndarray
        What is known of each, shape (N, 9).

    Raises
    ------
    ParameterError
        If the pool has no such field, or the folder holds the looks of a pool of another size.
    """
    check_whole("first", first, least=0, most=len(pool) - 1)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    shapes = {
        "looks.u8.npy": (np.uint8, (pool.capacity, _EACH, len(pool.planes[0]), _KEPT_SIDE, _KEPT_SIDE)),
        "rows.f32.npy": (np.float32, (pool.capacity, _EACH, _COLUMNS)),
    }
    looks, rows = (_opened(folder / name, *shape) for name, shape in shapes.items())
    missing = [n for n in range(first, len(pool)) if not rows[n].any()]
    for n in progress_bar(missing, progress=progress, description="fields"):
        looks[n], rows[n] = _of_field(pool, n)
    looks, rows = looks[first : len(pool)], rows[first : len(pool)]
    return looks.reshape(-1, *looks.shape[2:]), rows.reshape(-1, _COLUMNS)


def _opened(path, kind, shape):
    """A file of looks; a new one takes room on the disk only where something is written."""
    if not path.exists():
        return np.lib.format.open_memmap(path, "w+", dtype=kind, shape=shape)
    there = np.lib.format.open_memmap(path, "r+")
    if there.shape != shape:
        raise ParameterError(
            f"{path} has the shape {there.shape}; expected {shape}, of this pool: move the folder away"
        )
    return there


def _of_field(pool, number):
    """Looks of a field; rows that are left over have the class -2, of which nothing is asked."""
    planes = restored(pool.planes[number]).astype(np.float32)
    true = pool.boxes[number]
    true = true[true[:, 0] >= 0][:, :5]
    boxes = np.concatenate([_moved_truth(true, number), proposals(planes)])[:_EACH]
    rows = np.full((_EACH, _COLUMNS), -2, np.float32)
    rows[: len(boxes)] = _rows_of(boxes, true)
    cut = looks_at(
        torch.from_numpy(planes),
        torch.from_numpy(boxes.astype(np.float32)),
        side=_KEPT_SIDE,
        context=_KEPT_CONTEXT,
    )
    looks = np.zeros((_EACH, len(planes), _KEPT_SIDE, _KEPT_SIDE), np.uint8)
    # Beyond the image all planes are 0, which no pixel within is in 8 bits: its rank or brightness is more.
    inside = cut[:, -1:].numpy() > 0.5
    looks[: len(boxes)] = np.where(inside, np.maximum(quantised(cut[:, :-1].numpy()), 1), 0)
    return looks, rows


def proposals(planes):
    """
    Give what the first stage proposes.

    Parameters
    ----------
    planes : numpy.ndarray
        Of a field, ``[plane, y, x]``.

    Returns
    -------
    numpy.ndarray
        x_min, x_max, y_min, y_max; shape (N, 4), the surest first.
    """
    return box_edges(YOLO.function(least=_HOPELESS, inside=1.0)(np.moveaxis(planes, 0, -1)))


def _moved_truth(true, number):
    rng = np.random.default_rng([number, _EACH])
    boxes = true[_sizes(true[:, 1:]) >= SMALLEST][:, 1:].astype(float)
    boxes = boxes[rng.permutation(len(boxes))[:_MOVED]]
    sides = np.repeat(boxes[:, 1::2] - boxes[:, ::2], 2, axis=1)
    return boxes + sides * rng.normal(0, 0.15, boxes.shape)


def _rows_of(boxes, true):
    rows = np.full((len(boxes), _COLUMNS), -1, np.float32)
    rows[:, :4] = rows[:, 4:8] = boxes
    if len(true):
        shared = box_overlaps(boxes, true[:, 1:])
        best, most = shared.argmax(axis=1), shared.max(axis=1)
        near = most >= _RELATED
        rows[near, 4:8] = true[best[near], 1:]
        asked = _sizes(true[:, 1:]) >= SMALLEST
        rows[near, 8] = np.where(asked[best[near]], true[best[near], 0], -2)
    return rows


def _sizes(boxes):
    return np.sqrt(np.maximum((boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2]), 0))


# Training -----------------------------------------------------------------------------------------


def fit_boxes(looks, rows, folder, *, steps=1500, seed=1):
    """
    Train the second stage: the layers behind the trunk, on the maps of the first stage's trunk.

    Parameters
    ----------
    looks, rows : numpy.ndarray
        From `drawn_looks`.
    folder : path-like
        For the weights and the log.
    steps : int, default 1500
        Batches of 256.
    seed : int, default 1
        Of weights and batches.

    Returns
    -------
    pathlib.Path
        The weights, in half precision, with their card beside them.

    Notes
    -----
    Training the later blocks of the trunk as well, 1,850 batches of 48 more, made it worse on fields that it
    had not learnt from: there are few bodies, and a second stage that knows them is too sure.
    """
    folder, rng = Path(folder), np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    network = _started(seed)
    known = _maps_of_all(network, looks, rows, rng)
    with (folder / "log.csv").open("w") as log:
        _fit_head(network, known, rng, steps, log)
    return _write(
        network, folder / "boxnet.safetensors", {"looks": len(known[0]), "steps": steps, "seed": seed}
    )


def _started(seed):
    torch.manual_seed(seed)
    network = BoxNet()
    path, _, _ = locate_weights(FIELDNET, None)
    known, state = load_file(path), network.state_dict()
    taken = {name: known[name].float() for name in state if name.startswith(("stem", "blocks"))}
    network.load_state_dict(state | taken)
    return network.float().to(memory_format=torch.channels_last).eval()


def _fit_head(network, known, rng, steps, log):
    head = nn.ModuleList([network.taps, network.joined, network.told]).train()
    optimiser = torch.optim.AdamW(head.parameters(), lr=_RATE, weight_decay=_DECAY)
    for done in range(steps):
        falling = 0.5 * (1 + np.cos(np.pi * done / steps))
        optimiser.param_groups[0]["lr"] = _RATE * min((done + 1) / _WARM, falling)
        chosen = torch.from_numpy(rng.choice(len(known[0]), _BATCH))
        near, far, boxes, true, classes = (each[chosen] for each in known)
        told = network.answers((near.float(), far.float()), boxes)
        scores, edges = box_loss(told, boxes, true, classes)
        optimiser.zero_grad()
        (scores + _EDGES * edges).backward()
        nn.utils.clip_grad_norm_(head.parameters(), _CLIP)
        optimiser.step()
        if done % _STEPS_OF_A_ROW == 0:
            log.write(f"{done},{scores.item():.4f},{edges.item():.4f}\n")
            log.flush()
    head.eval()


def _maps_of_all(network, looks, rows, rng):
    """Maps of 16 bits, boxes, true boxes and classes of all looks, each moved once."""
    asked, made = np.flatnonzero(rows[:, 8] > -2), []
    for first in range(0, len(asked), _BATCH):
        chosen = asked[first : first + _BATCH]
        seen, boxes, true = varied_looks(torch.from_numpy(looks[chosen]), torch.from_numpy(rows[chosen]), rng)
        with torch.inference_mode(), mixed_precision(Recipe(precision="auto"), "cpu")():
            maps = network.maps(seen.contiguous(memory_format=torch.channels_last))
        classes = torch.from_numpy(rows[chosen, 8]).long()
        made.append((*(each.half().contiguous() for each in maps), boxes, true, classes))
    return [torch.cat(parts) for parts in zip(*made, strict=True)]


def box_loss(told, boxes, true, classes):
    """
    Say how wrong the second stage is.

    Parameters
    ----------
    told : torch.Tensor
        From the network, shape (N, 4 + classes).
    boxes, true : torch.Tensor
        What it looked at, and the bodies' boxes; shape (N, 4).
    classes : torch.Tensor
        Of the bodies, -1 where there is none.

    Returns
    -------
    scores, edges : torch.Tensor
        Cross-entropy of what it should say: 0 where there is no body, and of its class else how well the
        refined box fits; and how far the edges are off. Means over looks, and over those with a body.
    """
    better, wanted = refined_boxes(boxes, told), torch.zeros_like(told[:, 4:])
    body = classes >= 0
    off = _distance(better[body], true[body])
    overlap = box_iou(better[body].detach(), true[body]).diagonal()
    fits = ((overlap - _USELESS) / (_PERFECT - _USELESS)).clamp(0, 1)
    wanted[body, classes[body]] = fits
    scores = functional.binary_cross_entropy_with_logits(told[:, 4:], wanted, reduction="none").sum(dim=1)
    return scores.mean(), off.sum() / body.sum().clamp_min(1)


def varied_looks(looks, rows, rng):
    """
    Move, turn and mirror looks, and change their contrast and colours.

    Parameters
    ----------
    looks : torch.Tensor
        8-bit, shape (N, planes, 80, 80).
    rows : torch.Tensor
        What is known of them, shape (N, 9).
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    seen : torch.Tensor
        As from `looks_at`.
    boxes, true : torch.Tensor
        Moved boxes, and true ones as they lie to them; shape (N, 4).
    """
    rows = rows.double()
    middle = (rows[:, [0, 2]] + rows[:, [1, 3]]) / 2
    sides = rows[:, [1, 3]] - rows[:, [0, 2]]
    normal = torch.from_numpy(rng.normal(size=(len(rows), 4)))
    shift, stretch = sides * _SHIFT * normal[:, :2], torch.exp(_STRETCH * normal[:, 2:])
    corners = torch.stack([-sides * stretch / 2, sides * stretch / 2], dim=-1)
    boxes = (middle + shift)[:, :, None] + corners
    scale = boxes[:, :, 1].sub(boxes[:, :, 0]).amax(dim=1) / sides.amax(dim=1) * (CONTEXT / _KEPT_CONTEXT)
    place = shift / (sides.amax(dim=1, keepdim=True) * _KEPT_CONTEXT / 2)
    theta = torch.zeros(len(rows), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = scale
    theta[:, :, 2] = place
    known = torch.cat([restored(looks.float()), torch.ones(len(looks), 1, *looks.shape[2:])], dim=1)
    known *= (looks > 0).any(dim=1, keepdim=True)
    grid = functional.affine_grid(theta, [len(rows), 1, SIDE, SIDE], align_corners=False)
    seen = functional.grid_sample(known, grid, align_corners=False)
    # From here on the middle of the look is the origin.
    low = (middle + shift).repeat_interleave(2, dim=1)
    boxes, true = (each - low for each in (boxes.flatten(1), rows[:, 4:8]))
    seen = _recoloured(seen, rng)
    return _turned(seen, boxes.float(), true.float(), rng)


def _recoloured(seen, rng):
    number = len(seen)
    gain = np.exp(_CONTRAST * rng.uniform(-1, 1, (number, seen.shape[1])))
    gain[:, [2, -1]] = 1.0  # ranks have no contrast, nor has what lies in the image
    gain[rng.random(number) < _GREY, 3:-1] = 0.0
    return seen * torch.from_numpy(gain).to(seen)[:, :, None, None]


def _turned(seen, boxes, true, rng):
    """The same of the eight ways to lay down a square for the whole batch: boxes turn about the origin."""
    for axis, columns in ((-1, [1, 0, 2, 3]), (-2, [0, 1, 3, 2])):
        if rng.random() < 0.5:
            sign = torch.tensor([-1.0 if n != m else 1.0 for n, m in enumerate(columns)])
            seen, boxes, true = seen.flip(axis), sign * boxes[:, columns], sign * true[:, columns]
    if rng.random() < 0.5:
        swapped = [2, 3, 0, 1]
        seen, boxes, true = seen.transpose(-1, -2), boxes[:, swapped], true[:, swapped]
    return seen, boxes, true


def _write(network, path, about):
    state = {name: one.detach().clone().contiguous() for name, one in network.state_dict().items()}
    halved = {name: one.half() if one.is_floating_point() else one for name, one in state.items()}
    with atomic_path(path) as unfinished:
        save_file(halved, unfinished)
    card = {
        "sha256": fingerprint(path),
        "classes": list(FIELDNET.classes),
        "data": "what fieldnet proposes in simulated wide fields that it has not learnt from",
        "trained": about,
        "version": package_version(),
        "licence": "BSD-3-Clause AND Apache-2.0",
    }
    write_text(json.dumps(card, indent=1) + "\n", path.with_suffix(".json"))
    return path
