"""A model layer by layer, without computing anything."""

import numpy as np
from astropy.table import Table

from astroclassify.models._build import built_module, find_spec
from astroclassify.models._tasks import require_task


def summarise_model(model, *, frame_shape=(2048, 4096)):
    """
    List the layers of a model, without allocating weights or activations.

    Parameters
    ----------
    model : str or ModelSpec
        A registered name, ``"default"``, or a spec.
    frame_shape : tuple of int, default (2048, 4096)
        Rows and columns of the frame that goes in.

    Returns
    -------
    astropy.table.Table
        One row per layer in the order of computation: ``layer`` (its type), ``kernel``,
        ``stride``, ``output`` (size without the batch axis) and ``parameters``. Its ``meta``
        holds ``name``, ``input`` (size) and ``parameters`` (the sum).

    Raises
    ------
    UnknownNameError
        If no model has the name.
    ParameterError
        If the model is one for sources.
    PluginError
        If the model cannot be built.

    Examples
    --------
    >>> from astroclassify.models import summarise_model
    >>> table = summarise_model("hr-celestialnet")
    >>> table.meta["parameters"]
    97048130
    >>> print(table[table["layer"] == "MaxPool2d"][-1]["output"])
    512x3x11
    """
    import torch

    spec = find_spec(model)
    shape = planes_shape(spec, frame_shape)
    with torch.device("meta"):
        module = built_module(spec).eval()
    leaves, rows = [layer for layer in module.modules() if not list(layer.children())], []
    run_on_meta(module, leaves, shape, lambda *call: rows.append(_row(*call)))
    names = ("layer", "kernel", "stride", "output", "parameters")
    meta = {"name": spec.name, "input": times(shape), "parameters": parameters_of(module)}
    return Table(rows=rows, names=names, meta=meta, dtype=(str, str, str, str, int))


def planes_shape(spec, frame_shape=(2048, 4096)):
    """
    Give the shape of the planes that a model makes of a frame.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    frame_shape : tuple of int
        Rows and columns of the frame.

    Returns
    -------
    tuple of int
        Planes, rows and columns.

    Raises
    ------
    ParameterError
        If the model is one for sources, which takes no frame.
    """
    if spec.task == "source":
        require_task(spec, "frame")
    frame = np.random.default_rng(0).normal(1000, 10, frame_shape).astype(np.float32)
    return spec.planes(frame).shape


def run_on_meta(module, layers, shape, hook):
    """
    Send one frame's planes through a network on the meta device, which computes nothing.

    Parameters
    ----------
    module : torch.nn.Module
        The network, on the meta device.
    layers : iterable of torch.nn.Module
        The layers to watch.
    shape : tuple of int
        Planes, rows and columns.
    hook : callable
        Called with layer, inputs and output whenever a watched layer has run.
    """
    import torch

    handles = [layer.register_forward_hook(hook) for layer in layers]
    try:
        with torch.inference_mode():
            module(torch.empty((1, *shape), device="meta"))
    finally:
        for handle in handles:
            handle.remove()


def _row(layer, _, output):
    return (
        type(layer).__name__,
        times(getattr(layer, "kernel_size", ())),
        times(getattr(layer, "stride", ())),
        times(output.shape[1:]),
        parameters_of(layer),
    )


def parameters_of(module):
    """
    Count the parameters of a network or a layer.

    Parameters
    ----------
    module : torch.nn.Module
        The network or layer.

    Returns
    -------
    int
        Their number.
    """
    return sum(p.numel() for p in module.parameters())


def times(size):
    """
    Write a size as text.

    Parameters
    ----------
    size : int or tuple of int
        The size; a single number stands for a square.

    Returns
    -------
    str
        Numbers joined by ``x``.
    """
    size = (size, size) if isinstance(size, int) else size
    return "x".join(str(n) for n in size)
