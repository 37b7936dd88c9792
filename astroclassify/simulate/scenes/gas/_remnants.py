"""Gas swept up by blasts and winds: supernova remnants and wind bubbles."""

from dataclasses import dataclass

import numpy as np
import torch

from astroclassify.simulate._textures import enlarge, fractal
from astroclassify.simulate.scenes._scene import Scene
from astroclassify.simulate.scenes._view import turned
from astroclassify.simulate.scenes.gas import _structure
from astroclassify.simulate.scenes.gas._ionised import emission_gas
from astroclassify.simulate.scenes.gas._shells import fold, quadric, uneven


@dataclass
class _Place:
    """Coordinates of a remnant or bubble on the window."""

    v: torch.Tensor
    u: torch.Tensor
    r: torch.Tensor
    bend: torch.Tensor


def remnant(body, view, streams):
    """
    Draw a supernova remnant: sheets, a cage of filaments, knots, or a thin shell.

    Parameters
    ----------
    body : Body
        The body; its brightness is that of its bright filaments in Halpha.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    rng, unit = streams.rng, body.unit_brightness
    scene = Scene(view, device=streams.device)
    grid = _grid(view, streams, flat=rng.uniform(0.7, 1.0), ripple=streams.log_uniform(0.008, 0.06))
    radius = rng.uniform(0.65, 0.95)
    design = rng.choice(["sheets", "cage", "knots", "shell", "turbulent"], p=[0.4, 0.2, 0.1, 0.12, 0.18])
    drawn = {
        "sheets": _sheets,
        "cage": _cage,
        "knots": _knots,
        "shell": _thin_shells,
        "turbulent": _turbulent,
    }[design](view, streams, grid, radius)
    arc = uneven(grid.v, grid.u, rng)
    shocked, oxygen = (light * arc for light in drawn)
    level = _level(shocked + oxygen, grid.r, radius)
    scene.add("remnant", shocked * (unit / level))
    scene.add("planetary", oxygen * (unit / level))
    if streams.chance(0.85 if design == "cage" else 0.2):  # synchrotron light inside
        scene.add("synchrotron", _synchrotron(streams, grid, radius) * (unit * _structure.V_OF_HALPHA))
    if streams.chance(0.5):  # gas of the Galaxy around it
        around = torch.exp(grid.bend * 0.5) * streams.log_uniform(0.003, 0.06)
        scene.add("hii", around * unit)
    return scene


def _grid(view, streams, *, flat, ripple):
    rng = streams.rng
    bend = _structure.turbulence(
        view, streams, scale=0.6, coarse=min(2, _structure.coarseness(view)), slope=rng.uniform(3.8, 5.2)
    )
    v, u = view.grid(streams.device)
    across, along = turned(v, u, rng.uniform(0, np.pi))
    # The window's field has unit variance however small a piece it shows: large pieces ripple more.
    ripple = ripple * min(1.0, max(view.shape) / view.scale)
    r = torch.hypot(across / flat, along) * (1 + ripple * bend)
    return _Place(v, u, r, bend)


def _level(light, r, radius):
    """Brightness of the bright filaments, where the window shows any of the shell."""
    step = max(1, min(light.shape) // 72)
    light, r = light[::step, ::step], r[::step, ::step]
    within = light[r < 1.15 * radius]
    if within.numel() < 200:
        return 1.0
    return max(float(torch.quantile(within, 0.98)), 0.15)


def _smooth_fields(view, streams, place_stretch, number):
    """Smooth fields, long along the limb: the wrinkles of a blast wave."""
    rng = streams.rng
    y, x = view.to_pixels(0.0, 0.0)
    along_limb = np.arctan2((view.shape[0] - 1) / 2 - y, (view.shape[1] - 1) / 2 - x) + np.pi / 2
    coarse = 2 if min(view.shape) > 400 else 1
    shape = tuple(-(-n // coarse) for n in view.shape)
    scale = min(view.scale * streams.log_uniform(0.25, 0.9), 2.0 * max(view.shape)) / coarse
    for _ in range(number):
        yield enlarge(
            fractal(
                shape,
                streams,
                slope=rng.uniform(4.5, 6.0),
                outer_scale=max(scale, 4.0),
                stretch=place_stretch,
                angle=float(along_limb + rng.normal(0, 0.25)),
            ),
            view.shape,
        )


def _sheets(view, streams, grid, radius):
    """Wrinkled sheets near the limb, seen edge-on in long, braided lines."""
    rng = streams.rng
    window = min(0.5, max(view.shape) / 2 / view.scale)  # half its side in body units
    stretch = rng.uniform(1.5, 5.0) if window < 0.4 else rng.uniform(1.0, 1.6)
    one, two = _smooth_fields(view, streams, stretch, 2)
    fine = _structure.turbulence(view, streams, scale=0.3, slope=rng.uniform(3.0, 3.6))
    shocked, oxygen = torch.zeros_like(one), torch.zeros_like(one)
    width = float(np.clip(streams.log_uniform(0.0008, 0.004) * view.scale, 0.6, 2.0))
    nearest, lowest, highest = _radii_in_window(grid.r, radius)
    height = min(window * rng.uniform(0.1, 0.7), radius * rng.uniform(0.02, 0.1))  # of the wrinkles
    steep = float(np.hypot(_structure.steepness(one), 1 / (height * view.scale)))  # per pixel
    turn = rng.uniform(0, 2 * np.pi)
    for number in range(rng.integers(4, 10)):
        turn += rng.normal(0, 0.5)
        innermost = lowest if rng.random() < 0.6 else nearest
        outward = (highest - (highest - innermost) * rng.beta(1, 2) - grid.r) / height
        field = one * float(np.cos(turn)) + two * float(np.sin(turn)) + outward + 0.02 * fine
        own = width * streams.log_uniform(0.6, 2.5)
        tail = min(own * streams.log_uniform(4, 60), 0.06 * radius * view.scale)
        sheet = fold(field / steep, width=own, tail=tail)
        sheet *= torch.sigmoid((two if number % 2 else one) * rng.uniform(-3, 3) + rng.normal(0, 1))
        (oxygen if rng.random() < 0.35 else shocked).add_(sheet, alpha=float(streams.log_uniform(0.1, 1.0)))
    # Faint gas between them, all over the face.
    face = torch.exp(0.6 * grid.bend) * torch.sigmoid((radius - grid.r) / max(0.03, 2 / view.scale))
    shocked.add_(face, alpha=float(streams.log_uniform(0.01, 0.15)))
    texture = torch.exp(0.35 * fine)
    return shocked * texture, oxygen * texture


def _radii_in_window(r, radius):
    """Where sheets can cross the window: from the innermost, or only near the limb, to the outermost."""
    nearest, farthest = (float(c) for c in torch.aminmax(r))
    highest = min(radius, farthest)
    lowest = min(max(nearest, 0.7 * radius), highest) if highest > 0.7 * radius else nearest
    return min(nearest, highest), lowest, highest


def _cage(view, streams, grid, radius):
    """A network of filaments all over the face, like that of a pulsar's nebula."""
    rng = streams.rng
    web = _structure.folds(view, streams, scale=streams.log_uniform(0.25, 0.8), power=0.6)
    light = torch.exp(web * rng.uniform(1.0, 1.8))
    light /= _structure.bright_part(light)
    for _ in range(rng.integers(0, 3)):
        light += _structure.filaments(view, streams, scale=(0.1, 0.6), slope=(4.0, 5.2)) * torch.exp(
            0.5 * web
        )
    face = torch.sigmoid((radius - grid.r) / rng.uniform(0.02, 0.08))
    light = (light + 0.1 * torch.exp(0.6 * grid.bend)) * face
    inner = torch.exp(-((grid.r / radius) ** 2) * 2) * rng.uniform(0.2, 0.9)
    return light * (1 - inner), light * inner


def _knots(view, streams, grid, radius):
    """Ejecta broken into knots and short arcs, in a ring."""
    rng = streams.rng
    fine = _structure.turbulence(
        view, streams, scale=streams.log_uniform(0.05, 0.2), slope=rng.uniform(3.0, 3.6)
    )
    knots = torch.exp((fine - 1.5).clamp_max_(2.0) * rng.uniform(1.5, 2.5))
    patches = torch.exp(1.2 * grid.bend)
    # Ejecta light up where the reverse shock, which runs back into them, has heated them: knots of oxygen
    # and sulphur as in Cassiopeia A.
    ring = torch.exp(-(((grid.r - radius) / rng.uniform(0.05, 0.15)) ** 2))
    filled = rng.uniform(0.02, 0.2) * torch.sigmoid((radius - grid.r) / 0.05)
    light = knots * patches * (ring + filled)
    oxygen = rng.uniform(0.1, 0.8)
    return light * (1 - oxygen), light * oxygen


def _thin_shells(view, streams, grid, radius):
    """One blast wave in thin gas: smooth, rippled shells within a hair of each other."""
    rng, light = streams.rng, 0
    tall = torch.zeros_like(grid.r)
    for _ in range(rng.integers(1, 4)):
        own = radius * (1 - abs(rng.normal(0, 0.03)))
        thin = streams.log_uniform(0.001, 0.01)
        shell = quadric(
            grid.r, tall, waist=own, flare=-1.0, tilt=0.0, thin=thin, reach=9.0, pixel=1 / view.scale
        )
        light = light + shell * rng.uniform(0.4, 1.0)
    light = light * torch.exp(0.25 * grid.bend)
    return light, 0.05 * light


def _turbulent(view, streams, grid, radius):
    """Filaments along the zero crossings of turbulence, in a shell or filling it."""
    rng = streams.rng
    sheets = _structure.folds(view, streams, scale=streams.log_uniform(0.3, 1.2), away=grid.r * -view.scale)
    filaments = torch.exp(sheets * rng.uniform(0.8, 1.6))
    filaments /= _structure.bright_part(filaments)
    if rng.random() < 0.5:
        filaments += _structure.filaments(view, streams, scale=(0.15, 0.8), slope=(3.4, 4.6))
    if rng.random() < 0.5:
        mask = torch.exp(-(((grid.r - radius) / rng.uniform(0.05, 0.2)) ** 2))
        mask = mask + rng.uniform(0.02, 0.3) * (grid.r < radius)
    else:
        mask = torch.sigmoid((radius - grid.r) / rng.uniform(0.02, 0.15))
    light = (filaments + rng.uniform(0, 0.5) * torch.exp(0.6 * grid.bend)) * mask
    oxygen = rng.uniform(0, 0.4)
    return light * (1 - oxygen), light * oxygen


def _synchrotron(streams, grid, radius):
    rng = streams.rng
    glow = torch.exp(-((grid.r / (radius * rng.uniform(0.5, 0.9))) ** 2)) * torch.exp(0.4 * grid.bend)
    return glow * rng.uniform(0.2, 1.5)


def bubble(body, view, streams):
    """
    Draw a wind bubble: a thin, uneven shell around a hot star, in faint gas.

    Parameters
    ----------
    body : Body
        The body; its brightness is that of the bright limb in Halpha.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    rng, unit = streams.rng, body.unit_brightness
    scene = Scene(view, device=streams.device)
    grid = _grid(view, streams, flat=rng.uniform(0.75, 1), ripple=streams.log_uniform(0.004, 0.06))
    radius, thin = rng.uniform(0.6, 0.95), streams.log_uniform(0.002, 0.04)
    shape = {"flare": -1.0, "tilt": 0.0, "reach": 9.0, "pixel": 1 / view.scale}
    tall = torch.zeros_like(grid.r)
    limb = quadric(grid.r, tall, waist=radius, thin=thin, **shape)
    skin = quadric(grid.r, tall, waist=radius * rng.uniform(1.0, 1.05), thin=0.5 * thin, **shape)
    if streams.chance(0.5):  # the swept-up gas breaks into filaments
        broken, _ = _sheets(view, streams, grid, radius)
        limb = limb * rng.uniform(0.3, 1.0) + broken * torch.exp(-(((grid.r / radius - 0.9) / 0.25) ** 2))
    if streams.chance(0.35):  # in the middle of an H II region
        gas = emission_gas(view, streams)
    else:
        sheets = _structure.folds(
            view, streams, scale=streams.log_uniform(0.3, 1.2), away=grid.r * view.scale
        )
        gas = torch.exp(sheets * rng.uniform(0.4, 1.0) - 0.8)
    fine = _structure.folds(
        view, streams, scale=streams.log_uniform(0.1, 0.5), number=2, away=grid.r * view.scale
    )
    limb, skin = (shell * torch.exp(fine * rng.uniform(0.2, 0.9)) for shell in (limb, skin))
    arc = uneven(grid.v, grid.u, rng) * torch.exp(grid.bend * rng.uniform(0.1, 0.5))
    scene.add("hii", (limb * arc + gas * streams.log_uniform(0.01, 0.4)) * unit)
    scene.add("planetary", skin * arc * (unit * rng.uniform(0.0, 0.6)))
    y, x = view.to_pixels([rng.normal(0, 0.2 * radius)], [rng.normal(0, 0.2 * radius)])
    magnitude = rng.uniform(-6.5, -3.0) + body.distance_modulus
    scene.add_stars(y, x, [magnitude], [5e4], extinction=rng.exponential(0.8))
    return scene
