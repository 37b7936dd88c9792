"""What gas and dust are made of: turbulence, outlines, clumps, lanes."""

import numpy as np
import torch

from astroclassify.simulate._textures import enlarge, fractal
from astroclassify.simulate.scenes._view import turned
from astroclassify.simulate.scenes.gas._shells import fold

#: V light (units of V = 0) that makes as many electrons in a broad band as 1e-15 erg/s/cm2 of Halpha of an
#: H II region: rates of ACS F606W for both, see `response`.
V_OF_HALPHA = 5e-10
_SAMPLES = 64  # on a side, to find a quantile


def turbulence(view, streams, *, scale=None, slope=None, coarse=1, stretched=1.7):
    """
    Draw a Gaussian field like those of turbulent gas.

    Parameters
    ----------
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.
    scale : float, optional
        Outer scale in body units; by default 0.3 to 2.5.
    slope : float, optional
        Of the power spectrum; by default 2.7 to 4.2.
    coarse : int, default 1
        Draw it on pixels so many times as large.
    stretched : float, default 1.7
        Largest elongation of its structures.

    Returns
    -------
    torch.Tensor
        Field of zero mean and unit variance.
    """
    rng = streams.rng
    outer = view.scale / coarse * (scale or streams.log_uniform(0.3, 2.5))
    slope = slope or rng.uniform(2.7, 4.2)
    stretch, angle = streams.log_uniform(1, stretched), rng.uniform(0, np.pi)
    shape = tuple(-(-n // coarse) for n in view.shape)
    field = fractal(shape, streams, slope=slope, outer_scale=max(outer, 2.0), stretch=stretch, angle=angle)
    return field if coarse == 1 else enlarge(field, view.shape)


def coarseness(view):
    """
    Say on how large pixels to draw what has no fine structure.

    Parameters
    ----------
    view : View
        The window.

    Returns
    -------
    int
        1 for small windows.
    """
    return max(1, min(8, min(view.shape) // 80))


def envelope(v, u, streams):
    """
    Draw a smooth outline, an ellipse.

    Parameters
    ----------
    v, u : torch.Tensor
        Body coordinates.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    torch.Tensor
        One in the middle, falling to zero.
    """
    rng = streams.rng
    ratio, angle = rng.uniform(0.4, 1.0), rng.uniform(0, np.pi)
    across, along = turned(v, u, angle)
    r2 = along.square_() + across.div_(ratio).square_()
    size, power = rng.uniform(0.5, 1.1), rng.uniform(1.2, 4.0)
    return (r2 / size**2).pow_(power / 2).neg_().exp_()


def bent_envelope(view, streams):
    """
    Draw an outline that is itself turbulent.

    Parameters
    ----------
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    torch.Tensor
        Zero to one.
    """
    v, u = view.grid(streams.device)
    bend = turbulence(view, streams, scale=1.0, coarse=coarseness(view)) * streams.rng.uniform(0.0, 0.6)
    outline = envelope(v + 0.4 * bend, u - 0.3 * bend, streams)
    faint = streams.log_uniform(0.02, 0.25)  # outlying gas, fading slowly
    return outline * (1 - faint) + faint / (1 + (v * v + u * u) ** 2)


def bright_part(light):
    """
    Say how bright the bright part of a map is.

    Parameters
    ----------
    light : torch.Tensor
        Map.

    Returns
    -------
    torch.Tensor
        The quantile 0.98, above zero.
    """
    step = max(1, min(light.shape) // _SAMPLES)
    return torch.quantile(light[::step, ::step].flatten(), 0.98).clamp_min_(1e-6)


def folds(view, streams, *, scale, slope=(4.4, 5.4), number=3, finer=2.5, power=0.45, away=None):
    """
    Draw a medium made of thin, folded sheets: bright, branching lines, sharp on one side.

    Parameters
    ----------
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.
    scale : float
        Outer scale of the largest sheets, body units.
    slope : tuple of float, default (4.4, 5.4)
        Smallest and largest slope of the power spectrum of their shapes: the steeper, the smoother the lines.
    number : int, default 3
        Generations of sheets.
    finer : float, default 2.5
        How many times smaller each generation is than the last.
    power : float, default 0.45
        Strength of the lines: exponent of the distance from them.
    away : torch.Tensor, optional
        Map that grows away from what lights the sheets, for example a distance: their sharp sides face it.

    Returns
    -------
    torch.Tensor
        Logarithm of the column density, of zero mean.

    Notes
    -----
    A sheet of uniform thickness that is folded in projection has a column density that falls as the inverse
    square root of the distance from the fold, on one side (Whitney's fold); so does the limb of a shell. The
    column is the product over the generations of such lines, along the zero crossings of Gaussian fields:
    a power spectrum of edges (k**-3) with a long bright tail of values, where that of a Gaussian field has
    no lines at all.
    """
    rng = streams.rng
    coarse = 1 + sum(min(view.shape) > side for side in (400, 1000))  # lines of 2 or 3 pixels stay smooth
    column = torch.zeros(view.shape, device=streams.device)
    for generation in range(number):
        own = scale * finer**-generation
        field = turbulence(view, streams, scale=own, slope=rng.uniform(*slope), coarse=coarse, stretched=2.5)
        field += rng.normal(0, 0.5)
        uneven = torch.sigmoid(
            2 * turbulence(view, streams, scale=2 * own, slope=3.6, coarse=coarseness(view))
        )
        column -= _fold_distance(field, away).log_().mul_(uneven).mul_(power * 0.85**generation)
    return column.sub_(column.mean())


def _fold_distance(field, away):
    """Distance from a field's zero crossings, ten times as steep before the fold as behind it."""
    steep = steepness(field)
    if away is None:
        distance = torch.where(field > 0, field * 0.32, field * -3.2)
    else:
        facing = sum(_step(field, axis) * _step(away, axis) for axis in (0, 1))
        facing = facing.mul_(1 / steep).tanh_()  # 1 where the field grows away from the light
        distance = facing.mul_(torch.sign(field)).mul_(-1.15).exp_().mul_(field.abs_())
    return distance.add_(0.7 * steep)


def _step(image, axis):
    """Change to the next pixel; none beyond the last."""
    return torch.diff(image, dim=axis, append=image.narrow(axis, image.shape[axis] - 1, 1))


def clumps(view, streams, positions, sizes, *, bend=None):
    """
    Draw dense, round-ish clumps.

    Parameters
    ----------
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.
    positions : numpy.ndarray
        Body coordinates, shape (2, N).
    sizes : numpy.ndarray
        Radii in body units, shape (N,).
    bend : torch.Tensor, optional
        Field of unit variance that makes their outlines uneven.

    Returns
    -------
    torch.Tensor
        Density: one inside, zero outside.
    """
    density = torch.zeros(view.shape, device=streams.device)
    y, x = view.to_pixels(*positions)
    for cy, cx, size in zip(y, x, np.asarray(sizes) * view.scale, strict=True):
        shape = streams.rng.uniform(0.45, 1.0), streams.rng.uniform(0, np.pi), streams.rng.uniform(2.0, 5.0)
        _add_clump(density, (float(cy), float(cx)), float(max(size, 0.7)), shape, bend)
    return density


def _add_clump(density, centre, size, shape, bend):
    """Add to the window's part within twice the size."""
    ratio, angle, power = shape
    (rows, columns), (cy, cx), reach = density.shape, centre, 2 * size + 2
    top, bottom = (int(np.clip(c, 0, rows)) for c in (cy - reach, cy + reach + 1))
    left, right = (int(np.clip(c, 0, columns)) for c in (cx - reach, cx + reach + 1))
    if bottom <= top or right <= left:
        return
    y = torch.arange(top, bottom, device=density.device, dtype=torch.float32)[:, None] - cy
    x = torch.arange(left, right, device=density.device, dtype=torch.float32)[None, :] - cx
    across, along = turned(y, x, angle)
    r = torch.hypot(along, across / ratio) / size
    if bend is not None:
        own = bend[top:bottom, left:right]
        own = (own - own.mean()) / (own.std(correction=0) + 1e-3)
        uneven = r * (1 + 0.28 * own).clamp_min_(0.35)
    else:
        uneven = r
    # The second factor ends it within the part that is drawn.
    density[top:bottom, left:right] += torch.exp(-uneven.pow(power)) * (1 - (r / 2) ** 2).clamp_min_(0)


def globules(view, streams, bend):
    """
    Draw Bok globules: small, round-ish, nearly opaque; often in a group.

    Parameters
    ----------
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.
    bend : torch.Tensor
        Field of unit variance that makes their outlines uneven.

    Returns
    -------
    torch.Tensor
        Optical depth in V, up to 15.
    """
    rng = streams.rng
    number = 1 + rng.poisson(8)
    rows, columns = view.shape
    y, x = rng.uniform(0, rows), rng.uniform(0, columns)
    spread = rng.uniform(0.05, 0.4) * max(view.shape)
    positions = view.to_body(y + rng.normal(0, spread, number), x + rng.normal(0, spread, number))
    sizes = streams.log_uniform(0.003, 0.03, number) * min(1.0, 2 * min(view.shape) / view.scale)
    return clumps(view, streams, np.stack(positions), sizes, bend=bend).clamp_max_(1.5) * rng.uniform(2, 10)


def lanes(view, streams):
    """
    Draw thin lanes of dust, sharp on one side and fading on the other, broken into pieces.

    Parameters
    ----------
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    torch.Tensor
        Zero to about one.
    """
    rng = streams.rng
    scale, slope = rng.uniform(0.3, 1.5), rng.uniform(3.3, 4.2)
    field = turbulence(view, streams, scale=scale, slope=slope, stretched=3.0)
    width = streams.log_uniform(0.05, 0.3)  # in standard deviations of the field
    pieces = torch.sigmoid(turbulence(view, streams, scale=scale, coarse=coarseness(view)) * 3)
    return torch.exp(torch.where(field > 0, field * (-0.4 / width), field * (1.6 / width))).mul_(pieces)


def clouds(view, streams, *, cover, scale=None):
    """
    Draw dust clouds: none outside them, ever more towards their cores, with wisps and fibres.

    Parameters
    ----------
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.
    cover : float
        Part of the window they cover, about.
    scale : float, optional
        Outer scale in body units; by default 0.2 to 1.

    Returns
    -------
    torch.Tensor
        Column density, about 1 in the typical cloud.
    """
    rng = streams.rng
    field = turbulence(view, streams, scale=scale or rng.uniform(0.2, 1.0), slope=rng.uniform(3.0, 3.9))
    sharpness = streams.log_uniform(1.5, 6)
    above = field - float(np.sqrt(2)) * float(torch.erfinv(torch.tensor(1 - 2 * cover)))
    wisps = folds(view, streams, scale=rng.uniform(0.1, 0.5), number=2, power=rng.uniform(0.1, 0.4))
    return torch.nn.functional.softplus(above, beta=sharpness).mul_(wisps.exp_())


def steepness(field):
    """
    Say how much a field changes from pixel to pixel.

    Parameters
    ----------
    field : torch.Tensor
        Map.

    Returns
    -------
    float
        Root mean square of its gradient, per pixel; above zero.
    """
    part = field[:: max(1, field.shape[0] // 200)]
    if part.shape[1] < 2:
        return 1.0
    return max(float((part[:, 1:] - part[:, :-1]).square().mean()) ** 0.5 * 2**0.5, 1e-6)


def filaments(view, streams, *, scale, slope):
    """
    Draw thin filaments along the zero crossings of turbulence, sharp on one side, broken into pieces.

    Parameters
    ----------
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.
    scale : tuple of float
        Smallest and largest outer scale, body units.
    slope : tuple of float
        Smallest and largest slope of the power spectrum: the steeper, the smoother the lines.

    Returns
    -------
    torch.Tensor
        Zero to one.
    """
    rng = streams.rng
    field = turbulence(view, streams, scale=streams.log_uniform(*scale), slope=rng.uniform(*slope))
    width = float(np.clip(streams.log_uniform(0.001, 0.005) * view.scale, 0.7, 3.0))
    light = fold(field / steepness(field), width=width, tail=width * streams.log_uniform(2, 25))
    pieces = turbulence(view, streams, scale=0.4, slope=3.4, coarse=coarseness(view))
    return light * torch.sigmoid(pieces * 3 - 0.5) * rng.uniform(0.4, 1.0)


def paste(canvas, y, x, patches):
    """
    Add small images to a large one.

    Parameters
    ----------
    canvas : torch.Tensor
        Image, changed in place.
    y, x : numpy.ndarray
        Pixels of the patches' middles, integers; shape (N,).
    patches : torch.Tensor
        Images with odd sides, shape (N, H, W); what falls outside is dropped.
    """
    number, height, width = patches.shape
    rows, columns = canvas.shape
    device = canvas.device
    py = torch.as_tensor(y, device=device).long()[:, None, None]
    px = torch.as_tensor(x, device=device).long()[:, None, None]
    py = py + (torch.arange(height, device=device) - height // 2)[:, None]
    px = px + (torch.arange(width, device=device) - width // 2)
    inside = (py >= 0) & (py < rows) & (px >= 0) & (px < columns)
    index = (py.clamp(0, rows - 1) * columns + px.clamp(0, columns - 1)).expand(number, height, width)
    canvas.view(-1).index_add_(0, index.reshape(-1), (patches * inside).reshape(-1))
