"""A network made ready for training: precision, memory, what is frozen, and the average of its weights."""

from contextlib import contextmanager, nullcontext

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn
from torch.utils.checkpoint import checkpoint

from astroclassify.core import ParameterError, PluginError
from astroclassify.models import has_bfloat16

_WEIGHTED = (nn.Conv2d, nn.Linear)
_FOLDED_TOLERANCE = 1e-3


def mixed_precision(recipe, device):
    """
    Give the context that a network runs in.

    Parameters
    ----------
    recipe : Recipe
        Its ``precision`` counts.
    device : str
        The device.

    Returns
    -------
    callable
        Makes a context manager; `contextlib.nullcontext` for float32.
    """
    wanted = recipe.precision == "bfloat16" or (recipe.precision == "auto" and has_bfloat16(device))
    kind = torch.device(device).type
    return (lambda: torch.autocast(kind, torch.bfloat16)) if wanted else nullcontext


def first_layer(module):
    """
    Find the layer that sees the planes.

    Parameters
    ----------
    module : torch.nn.Module
        A network.

    Returns
    -------
    torch.nn.Module or None
        The first convolution or fully connected layer, in the order in which they were made.
    """
    return next((layer for layer in module.modules() if isinstance(layer, _WEIGHTED)), None)


def keep_first_layer_exact(module):
    """
    Let the first layer compute in float32 under mixed precision: bfloat16 knows counts to 1 in 256 only.

    Parameters
    ----------
    module : torch.nn.Module
        A network, changed in place; its weights stay as they are.
    """
    layer = first_layer(module)
    if layer is None:
        return
    plain = layer.forward

    def forward(planes):
        kind = planes.device.type
        if not torch.is_autocast_enabled(kind):
            return plain(planes)
        with torch.autocast(kind, enabled=False):
            result = plain(planes.float())
        return result.to(torch.get_autocast_dtype(kind))

    layer.forward = forward


# Memory --------------------------------------------------------------------------------------


def save_memory(module):
    """
    Compute activations again in the backward pass, a segment of the network at a time.

    Parameters
    ----------
    module : torch.nn.Module
        A network, changed in place; its weights, and what it computes, stay as they are.
    """
    for child in module.children():
        if isinstance(child, nn.Sequential):
            child.forward = _in_segments(_segments(child))
        elif any(isinstance(inner, nn.Sequential) for inner in child.children()):
            save_memory(child)
        elif any(True for _ in child.parameters()):
            child.forward = _checkpointed(child.forward, [child])


def _segments(sequence):
    """Cut before each layer with weights, so that what a segment starts with is never changed in place."""
    segments = []
    for layer in sequence:
        has_weights = any(True for _ in layer.parameters())
        if not segments or (has_weights and not isinstance(layer, nn.modules.batchnorm._BatchNorm)):
            segments.append([])
        segments[-1].append(layer)
    return segments


def _in_segments(segments):
    runs = [_checkpointed(_one_after_the_other(layers), layers) for layers in segments]

    def forward(x):
        for run in runs:
            x = run(x)
        return x

    return forward


def _one_after_the_other(layers):
    def run(x):
        for layer in layers:
            x = layer(x)
        return x

    return run


def _checkpointed(run, layers):
    statistics = [
        layer
        for outer in layers
        for layer in outer.modules()
        if isinstance(layer, nn.modules.batchnorm._BatchNorm)
    ]

    def forward(x):
        if not torch.is_grad_enabled():
            return run(x)
        contexts = lambda: (nullcontext(), _without_statistics(statistics))  # noqa: E731
        return checkpoint(run, x, use_reentrant=False, context_fn=contexts)

    return forward


@contextmanager
def _without_statistics(layers):
    """The second time a batch passes, batch normalisation must not count it again."""
    before = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.0
    try:
        yield
    finally:
        for layer, momentum in zip(layers, before, strict=True):
            layer.momentum = momentum
            if layer.training and layer.num_batches_tracked is not None:
                layer.num_batches_tracked.sub_(1)


# What learns ---------------------------------------------------------------------------------


def freeze_all_but_the_head(module, classes):
    """
    Freeze every weight except those of the last layer.

    Parameters
    ----------
    module : torch.nn.Module
        A network, changed in place.
    classes : int
        Number of classes, by which the last layer is known.

    Returns
    -------
    torch.nn.Module
        The layer that learns.

    Raises
    ------
    PluginError
        If no convolution or fully connected layer has so many outputs.
    """
    heads = [
        layer
        for layer in module.modules()
        if isinstance(layer, _WEIGHTED)
        and classes == (layer.out_channels if isinstance(layer, nn.Conv2d) else layer.out_features)
    ]
    if not heads:
        raise PluginError(
            f"no convolution or fully connected layer of this network has {classes} outputs, one for each "
            "class, so its head cannot be told; use trainable='all'"
        )
    module.requires_grad_(False)
    return heads[-1].requires_grad_(True)


def freeze_first_layers(module, number):
    """
    Freeze the weights of the first layers, in the order in which they were made.

    Parameters
    ----------
    module : torch.nn.Module
        A network, changed in place.
    number : int
        Of convolutions and fully connected layers.

    Raises
    ------
    ParameterError
        If nothing would be left that learns.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, _WEIGHTED)]
    if number >= len(layers):
        raise ParameterError(
            f"frozen is {number}, but the network has {len(layers)} layers; let at least one learn"
        )
    for layer in layers[:number]:
        layer.requires_grad_(False)


def freeze_normalisation(module):
    """
    Freeze batch normalisation.

    Parameters
    ----------
    module : torch.nn.Module
        A network, changed in place.
    """
    for layer in module.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.requires_grad_(False)


def set_training(module):
    """
    Set training mode, with batch normalisation that has nothing to learn left as it is.

    Parameters
    ----------
    module : torch.nn.Module
        A network.
    """
    module.train()
    for layer in module.modules():
        frozen = [not parameter.requires_grad for parameter in layer.parameters()]
        if isinstance(layer, nn.modules.batchnorm._BatchNorm) and frozen and all(frozen):
            layer.eval()


def update_average(average, module, decay):
    """
    Move an average of weights towards a network's.

    Parameters
    ----------
    average, module : torch.nn.Module
        Two networks of one kind; the first is changed in place. Statistics of batch
        normalisation are averaged as weights are; counters are copied.
    decay : float
        Share of the average that stays, 0 to 1.
    """
    with torch.no_grad():
        old, new = list(average.state_dict().values()), list(module.state_dict().values())
        real = [(a, b) for a, b in zip(old, new, strict=True) if a.is_floating_point()]
        move = get_ema_multi_avg_fn(decay)
        move([a for a, _ in real], [b for _, b in real], None)
        for a, b in zip(old, new, strict=True):
            if not a.is_floating_point():
                a.copy_(b)


def fold_scale(module, scale, planes):
    """
    Let a network that learnt on scaled planes take them as they are.

    Parameters
    ----------
    module : torch.nn.Module
        A network in evaluation mode, changed in place.
    scale : float
        What planes were divided by.
    planes : torch.Tensor
        A stack of planes to check with.

    Raises
    ------
    PluginError
        If the network does not then say what it said before: its first layer sees something else.
    """
    if scale == 1:
        return
    with torch.no_grad():
        before = module(planes / scale)
        layer = first_layer(module)
        if layer is not None:
            layer.weight.div_(scale)
        after = module(planes)
    if layer is None or not torch.allclose(before, after, rtol=_FOLDED_TOLERANCE, atol=_FOLDED_TOLERANCE):
        raise PluginError(
            "the scale of the planes cannot be moved into this network's first layer: it does not multiply "
            "the planes as they are; use input_scale=1"
        )
