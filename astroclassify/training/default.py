"""The training of the default model: producers of frames, the start, the trainer, the release.

In the folder lie ``pools/SOURCE`` with frames to learn from, ``held/SOURCE`` with frames of other bodies,
made with another seed, and ``run``, the training. With ``pictures`` (a folder with ``labels.csv`` and
labelled pictures) real bodies are shown as well, as photographs and as scenes; a fifth of them is held out.
The command ``astroclassify train-default`` gives each part its options.
"""

from functools import partial

import numpy as np

from astroclassify.core import ParameterError
from astroclassify.training._fit import fit
from astroclassify.training._pictures import credits_of, real_sources
from astroclassify.training._pool import FramePool, Mixture
from astroclassify.training._presets import Recipe
from astroclassify.training._pretrained import described, imagenet_state, widened_state
from astroclassify.training._release import release
from astroclassify.training._shrunk import ShrunkChips
from astroclassify.training._sources import SOURCES
from astroclassify.training._trainer import write_state

#: Sources of chips that can be kept small as well (tuple of str).
_WITH_CHIPS = ("chips", "whole chips")
#: Planes of the pools whose frames are shown whole, as the finished model sees them (dict).
_PLANES = {
    "whole chips": {"side": 192, "width": 384, "detail": 288},
    "real whole chips": {"side": 192, "width": 384, "detail": 288},
    "csst": {"side": 256, "detail": 288},
}


def sources(pictures, *, held=False):
    """
    List the sources of frames.

    Parameters
    ----------
    pictures : path-like or None
        Folder of labelled pictures.
    held : bool, default False
        Take the pictures that are held out.

    Returns
    -------
    dict of str to tuple
        For each source its function and its share of a batch; the shares sum to 1.
    """
    real = {} if pictures is None else real_sources(pictures, held=held)
    rest = 1 - sum(share for _, share in real.values())
    return {name: (source, share * rest) for name, (source, share) in SOURCES.items()} | real


def produce(chosen):
    """
    Make frames of one source, until the pool has been filled as often as is asked for.

    Parameters
    ----------
    chosen : argparse.Namespace
        ``folder``, ``source``, ``pictures``, ``held``, ``capacity``, ``seed``, ``producer``, ``producers``,
        ``limit`` and ``shrunk``, as the command describes them.

    Raises
    ------
    ParameterError
        If there is no such source, or chips are to be kept small of another one than ``chips``.
    """
    known = sources(chosen.pictures, held=chosen.held)
    if chosen.source not in known:
        raise ParameterError(f"source is {chosen.source!r}; expected one of {', '.join(known)}")
    source, _ = known[chosen.source]
    if chosen.shrunk is not None:
        if chosen.source not in _WITH_CHIPS:
            raise ParameterError(
                f"--shrunk keeps whole chips small; source {chosen.source!r} gives none; "
                f"expected {' or '.join(_WITH_CHIPS)}"
            )
        source = partial(source, shrunk=ShrunkChips(chosen.shrunk))
    pool_dir = chosen.folder / ("held" if chosen.held else "pools") / chosen.source
    FramePool(pool_dir, capacity=chosen.capacity, **_PLANES.get(chosen.source, {})).produce(
        source,
        seed=chosen.seed,
        producer=chosen.producer,
        producers=chosen.producers,
        limit=chosen.limit,
    )


def start(chosen):
    """
    Write ``start.safetensors``, of EfficientNet-Lite0's weights for ImageNet, or of an earlier default's.

    Parameters
    ----------
    chosen : argparse.Namespace
        ``folder``, and ``imagenet`` or ``weights``.

    Raises
    ------
    ParameterError
        If both are given, or neither.
    """
    if (chosen.imagenet is None) == (chosen.weights is None):
        raise ParameterError("start needs --imagenet FILE, or --weights FILE of an earlier default model")
    state = widened_state(chosen.weights) if chosen.imagenet is None else imagenet_state(chosen.imagenet)
    write_state(state, chosen.folder / "start.safetensors")


def train(chosen):
    """
    Train on all pools, or go on with it.

    Parameters
    ----------
    chosen : argparse.Namespace
        ``folder``, ``pictures``, ``also``, ``shares``, ``side``, ``vary``, ``run_name``, ``minutes``,
        ``learning_rate``, ``trainable``, ``consistency``, ``weights`` and ``seed``.
    """
    recipe = Recipe(
        seconds=60 * chosen.minutes,
        seed=chosen.seed,
        batch_size=64,
        learning_rate=chosen.learning_rate,
        weight_decay=0.03,
        average=0.995,
        warm_up=100,
        clip=5.0,
        trainable=chosen.trainable,
        consistency=chosen.consistency,
        precision="float32",  # on a CPU the gradients of depthwise convolutions are faster than in bfloat16
    )
    fit(
        "patchnet",
        mixture_of(chosen),
        folder=chosen.folder / chosen.run_name,
        preset=recipe,
        weights=chosen.weights,
        resume=True,
    )


def mixture_of(chosen):
    """
    Mix all pools; where several folders have a source, each gives of its share what it holds of the frames.

    Parameters
    ----------
    chosen : argparse.Namespace
        ``folder``, ``also``, ``pictures``, ``shares``, ``side`` and ``vary``.

    Returns
    -------
    Mixture
        What a training draws from.

    Raises
    ------
    ParameterError
        If shares are given of sources that there are not, or that cannot be shares.
    """
    pools, shares = [], []
    for name, share in shares_of(chosen.shares, sources(chosen.pictures)).items():
        folders = [folder / "pools" / name for folder in (chosen.folder, *chosen.also)]
        found = [FramePool(folder) for folder in folders if folder.is_dir()] or [FramePool(folders[0])]
        pools += found
        shares += parts_of(share, found)
    pictures = credits_of(chosen.pictures) if chosen.pictures else ()
    return Mixture(pools, shares, pictures=pictures, side=chosen.side, vary=chosen.vary)


def shares_of(changed, known):
    """
    Give each source's share of a batch.

    Parameters
    ----------
    changed : mapping of str to float
        The shares of some sources; those of the others keep their proportions. 0 leaves a source out.
    known : mapping of str to tuple
        As `sources` gives them.

    Returns
    -------
    dict of str to float
        Of the sources that are not left out; the shares sum to 1.

    Raises
    ------
    ParameterError
        If there is no such source, or the shares given are negative, all 0, or sum to more than 1.
    """
    if unknown := changed.keys() - known.keys():
        raise ParameterError(f"shares name {', '.join(sorted(unknown))}; expected {', '.join(known)}")
    others = sum(share for name, (_, share) in known.items() if name not in changed)
    rest = 1 - sum(changed.values())
    if min(changed.values(), default=0) < 0 or rest < 0 or others + sum(changed.values()) == 0:
        raise ParameterError(
            f"shares are {changed}; expected 0 or more each, not all 0, and 1 at most together"
        )
    shares = {
        name: changed[name] if name in changed else rest * share / others
        for name, (_, share) in known.items()
    }
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items() if share > 0}


def parts_of(share, pools):
    """
    Divide a source's share among its pools: each gives of it what it holds of the frames.

    Parameters
    ----------
    share : float
        Of a batch.
    pools : sequence of FramePool
        At least one.

    Returns
    -------
    list of float
        A share for each; all alike while no pool holds a frame.
    """
    held = np.array([min(pool.filled, pool.capacity) for pool in pools])
    parts = held / held.sum() if held.any() else np.full(len(pools), 1 / len(pools))
    return list(share * parts)


def release_run(chosen):
    """
    Calibrate the weights of a training, and write them with their card.

    Parameters
    ----------
    chosen : argparse.Namespace
        ``folder``, ``pictures``, ``run_name``, ``target``, ``parent``, ``imagenet``, ``earlier``,
        ``average_with`` and ``commit``.

    Returns
    -------
    dict
        The card.
    """
    target = chosen.target or chosen.folder / "patchnet.safetensors"
    held = {name: FramePool(chosen.folder / "held" / name) for name in sources(chosen.pictures)}
    shown, kept = (
        {picture["body"] for picture in credits_of(chosen.pictures, held=held)} if chosen.pictures else ()
        for held in (False, True)
    )
    return release(
        chosen.folder / chosen.run_name,
        target,
        held,
        parent=chosen.parent,
        pretrained=None if chosen.imagenet is None else described(chosen.imagenet),
        earlier=chosen.earlier,
        average_with=chosen.average_with,
        bodies=shown,
        calibrated=kept,
        commit=chosen.commit,
    )
