"""A loaded network made fast to run, as far as its answers stay what they were."""

import contextlib
import copy
import math
from collections import Counter
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import numpy as np

from astroclassify.core import ParameterError, import_string, package_version, write_text
from astroclassify.models._device import has_bfloat16
from astroclassify.models._weights import weights_cache

#: What ``precision`` can be (tuple of str).
PRECISIONS = ("auto", "float32", "bfloat16")
#: By how much log-odds between classes may change, as a fraction of the largest (or of 1) (dict).
TOLERANCES = {"float32": 1e-3, "bfloat16": 0.05}

_AS_LOADED = "as loaded"
#: A check that took longer than this is not repeated for the same weights (seconds).
_REMEMBERED_FROM = 1.0
_PROBE_SHAPE = (256, 512)


def check_precision(precision):
    """
    Refuse what is not a precision.

    Parameters
    ----------
    precision : str
        One of `PRECISIONS`.

    Raises
    ------
    ParameterError
        If it is something else.
    """
    if precision not in PRECISIONS:
        raise ParameterError(f"the precision is {precision!r}; expected one of {PRECISIONS}")


def optimised(module, spec, *, device, precision="auto", sha256=""):
    """
    Give a network that answers as another does, but sooner.

    Parameters
    ----------
    module : torch.nn.Module
        Loaded, float32, in evaluation mode, on the device. It is not changed (but for the order in
        which its tensors lie in memory).
    spec : ModelSpec
        The model; its preprocessing makes the planes of the comparison.
    device : str
        Where it runs.
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        Which arithmetic may be used; ``"auto"`` is bfloat16 where the device has it.
    sha256 : str, optional
        Checksum of the weights, under which a lengthy comparison is remembered in the cache folder.

    Returns
    -------
    module : torch.nn.Module
        The network, with batch normalisation folded into the convolutions before it and with its
        tensors in the order ``channels_last``, in the first precision whose log-odds agree with
        those of ``module`` to `TOLERANCES`; else ``module`` itself.
    precision : {"float32", "bfloat16"}
        What was chosen.

    Raises
    ------
    ParameterError
        If ``precision`` is unknown, or is ``"bfloat16"`` and the answers are not the same.
    """
    check_precision(precision)
    if not _worthwhile(module):
        return _float32_only(module, spec, precision)
    remembered = _memory(sha256, device, precision)
    choice = _recalled(remembered)
    if choice is None:
        start = perf_counter()
        choice, network = _first_that_agrees(module, spec, device, precision)
        if perf_counter() - start > _REMEMBERED_FROM:
            _remember(remembered, choice)
    else:
        network = module if choice == _AS_LOADED else _prepared(module, spec, choice)
    if choice == _AS_LOADED:
        return _float32_only(network, spec, precision)
    return network, choice


def _float32_only(module, spec, precision):
    if precision == "bfloat16":
        raise ParameterError(
            f"the model {spec.name!r} does not give the same answers in bfloat16; use precision='float32'"
        )
    return module, "float32"


def _worthwhile(module):
    from torch import nn

    return any(type(layer) is nn.Conv2d for layer in module.modules())


def _first_that_agrees(module, spec, device, precision):
    """Try the fastest first; a plug-in's network may fail in any way, and is then left as it is."""
    wanted = {"auto": ("bfloat16", "float32") if has_bfloat16(device) else ("float32",)}
    with contextlib.suppress(Exception):
        probe = _probe(spec, device)
        expected = _logits(module, probe)
        for choice in wanted.get(precision, (precision,)):
            with contextlib.suppress(Exception):
                network = _prepared(module, spec, choice)
                if agree(_logits(network, probe), expected, TOLERANCES[choice]):
                    return choice, network
    return _AS_LOADED, module


def agree(found, expected, tolerance):
    """
    Say whether two sets of logits mean the same.

    Parameters
    ----------
    found, expected : torch.Tensor
        Logits, ``[N, K]``.
    tolerance : float
        How far log-odds may be apart, as a fraction of the largest of them, or of 1 if that is more.

    Returns
    -------
    bool
        Whether they agree; never where a logit is not finite.
    """
    found, expected = (logits - logits.mean(dim=1, keepdim=True) for logits in (found, expected))
    allowed = tolerance * max(1.0, float(expected.abs().max()))
    return float((found - expected).abs().max()) <= allowed < math.inf


def same_answers(found, expected, spec, *, device, precision):
    """
    Say whether two networks answer alike, on frames made for the comparison.

    Parameters
    ----------
    found, expected : torch.nn.Module
        Networks of one model, in evaluation mode, on the device.
    spec : ModelSpec
        The model.
    device : str
        Where they run.
    precision : {"float32", "bfloat16"}
        Whose tolerance is allowed.

    Returns
    -------
    bool
        Whether their log-odds agree.
    """
    probe = _probe(spec, device)
    return agree(_logits(found, probe), _logits(expected, probe), TOLERANCES[precision])


# The network ---------------------------------------------------------------------------------


def _prepared(module, spec, precision):
    import torch

    shared = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    network = copy.deepcopy(module, shared)
    _fold_normalisation(network)
    network = network.to(memory_format=torch.channels_last)
    if precision == "bfloat16":
        _compute_in_bfloat16(network, len(spec.classes))
    return network


def _fold_normalisation(network):
    """Fold what follows a convolution inside a plain Sequential, where nothing can come between."""
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    parents = list(network.modules())
    uses = Counter(id(child) for parent in parents for child in parent._modules.values())
    for parent in parents:
        if type(parent) is not nn.Sequential:
            continue
        for (here, first), (there, second) in pairwise(list(parent._modules.items())):
            if _foldable(first, second) and uses[id(first)] == uses[id(second)] == 1:
                parent._modules[here] = fuse_conv_bn_eval(first, second)
                parent._modules[there] = nn.Identity()


def _foldable(first, second):
    from torch import nn

    return (
        type(first) is nn.Conv2d
        and type(second) is nn.BatchNorm2d
        and second.running_mean is not None
        and not any(layer._forward_hooks or layer._forward_pre_hooks for layer in (first, second))
    )


def _compute_in_bfloat16(network, classes):
    """
    Round the weights of convolutions and fully connected layers.

    Layers with no more outputs than classes - votes, attention, logits - and all sums stay in float32.
    """
    import torch
    from torch import nn

    for layer in network.modules():
        if type(layer) not in (nn.Conv2d, nn.Linear):
            continue
        if layer.weight.shape[0] > classes:
            for name, value in list(layer.named_parameters(recurse=False)):
                setattr(layer, name, nn.Parameter(value.detach().to(torch.bfloat16), requires_grad=False))
        layer.register_forward_pre_hook(_in_the_weights_precision)


def _in_the_weights_precision(layer, arguments):
    return (arguments[0].to(layer.weight.dtype), *arguments[1:])


# The comparison ------------------------------------------------------------------------------


def _probe(spec, device):
    """Make the planes of two frames: a body on a sky, and stars on a pedestal (large models: the first).

    A preprocessing that takes something else says in its attribute ``probe``, a function of its options, what
    to compare on: a tuple of arrays.
    """
    import torch

    own = getattr(import_string(spec.preprocessing), "probe", None)
    if own is not None:
        return [tuple(torch.from_numpy(one).to(device) for one in own(**spec.preprocessing_options))]
    frames = _probe_frames()[: 1 if "large" in spec.tags else None]
    return [torch.from_numpy(np.array(spec.planes(frame)))[None].to(device) for frame in frames]


def _probe_frames():
    rng = np.random.default_rng(20231208)
    y, x = np.mgrid[-1 : 1 : _PROBE_SHAPE[0] * 1j, -2 : 2 : _PROBE_SHAPE[1] * 1j]
    noise = rng.normal(0, 8, (2, *_PROBE_SHAPE))
    stars = np.zeros(_PROBE_SHAPE)
    rows, columns = rng.integers(1, np.array(_PROBE_SHAPE)[:, None] - 1, (2, 200))
    for shift in ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)):
        stars[rows + shift[0], columns + shift[1]] += rng.exponential(400, 200)
    body = 60 + 200 * np.exp(-3 * np.hypot(x, 1.5 * y))
    return [frame.astype(np.float32) for frame in (body + stars / 20 + noise[0], 2000 + stars + noise[1])]


def _logits(network, probe):
    import torch

    with torch.inference_mode():
        said = [network(*(x if isinstance(x, tuple) else (x,))) for x in probe]
        return torch.cat([logits.double().cpu() for logits in said])


# What was found out before -------------------------------------------------------------------


def _memory(sha256, device, precision):
    """Name the file that remembers a comparison; whatever may change its outcome is in the name."""
    versions = f"{package_version('astroclassify')}-torch-{package_version('torch')}"
    return weights_cache() / f"{sha256[:32]}-{device}-{precision}-{versions}.precision".replace(":", "-")


def _recalled(path: Path):
    try:
        choice = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return choice if choice in (*TOLERANCES, _AS_LOADED) else None


def _remember(path: Path, choice):
    """A cache that cannot be written costs time, nothing else."""
    with contextlib.suppress(OSError):
        write_text(choice, path)
