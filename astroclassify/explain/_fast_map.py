"""A fast map: what a small network, trained on XRAI's maps of one model, makes of a picture in one pass.

The network (see `_pix2pix`) knows the frame as a stretched picture, and the model's answer as one number;
the model's inside it has never seen. Its map is an imitation: right as far as XRAI can be guessed from how
the frame looks. It is trained for one file of weights, and refused for others.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from astroclassify.core import MissingWeightsError, ParameterError, WeightsError, checked, rules
from astroclassify.explain._seen import finished, see
from astroclassify.explain._xrai import picture
from astroclassify.models import weights_cache
from astroclassify.preprocess import asinh_stretched

#: Cells along the longer side of the picture, at most; a map's largest values are this quantile (int, float).
SIDE, TOP = 128, 0.99
#: Log-odds that the network sees as 1 (float).
_SURE = 8.0
#: Of the file: whose maps it imitates.
OF_WEIGHTS = "astroclassify.explains"


@checked(fast_map=rules.optional(rules.path), flips=rules.flag)
def explain_by_fast_map(model, frame, *, target, fast_map=None, flips=False):
    """
    Explain by a network that imitates XRAI.

    Parameters
    ----------
    model : Model
        The one that it was trained for.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array
        As for `astroclassify.classify`.
    target : {"galaxy", "nsc"}
        What the map speaks for.
    fast_map : str or path-like, optional
        File that ``astroclassify train-fast-map`` wrote; by default the one that it keeps for the
        model's weights.
    flips : bool, default False
        Whether the log-odds that it is told are those of the mean of four views.

    Returns
    -------
    astropy.nddata.CCDData
        From -1, against the target, to 1; the scale says nothing by itself.

    Raises
    ------
    MissingWeightsError
        If there is no file; the message has the command that makes it.
    WeightsError
        If the file is none of a fast map, or one of another model.
    ParameterError
        If the target is an object: it was not trained for that.

    References
    ----------
    Isola et al. 2017, arXiv:1611.07004.
    """
    import torch

    if target == "object":
        raise ParameterError("a fast map tells galaxy from nsc; for the target 'object' take method='xrai'")
    seen = see(model, frame, "galaxy", flips=flips)
    network = _network(*_located(fast_map, model))
    given = condition(picture(seen.array, SIDE), float(seen.many_log_odds([seen.planes[0]])[0]))
    with torch.inference_mode():
        made = network(torch.from_numpy(padded(given))[None])[0, 0].numpy()
    made = made[: given.shape[1], : given.shape[2]] * (1 if target == "galaxy" else -1)
    return finished(made, frame, [("ACIMITAT", "xrai", "method that the map imitates")])


def condition(image, log_odds):
    """
    Give what the network is told.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``, finite.
    log_odds : float
        Of galaxy against nsc, as the model answers.

    Returns
    -------
    numpy.ndarray
        Float32 ``[2, y, x]``: the stretched picture, -1 to 1, and the answer, the same everywhere.
    """
    stretched = asinh_stretched(image).astype(np.float32) / 127.5 - 1
    return np.stack([stretched, np.full_like(stretched, np.tanh(log_odds / _SURE))])


def pattern(values):
    """
    Scale a map so that its largest values are 1, or -1.

    Parameters
    ----------
    values : numpy.ndarray
        Any shape.

    Returns
    -------
    numpy.ndarray
        Float32, -1 to 1.
    """
    top = float(np.quantile(np.abs(values), TOP))
    return np.clip(values / (top or 1.0), -1, 1).astype(np.float32)


def padded(given):
    """
    Lengthen the sides to multiples that the network halves, repeating the edges.

    Parameters
    ----------
    given : numpy.ndarray
        ``[C, y, x]``.

    Returns
    -------
    numpy.ndarray
        The same, longer below and on the right.
    """
    step = 2 ** _depth()
    return np.pad(given, [(0, 0), *((0, -n % step) for n in given.shape[1:])], mode="edge")


def _depth():
    from astroclassify.explain._pix2pix import DEPTH

    return DEPTH


def kept_for(sha256):
    """
    Say where the fast map of a model is kept.

    Parameters
    ----------
    sha256 : str
        Checksum of the model's weights.

    Returns
    -------
    pathlib.Path
        A file in the cache.
    """
    return Path(weights_cache()) / f"fast-map-{sha256[:12]}.safetensors"


def _located(fast_map, model):
    path = kept_for(model.sha256) if fast_map is None else Path(fast_map)
    if not path.exists():
        raise MissingWeightsError(
            f"{path}: there is no fast map of {model.spec.name!r} with these weights; make one by "
            f"astroclassify train-fast-map --model {model.spec.name}, or take method='xrai'"
        )
    return str(path), path.stat().st_mtime_ns, model.sha256


@lru_cache(maxsize=4)
def _network(path, changed, sha256):
    from safetensors import SafetensorError, safe_open

    from astroclassify.explain._pix2pix import Generator

    network = Generator().eval()
    try:
        with safe_open(path, "pt") as file:
            of = (file.metadata() or {}).get(OF_WEIGHTS, "")
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - no dict
        network.load_state_dict(state)
    except (SafetensorError, OSError, RuntimeError) as error:
        raise WeightsError(f"{path}: no weights of a fast map: {error}") from error
    if of != sha256:
        raise WeightsError(
            f"{path}: this fast map imitates maps of the weights {of[:12] or '(unknown)'}, not of "
            f"{sha256[:12]}; make another by astroclassify train-fast-map"
        )
    return network
