"""Train the network that removes stars, and measure it: ``astroclassify train-starless``.

It learns from simulated wide fields (`astroclassify.simulate.wide_field`): each is drawn with its stars and,
with the same noise and developed alike, without them. Fields are drawn once, stretched, and kept in
``--pairs``; the network sees square pieces of them, turned, mirrored, in mixed colours or in grey. Fields
with other seeds, which it never saw, measure it beside the classical way and a median filter.
"""

import json
import time
from pathlib import Path

import numpy as np
from scipy import ndimage

from astroclassify.core import atomic_path, package_version, progress_bar
from astroclassify.detect._classical import remove_stars_classically
from astroclassify.detect._starless import remove_stars
from astroclassify.detect._stretch import Stretch

#: Sides of fields and of the pieces that are shown, pixels; pieces in a batch.
_FIELD, _PIECE, _BATCH = 320, 128, 8
_RATE, _WARM = 2e-3, 100
#: Where there are stars the difference counts more; less in halos, whose star may lie outside of the piece;
#: and more again where the result is darker than it should be: a dark hole is seen at once, a faint rest of a
#: star is not. Starlight is more than so much, and no halo where it is so much above its mean over a square.
_ON_STARS, _ON_HALOS, _TOO_DARK, _STARLIGHT, _HALO = 5.0, 0.3, 1.5, 0.02, 17
#: Seeds of the fields that measure begin here; a median filter that takes stars away is so wide.
_HELD, _MEDIAN = 10**6, 9


def fit_starless(chosen):
    """
    Train, write the weights, and measure.

    Parameters
    ----------
    chosen : argparse.Namespace
        ``fields``, ``held``, ``minutes``, ``seed``, ``pairs``, ``start``, ``target`` and ``measure_only``, as
        the command ``astroclassify train-starless`` describes them.

    Returns
    -------
    dict
        Where the weights are, and what was measured.
    """
    if not chosen.measure_only:
        pairs = drawn_pairs(chosen.pairs, chosen.fields)
        network = train(pairs, minutes=chosen.minutes, seed=chosen.seed, start=chosen.start)
        save(network, chosen.target, vars(chosen))
    return {"weights": str(chosen.target or "")} | measures(chosen.held, weights=chosen.target)


# Examples -----------------------------------------------------------------------------------------


def drawn_pairs(path, fields):
    """
    Give stretched fields, with and without stars.

    Parameters
    ----------
    path : path-like
        File that keeps them (``.npy``); what is there is used, what is missing is drawn.
    fields : int
        How many.

    Returns
    -------
    numpy.ndarray
        Float16 ``[N, 2, 3, y, x]``.
    """
    path, shape = Path(path), (fields, 2, 3, _FIELD, _FIELD)
    known = path.exists()
    pairs = np.lib.format.open_memmap(
        path, "r+" if known else "w+", **({} if known else {"dtype": "f2", "shape": shape})
    )
    missing = [number for number in range(min(fields, len(pairs))) if not pairs[number, 0].any()]
    for number in progress_bar(missing, progress=None, description="fields"):
        pairs[number] = _pair(number)
    return pairs[:fields]


def _pair(number):
    from astroclassify.simulate import wide_field

    field = wide_field(number, shape=(_FIELD, _FIELD))
    planes = [_three(each) for each in (field.image, field.starless)]
    stretch = Stretch.of(planes[0])
    return np.stack([np.moveaxis(stretch.forward(each), -1, 0) for each in planes]).astype(np.float16)


def _three(image):
    return np.repeat(image[..., None], 3, axis=-1) if image.ndim == 2 else image


# Training -----------------------------------------------------------------------------------------


def train(pairs, *, minutes=np.inf, steps=np.inf, seed=1, start=None):
    """
    Train the network.

    Parameters
    ----------
    pairs : numpy.ndarray
        From `drawn_pairs`.
    minutes, steps : float
        How long, or how many steps.
    seed : int, default 1
        Of weights and pieces.
    start : path-like, optional
        Weights to go on from.

    Returns
    -------
    StarlessNet
        In evaluation mode.
    """
    import torch

    from astroclassify.models import load_state
    from astroclassify.models.nets.starless import StarlessNet

    rng = np.random.default_rng(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = StarlessNet().to(memory_format=torch.channels_last)
    if start is not None:
        load_state(network, Path(start))
    optimiser = torch.optim.Adam(network.parameters(), lr=_RATE)
    begun, part, done, average = time.monotonic(), 0.0, 0, 0.0
    while part < 1:
        rate = _RATE * min((done + 1) / _WARM, 0.5 * (1 + np.cos(np.pi * part)))
        optimiser.param_groups[0]["lr"] = rate
        loss = _step(network, optimiser, _batch(pairs, rng))
        done, average = done + 1, loss if done == 0 else 0.99 * average + 0.01 * loss
        part = max((time.monotonic() - begun) / (60 * minutes), done / steps)
        if done % 200 == 0:
            print(f"{done} steps, {part:.0%}: {average:.5f}", flush=True)  # noqa: T201
    return network.eval()


def _batch(pairs, rng):
    """Some pieces, each turned and mirrored, its colours mixed or taken away."""
    import torch

    pieces = np.stack([_piece(pairs, rng) for _ in range(_BATCH)])
    return torch.from_numpy(pieces)


def _piece(pairs, rng):
    y, x = rng.integers(0, _FIELD - _PIECE + 1, 2)
    piece = pairs[rng.integers(len(pairs)), :, :, y : y + _PIECE, x : x + _PIECE].astype(np.float32)
    piece = np.rot90(piece, rng.integers(4), axes=(2, 3))
    piece = piece[..., ::-1] if rng.random() < 0.5 else piece
    piece = piece[:, rng.permutation(3)]
    if rng.random() < 0.2:
        piece = np.repeat(piece[:, :1], 3, axis=1)
    return np.ascontiguousarray(piece)


def _step(network, optimiser, pieces):
    import torch
    from torch.nn.functional import avg_pool2d

    image, starless = (pieces[:, n].contiguous(memory_format=torch.channels_last) for n in (0, 1))
    stars = (image - starless).clamp(min=0)
    wrong = network(image) - stars
    about = avg_pool2d(stars, _HALO, stride=1, padding=_HALO // 2, count_include_pad=False)
    weight = torch.where(stars > _STARLIGHT, _ON_HALOS, 1.0)
    weight = torch.where(stars - about > _STARLIGHT, _ON_STARS, weight)
    weight = weight * torch.where(wrong > 0, _TOO_DARK, 1.0)
    loss = (weight * wrong.abs()).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return float(loss.detach())


def save(network, path, recipe):
    """
    Write the weights in half precision, and their card beside them.

    Parameters
    ----------
    network : StarlessNet
        The trained one.
    path : path-like
        Where to.
    recipe : mapping of str to object
        How it was trained.
    """
    from safetensors.torch import save_file

    state = {name: value.detach().half().contiguous() for name, value in network.state_dict().items()}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as unfinished:
        save_file(state, unfinished)
    card = {
        "trained": {
            name: str(value) for name, value in recipe.items() if name in ("fields", "minutes", "seed")
        }
    }
    card |= {"data": "simulated wide fields (astroclassify.simulate.wide_field), seeds from 0"}
    card |= {"version": package_version(), "licence": "BSD-3-Clause"}
    Path(path).with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


# Measures -----------------------------------------------------------------------------------------


def measures(held, *, weights=None):
    """
    Compare ways to remove stars, on photographs that were not learnt from.

    Parameters
    ----------
    held : int
        How many fields of 608 x 608 pixels.
    weights : path-like, optional
        Of the network; by default those that come with the package.

    Returns
    -------
    dict
        Of each way, means over the fields: PSNR (dB; peak 1), SSIM, ``dark`` (by how much pixels where stars
        were are darker than they should be), ``colour`` (mean difference there of a plane from the mean of
        the planes), and seconds.
    """
    from astroclassify.simulate import wide_field

    ways = {
        "network": lambda image: remove_stars(image, weights=weights),
        "classical": remove_stars_classically,
        "median": lambda image: ndimage.median_filter(image, (_MEDIAN, _MEDIAN, 1)[: image.ndim]),
        "nothing": lambda image: image,
    }
    rows = {name: [] for name in ways}
    for number in range(_HELD, _HELD + held):
        field = wide_field(number, style="photograph")
        for name, way in ways.items():
            begun = time.process_time()
            made = way(field.image)
            rows[name].append([*_compared(field, made), time.process_time() - begun])
    names = ("psnr", "ssim", "dark", "colour", "seconds")
    return {
        way: dict(zip(names, np.mean(found, axis=0).round(4).tolist(), strict=True))
        for way, found in rows.items()
    }


def _compared(field, made):
    from skimage.metrics import structural_similarity

    truth = field.starless
    psnr = -10 * np.log10(max(float(np.mean((made - truth) ** 2)), 1e-8))
    axis = -1 if truth.ndim == 3 else None
    ssim = structural_similarity(truth, made, data_range=1.0, channel_axis=axis)
    stars = _three(field.image - truth).max(axis=-1) > _STARLIGHT
    wrong = _three(made - truth)[stars]
    dark = float(np.maximum(-wrong, 0).mean()) if stars.any() else 0.0
    colour = float(np.abs(wrong - wrong.mean(axis=-1, keepdims=True)).mean()) if stars.any() else 0.0
    return psnr, ssim, dark, colour
