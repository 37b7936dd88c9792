"""Planetary nebulae: shells, hourglasses, rings, ansae, haloes, knots, and the hot star that lights them."""

from functools import partial

import numpy as np
import torch

from astroclassify.simulate.scenes._scene import Scene
from astroclassify.simulate.scenes._view import turned
from astroclassify.simulate.scenes.gas import _structure
from astroclassify.simulate.scenes.gas._proplyds import tear_drops
from astroclassify.simulate.scenes.gas._shells import ansae, lobed_shell, quadric, spokes, uneven

_WHOLE = 72  # pixels on a side of the small picture of the whole, to find how bright it is
_MOST_KNOTS = 400


def planetary(body, view, streams):
    """
    Draw a planetary nebula with its central star.

    Parameters
    ----------
    body : Body
        The body; its brightness is that of its bright parts in Halpha.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.

    Notes
    -----
    The inside is rich in [O III], the outside and the knots in lines of low ionisation.
    """
    rng, unit = streams.rng, body.unit_brightness
    scene = Scene(view, device=streams.device)
    smooth = _structure.turbulence(
        view, streams, scale=0.5, slope=rng.uniform(4.0, 5.5), coarse=min(2, _structure.coarseness(view))
    )
    v, u = view.grid(streams.device)
    # The window's field has unit variance however small a piece it shows: large pieces ripple more.
    swell = 1 + smooth * (streams.log_uniform(0.006, 0.08) * min(1.0, max(view.shape) / view.scale))
    swell = swell * _bulges(v, u, rng)
    parts = _parts(rng)
    level = _brightness(parts, streams.device)
    maps = {}
    for spectrum, weight, shape in parts:
        light = shape(v * swell, u * swell, pixel=1 / view.scale) * (weight / level)
        maps[spectrum] = maps[spectrum] + light if spectrum in maps else light
    modulation = _modulation(view, streams, smooth)
    for spectrum, light in maps.items():
        scene.add(spectrum, light * modulation * unit)
    halo = _halo(v, u, rng)
    if streams.chance(0.5):
        sheets = _structure.folds(view, streams, scale=0.4, number=2, away=torch.hypot(v, u) * -view.scale)
        halo = halo * torch.exp(sheets * rng.uniform(0.3, 1.2))
    scene.add("hii", halo * unit)
    if streams.chance(0.45):
        _add_knots(scene, body, streams)
    _add_central_star(scene, body, streams)
    return scene


def _parts(rng):
    """Spectrum, weight and shape, a function of v, u and the pixel size, of each part."""
    design = rng.choice(["lobed", "ellipsoids", "hourglass", "bubbles"], p=[0.25, 0.38, 0.2, 0.17])
    parts = {"lobed": _lobed, "ellipsoids": _ellipsoids, "hourglass": _hourglass, "bubbles": _bubbles}[
        design
    ](rng)
    if rng.random() < 0.25:
        parts.append(("remnant", rng.uniform(0.2, 0.8), _seeded(_as_ansae, rng)))
    return parts


def _seeded(shape, rng):
    """The same shape on every grid."""
    return partial(shape, seed=int(rng.integers(2**31)))


def _as_ansae(v, u, *, pixel, seed):
    return ansae(v, u, np.random.default_rng(seed))


def _as_lobed_shell(v, u, *, pixel, seed):
    return lobed_shell(torch.hypot(v, u), torch.atan2(v, u), np.random.default_rng(seed))


def _lobed(rng):
    spectra = ["planetary", "planetary", "hii", "remnant"]
    return [
        (spectra[rng.integers(4)], rng.uniform(0.3, 1.0), _seeded(_as_lobed_shell, rng))
        for _ in range(rng.integers(1, 4))
    ]


def _on_axis(v, u, *, pixel, angle, **shape):
    """A shell of revolution whose projected axis has a direction."""
    across, along = turned(v, u, angle)
    return quadric(along, across, pixel=pixel, **shape)


def _filled(v, u, *, pixel, angle, waist, ratio):
    """Thin gas that fills an ellipse."""
    across, along = turned(v, u, angle)
    r2 = (along / waist).square_() + (across / (waist * ratio)).square_()
    # The path through a sphere of uniform gas is 2 sqrt(1 - r**2): thin gas shines as the path is long.
    return (1 - r2).clamp_min_(0).sqrt_()


def _thick(v, u, *, pixel, angle, waist, ratio, inner, soft, empty, fade):
    """Thick shell of an ellipsoid, dense at its equator: a broad bright ring, dim at the poles and within."""
    across, along = turned(v, u, angle)
    r2 = (along / waist).square_() + (across / (waist * ratio)).square_()
    # The path through a ball less that through the hole in it: brightest where the line of sight just
    # misses the hole, at r = inner. The last factor makes that 1.
    ring = (1 - r2).clamp_min_(0).pow_(soft) - empty * (1 - r2 / inner**2).clamp_min_(0).pow_(soft)
    return ring.mul_(torch.exp(across.abs_().mul_(-1 / (fade * waist * ratio)))).mul_((1 - inner**2) ** -soft)


def _ellipsoids(rng):
    """Nested shells, the outer fainter, older and less ionised."""
    angle, tilt, parts = rng.uniform(0, np.pi), rng.uniform(-1.2, 1.2), []
    size, ratio = rng.uniform(0.2, 0.6), rng.uniform(1.0, 2.0)
    for number in range(rng.integers(1, 4)):
        spectrum = ("planetary", "hii", "remnant")[number]
        weight = rng.uniform(0.6, 1.0) * rng.uniform(0.1, 0.45) ** number
        # Length of the projected axis of the tilted spheroid, over that of its equator.
        height = ratio * abs(np.cos(tilt)) + abs(np.sin(tilt))
        orientation = {"angle": angle, "waist": size}
        parts.append((spectrum, weight, _ellipsoid(rng, orientation, ratio, tilt, height)))
        if rng.random() < 0.5:
            filled = partial(_filled, ratio=height, **orientation)
            parts.append(("planetary", weight * rng.uniform(0.02, 0.4), filled))
        size, ratio = min(size * rng.uniform(1.15, 1.9), 1.0), max(1.0, ratio * rng.uniform(0.6, 1.1))
        angle += rng.normal(0, 0.15)
    return parts


def _ellipsoid(rng, orientation, ratio, tilt, height):
    """One shell, thick or thin."""
    if rng.random() < 0.7:
        ring = {
            "inner": rng.uniform(0.45, 0.9),
            "soft": rng.uniform(0.6, 2.0),
            "empty": rng.uniform(0.7, 1.0),
        }
        return partial(
            _thick, ratio=height, fade=rng.choice([9.0, rng.uniform(0.3, 1.5)]), **ring, **orientation
        )
    shape = {
        "flare": -1 / ratio**2,
        "tilt": tilt,
        "reach": 9.0,
        "fade": rng.choice([9.0, rng.uniform(0.2, 1.0)]),
    }
    return partial(
        _on_axis, thin=float(np.exp(rng.uniform(np.log(0.003), np.log(0.2)))), **shape, **orientation
    )


def _hourglass(rng):
    """One or two bipolar flows and the bright waist between them."""
    angle, tilt, parts = rng.uniform(0, np.pi), rng.uniform(-0.9, 0.9), []
    waist = rng.uniform(0.06, 0.3)
    for number in range(rng.choice([1, 1, 2])):
        shape = {
            "waist": waist * rng.uniform(0.5, 1.0) ** number,
            "flare": rng.uniform(0.03, 0.7),
            "tilt": tilt,
            "thin": rng.uniform(0.005, 0.2),
            "reach": rng.uniform(0.35, 1.0),
            "fade": rng.uniform(0.2, 1.0),
        }
        spectrum = rng.choice(["remnant", "hii", "planetary"])
        parts.append((str(spectrum), rng.uniform(0.5, 1.0), partial(_on_axis, angle=angle, **shape)))
        parts.append(("planetary", rng.uniform(0.1, 1.0), partial(_core, size=waist * rng.uniform(0.5, 2))))
        angle, tilt = angle + rng.normal(0, 0.4), tilt + rng.normal(0, 0.3)
    if rng.random() < 0.6:  # the torus, a flat spheroid
        torus = {"waist": waist, "flare": -rng.uniform(3, 12), "tilt": tilt, "thin": 0.2, "reach": 9.0}
        parts.append(("planetary", rng.uniform(0.5, 2.0), partial(_on_axis, angle=angle, **torus)))
    return parts


def _off_axis(v, u, *, pixel, angle, shift, **shape):
    """A shell whose middle stands off the star, along its axis."""
    dv, du = shift * np.cos(angle), -shift * np.sin(angle)
    return _on_axis(v - float(dv), u - float(du), pixel=pixel, angle=angle, **shape)


def _bubbles(rng):
    """Two closed lobes that meet at the star, perhaps with smaller ones inside."""
    angle, tilt, parts = rng.uniform(0, np.pi), rng.uniform(-1.0, 1.0), []
    waist, length = rng.uniform(0.12, 0.4), rng.uniform(0.3, 0.5)
    for number in range(rng.integers(1, 3)):
        shape = {"waist": waist, "flare": -((waist / length) ** 2), "tilt": tilt, "reach": 9.0}
        shape |= {"thin": float(np.exp(rng.uniform(np.log(0.005), np.log(0.1)))), "angle": angle}
        spectrum, weight = ("hii", "planetary")[number], rng.uniform(0.5, 1.0)
        for side in (-1, 1):
            shift = side * length * rng.uniform(0.8, 1.0) * np.cos(tilt)
            parts.append((spectrum, weight * rng.uniform(0.7, 1.0), partial(_off_axis, shift=shift, **shape)))
        waist, length = waist * rng.uniform(0.4, 0.9), length * rng.uniform(0.4, 0.9)
        angle += rng.normal(0, 0.2)
    parts.append(("planetary", rng.uniform(0.3, 2.0), partial(_core, size=rng.uniform(0.03, 0.2))))
    return parts


def _core(v, u, *, pixel, size):
    """Light that falls off from the middle: what is near the star is brightest."""
    return (1 + (v * v + u * u) / size**2).pow_(-1.5)


def _brightness(parts, device):
    """Surface brightness of the bright part of the whole nebula."""
    side = torch.linspace(-1, 1, _WHOLE, device=device)
    v, u = side[:, None].expand(_WHOLE, _WHOLE), side[None, :].expand(_WHOLE, _WHOLE)
    light = sum(weight * shape(v, u, pixel=2 / _WHOLE) for _, weight, shape in parts)
    return max(float(torch.quantile(light[light > 0.02 * light.max()], 0.9)), 1e-6)


def _bulges(v, u, rng):
    """Stretch of the coordinates that makes outlines bulge here and there: no shell is an ellipse."""
    angle, stretch = torch.atan2(v, u), 1.0
    for lobes in range(2, 8):
        strength = rng.normal(0, 0.09) / lobes
        stretch = stretch + strength * torch.cos(lobes * angle + rng.uniform(0, 2 * np.pi))
    return stretch


def _modulation(view, streams, smooth):
    """Broken limbs, sheets, filaments and rays."""
    rng, (v, u) = streams.rng, view.grid(streams.device)
    sheets = _structure.folds(
        view, streams, scale=streams.log_uniform(0.1, 0.6), power=0.4, away=torch.hypot(v, u) * view.scale
    )
    light = torch.exp(sheets * rng.choice([0.15, 0.4, rng.uniform(0.4, 1.3)]))
    if streams.chance(0.6):  # a limb that is bright here and broken there
        light = light * torch.exp(smooth * rng.uniform(0.1, 0.7)) * uneven(v, u, rng) ** rng.uniform(0.2, 0.8)
    if streams.chance(0.3):  # radial knots and rays
        rays = spokes(v, u, streams, bend=0.04 * smooth, number=int(streams.log_uniform(30, 400)))
        light = light * torch.exp(rays * streams.log_uniform(0.05, 0.3))
    if streams.chance(0.3):  # a web of filaments
        web = _structure.filaments(view, streams, scale=(0.1, 0.5), slope=(3.6, 4.8))
        light = light * (1 + web * rng.uniform(0.2, 1.5))
    return light


def _halo(v, u, rng):
    """Faint gas lost earlier; now and then in regular arcs, one for each pulse of the star."""
    r = torch.hypot(v, u)
    strength = np.exp(rng.uniform(np.log(0.001), np.log(0.1)))
    halo = strength / (1 + (r / rng.uniform(0.3, 0.9)) ** rng.uniform(2.5, 5))
    if rng.random() < 0.3:
        spacing = rng.uniform(0.05, 0.15)
        # A saw-tooth in r: each arc has a sharp inner edge and fades outwards, as those around NGC 6543
        # (Balick et al. 2001, AJ 121, 354).
        arcs = (r / spacing + rng.uniform(0, 1)).frac_()
        halo = halo * (1 + rng.uniform(0.3, 1.5) * torch.exp(-5 * arcs) * torch.exp(-r))
    return halo


def _add_knots(scene, body, streams):
    """Cometary knots: dense heads, bright towards the star and dark within, with tails away from it."""
    rng, view = streams.rng, scene.view
    number = int(streams.log_uniform(30, _MOST_KNOTS))
    inner, outer = np.sort(rng.uniform(0.2, 0.8, 2))
    radius = rng.uniform(inner, outer, number) * rng.lognormal(0, 0.08, number)
    theta = rng.uniform(0, 2 * np.pi, number)
    sizes = np.clip(streams.log_uniform(0.002, 0.008, number) * view.scale, 0.7, 10.0)
    y0, x0 = view.to_pixels(0.0, 0.0)
    y, x = view.to_pixels(radius * np.sin(theta), radius * np.cos(theta))
    seen = (y > 0) & (y < view.shape[0]) & (x > 0) & (x < view.shape[1]) & (sizes < 0.06 * view.scale)
    if not seen.any():
        return
    y, x, sizes = y[seen], x[seen], sizes[seen]
    middle_y, middle_x = np.round(y), np.round(x)
    bright, dark = tear_drops(
        y - middle_y, x - middle_x, np.arctan2(y0 - y, x0 - x), sizes, device=scene.device
    )
    light, dust = (torch.zeros(view.shape, device=scene.device) for _ in range(2))
    strength = torch.as_tensor(rng.uniform(0.2, 1.0, sizes.size), device=scene.device).float()
    _structure.paste(light, middle_y, middle_x, bright * strength[:, None, None])
    if streams.chance(0.5):
        _structure.paste(dust, middle_y, middle_x, dark * 0.25)
        scene.screen(dust)
    scene.add("remnant", light * (body.unit_brightness * rng.uniform(0.1, 0.8)))


def _add_central_star(scene, body, streams):
    """Between 60000 and 100000 K; absolute magnitudes from 8 (old and faint) to 0."""
    rng = streams.rng
    magnitude = float(np.clip(rng.uniform(0, 7) + body.distance_modulus, 12.0, 19.0))
    y, x = scene.view.to_pixels([0.0], [0.0])
    scene.add_stars(y, x, [magnitude], [rng.uniform(6e4, 1e5)], extinction=rng.exponential(0.3))
    if streams.chance(0.1):  # a companion
        dv, du = rng.normal(0, 0.01, 2)
        scene.add_stars(*scene.view.to_pixels([dv], [du]), [magnitude + rng.uniform(-1, 3)], [5500.0])
