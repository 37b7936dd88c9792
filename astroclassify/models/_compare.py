"""What networks need in memory and arithmetic, beside what the paper printed (its Table 3)."""

import math

from astropy.table import MaskedColumn, Table

from astroclassify.core import check_whole
from astroclassify.models._build import built_module, find_spec
from astroclassify.models._summary import parameters_of, planes_shape, run_on_meta, times

#: Table 3 of arXiv:2312.04948 as printed: input [MiB], model [MiB] and total [GiB] (dict).
TABLE_3 = {
    "alexnet-resize": (1.53, 385.42, 0.44),
    "alexnet": (128.00, 385.42, 6.21),
    "vgg16-bn-resize": (1.53, 904.22, 3.40),
    "vgg16-bn": (128.00, 904.22, 211.14),
    "resnet18-resize": (1.53, 42.62, 0.53),
    "resnet18": (128.00, 42.62, 41.17),
    "hr-celestialnet": (128.00, 370.21, 32.79),
}
_SIZES = ("input_mib", "model_mib", "total_gib")
_BYTES = 4  # of a float32


def compare_models(models=tuple(TABLE_3), *, batch=4):
    """
    Compare the parameters, operations and memory of networks, without allocating them.

    Parameters
    ----------
    models : iterable of str or ModelSpec, optional
        Registered names or specs; by default the seven rows of the paper's Table 3.
    batch : int, default 4
        Frames in a batch; the paper's figures are for 4.

    Returns
    -------
    astropy.table.Table
        One row per model: ``model``; ``input``, the size of one frame's planes; ``parameters``;
        ``gmac``, 10⁹ multiply-accumulations of convolutions and fully connected layers for one
        frame; ``input_mib``, ``model_mib`` and ``total_gib``, float32 sizes of a batch's input, of
        the parameters, and of a training step; beside each of them ``paper_...``, the same as the
        paper printed it, masked where it has none; ``equal``, how many of the three are equal to
        the printed digits.

    Raises
    ------
    ParameterError
        If the batch is not a positive integer.
    UnknownNameError
        If no model has a name.
    PluginError
        If a model cannot be built.

    Notes
    -----
    The total is the estimate of the program that the paper used: ``input + 2 x outputs +
    parameters``, where every layer has an output (as if none worked in place) and so has every
    block of layers that is more than a sequence, such as a residual block. MiB and GiB are
    what the paper calls MB and GB.

    References
    ----------
    .. [1] HR-CelestialNet, arXiv:2312.04948.

    Examples
    --------
    >>> from astroclassify.models import compare_models
    >>> table = compare_models(["resnet18-resize"])
    >>> print(f"{table['model_mib'][0]:.2f} MiB, {table['total_gib'][0]:.2f} GiB")
    42.62 MiB, 0.53 GiB
    """
    check_whole("batch", batch)
    rows = [_row(find_spec(model), batch) for model in models]
    names = ("model", "input", "parameters", "gmac", *_SIZES)
    table = Table(rows=rows, names=names, dtype=(str, str, int, float, float, float, float))
    for number, name in enumerate(_SIZES):
        printed = _printed(table["model"], number, batch)
        table.add_column(printed, name=f"paper_{name}", index=table.index_column(name) + 1)
    table["equal"] = _equal(table)
    for name in table.colnames:
        if table[name].dtype.kind == "f":
            table[name].info.format = ".2f"
    return table


def _row(spec, batch):
    import torch

    shape = planes_shape(spec)
    with torch.device("meta"):
        module = built_module(spec).eval()
    parameters, seen = parameters_of(module), []
    run_on_meta(module, _layers(module), shape, lambda *call: seen.append((_macs(*call), call[2].numel())))
    macs, outputs = (sum(values) for values in zip(*seen, strict=True))
    planes = math.prod(shape)
    total = batch * (planes + 2 * outputs) + parameters
    mib = _BYTES / 2**20
    return (
        spec.name,
        times(shape),
        parameters,
        macs / 1e9,
        batch * planes * mib,
        parameters * mib,
        total * mib / 1024,
    )


def _layers(module):
    """Give what has an output of its own: everything but the whole and mere sequences."""
    from torch import nn

    inner = (layer for layer in module.modules() if layer is not module)
    return [layer for layer in inner if not isinstance(layer, nn.Sequential | nn.ModuleList)]


def _macs(layer, _, output):
    from torch import nn

    if isinstance(layer, nn.Conv2d):
        return output.numel() * layer.weight[0].numel()
    return output.numel() * layer.in_features if isinstance(layer, nn.Linear) else 0


def _printed(names, number, batch):
    rows = [TABLE_3.get(name) if batch == 4 else None for name in names]
    return MaskedColumn([row[number] if row else 0.0 for row in rows], mask=[row is None for row in rows])


def _equal(table):
    counts = [sum(f"{row[n]:.2f}" == f"{row[f'paper_{n}']:.2f}" for n in _SIZES) for row in table.filled(-1)]
    return MaskedColumn(counts, mask=table[f"paper_{_SIZES[0]}"].mask)
