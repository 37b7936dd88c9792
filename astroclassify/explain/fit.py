"""Train a fast map for a model, and measure it: ``astroclassify train-fast-map``.

XRAI explains frames of simulated bodies; a small conditional GAN (Isola et al. 2017) learns to make the map
from the picture and the answer. The generator's loss is that of deceiving the discriminator plus 100 times
the mean absolute difference; pairs are turned and mirrored. Frames that are held out measure it: peak
signal-to-noise ratio (peak: from -1 to 1), Spearman's rank correlation with XRAI, and time. Beside it stand
the best constant, and the smoothed picture, scaled in the best way. Examples are kept in ``--examples`` and
used again.
"""

import json
import time
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.stats import spearmanr

from astroclassify.core import atomic_path, progress_bar
from astroclassify.explain._fast_map import OF_WEIGHTS, SIDE, condition, kept_for, padded, pattern
from astroclassify.explain._seen import see
from astroclassify.explain._xrai import explain_by_xrai, picture
from astroclassify.models import ready_model

#: Weight of the mean absolute difference beside that of the discriminator (Isola et al. 2017, eq. 4).
_L1 = 100.0
_BATCH, _RATE, _BETAS = 8, 4e-4, (0.5, 0.999)
#: Seeds of frames that are held out begin here; examples are kept after every so many.
_HELD, _KEPT_AFTER = 10**6, 25
_SMOOTHED = 1 / 40


def fit_fast_map(chosen):
    """
    Train, measure, and write the weights.

    Parameters
    ----------
    chosen : argparse.Namespace
        ``model``, ``weights``, ``frames``, ``held``, ``steps``, ``minutes``, ``seed``, ``examples`` and
        ``target``, as the command ``astroclassify train-fast-map`` describes them.

    Returns
    -------
    dict
        Where the weights are, and what was measured.
    """
    model = ready_model(chosen.model, weights=chosen.weights)
    shown, held = examples(model, chosen.frames, chosen.held, chosen.examples, steps=chosen.steps)
    network = train(shown, minutes=chosen.minutes, seed=chosen.seed)
    measured = measures(network, shown, held) | mirrored(model) | times(model, network)
    path = chosen.target or kept_for(model.sha256)
    save(network, path, model, measured)
    return {"weights": str(path)} | measured


# Examples -----------------------------------------------------------------------------------------


def examples(model, frames, held, path=None, *, steps=16):
    """
    Give pictures and their maps by XRAI, of frames to learn from and of those held out.

    Parameters
    ----------
    model : Model
        The model that is explained.
    frames, held : int
        How many of each.
    path : path-like, optional
        File that keeps them; examples of the same model's weights there are used again.
    steps : int, default 16
        Of XRAI's integral.

    Returns
    -------
    tuple of tuple of numpy.ndarray
        For both: what the network is told, ``[N, 2, y, x]``, and patterns, ``[N, 1, y, x]``.
    """
    known = _kept(path, model)
    wanted = [*range(frames), *range(_HELD, _HELD + held)]
    missing = [number for number in wanted if number not in known]
    for done, number in enumerate(progress_bar(missing, progress=None, description="XRAI"), start=1):
        known[number] = _example(model, number, steps)
        if path is not None and (done % _KEPT_AFTER == 0 or done == len(missing)):
            _keep(path, model, known)
    parts = [np.stack([known[number][part] for number in wanted]) for part in (0, 1)]
    return tuple(part[:frames] for part in parts), tuple(part[frames:] for part in parts)


def _keep(path, model, known):
    given, made = (np.stack([pair[part] for pair in known.values()]) for part in (0, 1))
    with atomic_path(path) as unfinished, open(unfinished, "wb") as stream:
        np.savez(stream, numbers=list(known), given=given, made=made, of=model.sha256)


def _kept(path, model):
    if path is None or not Path(path).exists():
        return {}
    with np.load(path) as file:
        if str(file["of"]) != model.sha256:
            return {}
        return dict(zip(file["numbers"].tolist(), zip(file["given"], file["made"], strict=True), strict=True))


def _example(model, number, steps):
    """One simulated frame, as the network is told of it, and the pattern of its map."""
    from astroclassify.simulate import random_frames

    (frame,) = random_frames(number)
    seen = see(model, frame.array, "galaxy", flips=False)
    log_odds = float(seen.many_log_odds([seen.planes[0]])[0])
    made = explain_by_xrai(model, frame.array, target="galaxy", side=SIDE, steps=steps)
    return condition(picture(seen.array, SIDE), log_odds), pattern(made.data)[None]


# Training -----------------------------------------------------------------------------------------


def train(shown, *, minutes=np.inf, steps=np.inf, seed=1):
    """
    Train the generator against the discriminator.

    Parameters
    ----------
    shown : tuple of numpy.ndarray
        What it is told, ``[N, 2, y, x]``, and patterns, ``[N, 1, y, x]``.
    minutes, steps : float
        How long, time of the processor; or how many steps.
    seed : int, default 1
        Of weights and batches.

    Returns
    -------
    Generator
        In evaluation mode.
    """
    import torch

    from astroclassify.explain._pix2pix import Discriminator, Generator

    rng = np.random.default_rng(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        networks = Generator(), Discriminator()
    optimisers = [torch.optim.Adam(each.parameters(), lr=_RATE, betas=_BETAS) for each in networks]
    begun, part, done = time.process_time(), 0.0, 0
    while part < 1:
        for optimiser in optimisers:
            optimiser.param_groups[0]["lr"] = _RATE * min(1.0, 2 - 2 * part)
        _step(*networks, *optimisers, *_batch(shown, rng))
        done += 1
        part = max((time.process_time() - begun) / (60 * minutes), done / steps)
    return networks[0].eval()


def _batch(shown, rng):
    """Some pairs, each turned and mirrored (square ones) or mirrored."""
    import torch

    chosen = rng.integers(len(shown[0]), size=_BATCH)
    pairs = np.concatenate([part[chosen] for part in shown], axis=1)
    if pairs.shape[2] == pairs.shape[3]:
        pairs = np.rot90(pairs, rng.integers(4), axes=(2, 3))
    pairs = np.flip(pairs, 3) if rng.random() < 0.5 else pairs
    pairs = torch.from_numpy(np.stack([padded(pair) for pair in pairs]))
    return pairs[:, :2], pairs[:, 2:]


def _step(generator, discriminator, of_generator, of_discriminator, given, real):
    """One step of each, as in Isola et al. 2017, section 3.3."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss

    def verdict(made, truth):
        said = discriminator(torch.cat([given, made], dim=1))
        return binary_cross_entropy_with_logits(said, torch.full_like(said, truth))

    made = generator(given)
    of_discriminator.zero_grad()
    (0.5 * (verdict(real, 1.0) + verdict(made.detach(), 0.0))).backward()
    of_discriminator.step()
    of_generator.zero_grad()
    (verdict(made, 1.0) + _L1 * l1_loss(made, real)).backward()
    of_generator.step()


# Measures -----------------------------------------------------------------------------------------


def measures(network, shown, held):
    """
    Compare maps of frames that are held out with those of XRAI.

    Parameters
    ----------
    network : Generator
        The trained one.
    shown, held : tuple of numpy.ndarray
        As `examples` gives them; from those shown come the constant and the scale of the smoothed picture.

    Returns
    -------
    dict
        PSNR (dB) and rank correlation, means over the frames held out, of the network and of both baselines.
    """
    rivals = {
        "network": lambda given: made_by(network, given),
        "constant": lambda given: np.full(given.shape[1:], shown[1].mean()),
        "smoothed picture": _scaled_picture(shown),
    }
    table = {}
    for name, make in rivals.items():
        maps = [make(given) for given in held[0]]
        pairs = list(zip(maps, held[1][:, 0], strict=True))
        table[name] = {"psnr": float(np.mean([psnr(*pair) for pair in pairs]))}
        if name != "constant":
            table[name]["rank correlation"] = float(np.mean([_ranks(*pair) for pair in pairs]))
    return {"frames": len(shown[0]), "held": len(held[0]), **table}


def made_by(network, given):
    """
    Make the map of one picture.

    Parameters
    ----------
    network : Generator
        The trained one.
    given : numpy.ndarray
        ``[2, y, x]``.

    Returns
    -------
    numpy.ndarray
        ``[y, x]``.
    """
    import torch

    with torch.inference_mode():
        made = network(torch.from_numpy(padded(given))[None])[0, 0].numpy()
    return made[: given.shape[1], : given.shape[2]]


def psnr(made, real):
    """
    Give the peak signal-to-noise ratio of a map from -1 to 1.

    Parameters
    ----------
    made, real : numpy.ndarray
        Of one shape.

    Returns
    -------
    float
        ``10 log10(2**2 / mean square difference)``, dB.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.explain.fit import psnr
    >>> round(psnr(np.zeros((4, 4)), np.full((4, 4), 0.2)), 6)
    20.0
    """
    return float(10 * np.log10(4 / max(float(np.mean((made - real) ** 2)), 1e-12)))


def _ranks(made, real):
    found = spearmanr(made, real, axis=None).statistic
    return 0.0 if np.isnan(found) else found


def mirrored(model, *, frames=6):
    """
    Compare XRAI with itself, of one view of a frame and of the mirrored frame: how far it can be imitated.

    Parameters
    ----------
    model : Model
        The model that is explained.
    frames : int, default 6
        How many frames are compared.

    Returns
    -------
    dict
        PSNR (dB) and rank correlation, means.
    """
    from astroclassify.simulate import random_frames

    pairs = []
    for number in range(_HELD, _HELD + frames):
        array = random_frames(number)[0].array
        maps = [_one_view(model, one) for one in (array, array[:, ::-1].copy())]
        pairs.append((maps[0], maps[1][:, ::-1]))
    found = {"psnr": np.mean([psnr(*map(pattern, pair)) for pair in pairs])}
    found["rank correlation"] = np.mean([_ranks(*pair) for pair in pairs])
    return {"XRAI of one view, mirrored": {name: float(value) for name, value in found.items()}}


def _one_view(model, array):
    return explain_by_xrai(model, array, target="galaxy", side=SIDE, flips=False).data


def _scaled_picture(shown):
    """The smoothed picture times the answer's sign, with the slope and level that fit the maps shown best."""

    def smooth(given):
        width = _SMOOTHED * max(given.shape[1:])
        return ndimage.gaussian_filter(given[0], width) * np.sign(given[1])

    many = np.stack([smooth(given) for given in shown[0]])
    slope, level = np.polyfit(many.ravel(), shown[1][:, 0].ravel(), 1)
    return lambda given: slope * smooth(given) + level


def times(model, network, *, repeats=5):
    """
    Compare the time of a map with that of XRAI, on a frame of 608 x 608 pixels.

    Parameters
    ----------
    model : Model
        The model that is explained.
    network : Generator
        The trained one.
    repeats : int, default 5
        The fastest of so many counts.

    Returns
    -------
    dict
        Seconds of the processor of XRAI, and of the fast map with the answer that it needs.
    """
    from astroclassify.simulate import random_frames

    (frame,) = random_frames(3, shape=(608, 608))

    def fast():
        seen = see(model, frame.array, "galaxy", flips=False)
        log_odds = float(seen.many_log_odds([seen.planes[0]])[0])
        made_by(network, condition(picture(seen.array, SIDE), log_odds))

    def slow():
        explain_by_xrai(model, frame.array, target="galaxy")

    seconds = {}
    for name, work in (("seconds", fast), ("seconds of XRAI", slow)):
        work()  # once, to load
        taken = []
        for _ in range(repeats):
            begun = time.process_time()
            work()
            taken.append(time.process_time() - begun)
        seconds[name] = min(taken)
    return seconds


def save(network, path, model, measured):
    """
    Write the weights in half precision, with whose maps they imitate and how well.

    Parameters
    ----------
    network : Generator
        The trained one.
    path : path-like
        Where to.
    model : Model
        Whose maps it imitates.
    measured : dict
        What stands in the file as well.
    """
    from safetensors.torch import save_file

    state = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    facts = {OF_WEIGHTS: model.sha256, "astroclassify.model": model.spec.name}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as unfinished:
        save_file(state, unfinished, metadata=facts | {"measured": json.dumps(measured)})
