"""A model layer by layer, without computing anything."""

import numpy as np
from astropy.table import Table

from astroclassify.models._build import built_module, find_spec


def summary(model, *, frame_shape=(2048, 4096)):
    """
    List the layers of a model; no memory is spent on weights or activations.

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
    PluginError
        If the model cannot be built.

    Examples
    --------
    >>> from astroclassify.models import summary
    >>> table = summary("hr-celestialnet")
    >>> table.meta["parameters"]
    97048130
    >>> print(table[table["layer"] == "MaxPool2d"][-1]["output"])
    512x3x11
    """
    import torch

    spec = find_spec(model)
    shape = _planes_shape(spec, frame_shape)
    with torch.device("meta"):
        module = built_module(spec).eval()
    rows = _traced(module, shape)
    names = ("layer", "kernel", "stride", "output", "parameters")
    meta = {"name": spec.name, "input": _times(shape), "parameters": _parameters(module)}
    return Table(rows=rows, names=names, meta=meta, dtype=(str, str, str, str, int))


def _planes_shape(spec, frame_shape):
    frame = np.random.default_rng(0).normal(1000, 10, frame_shape).astype(np.float32)
    return spec.planes(frame).shape


def _traced(module, shape):
    import torch

    rows = []
    leaves = [layer for layer in module.modules() if not list(layer.children())]
    hooks = [leaf.register_forward_hook(lambda *call: rows.append(_row(*call))) for leaf in leaves]
    try:
        with torch.inference_mode():
            module(torch.empty((1, *shape), device="meta"))
    finally:
        for hook in hooks:
            hook.remove()
    return rows


def _row(layer, _, output):
    return (
        type(layer).__name__,
        _times(getattr(layer, "kernel_size", ())),
        _times(getattr(layer, "stride", ())),
        _times(output.shape[1:]),
        _parameters(layer),
    )


def _parameters(module):
    return sum(p.numel() for p in module.parameters())


def _times(size):
    size = (size, size) if isinstance(size, int) else size
    return "x".join(str(n) for n in size)
