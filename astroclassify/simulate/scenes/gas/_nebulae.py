"""Nebulae of stars' birth: emission, reflection and dark nebulae; the other kinds by name."""

import numpy as np
import torch

from astroclassify.simulate.scenes._scene import Scene
from astroclassify.simulate.scenes.gas import _structure
from astroclassify.simulate.scenes.gas._ionised import emission_gas, ionised_gas
from astroclassify.simulate.scenes.gas._planetaries import planetary
from astroclassify.simulate.scenes.gas._proplyds import add_proplyds
from astroclassify.simulate.scenes.gas._rays import Rays
from astroclassify.simulate.scenes.gas._remnants import bubble, remnant
from astroclassify.simulate.scenes.gas._stars import (
    add_embedded_stars,
    add_exciting_stars,
    add_rich_field,
    temperature,
)

__all__ = [
    "bubble",
    "dark",
    "emission",
    "emission_gas",
    "planetary",
    "reflection",
    "reflection_gas",
    "remnant",
]


def emission(body, view, streams):
    """
    Draw an emission nebula with its exciting stars.

    Parameters
    ----------
    body : Body
        The body; its brightness is that of the bright gas in Halpha.
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
    gas = ionised_gas(view, streams)
    high = gas.light * gas.high
    scene.add("hii", (gas.light - high) * unit, dust=gas.dust)
    scene.add("planetary", high * unit, dust=gas.dust)
    scene.add("hii", gas.veil * unit)
    if streams.chance(0.6):
        scattered = (gas.light + 0.3 * gas.veil) * (
            unit * _structure.V_OF_HALPHA * streams.log_uniform(0.03, 0.5)
        )
        scene.add("blue reflection", scattered, dust=gas.dust)
    add_exciting_stars(scene, body, streams, gas.star, gas.dust)
    number = rng.poisson(streams.log_uniform(20, 400) * min(body.radius, 30) ** 0.5)
    add_embedded_stars(scene, body, streams, gas.star, gas.dust, number=number)
    # The association that the cluster is the youngest part of.
    number = rng.poisson(streams.log_uniform(10, 400) * min(body.radius, 30) ** 0.5)
    strewn = streams.log_uniform(0.5, 1.5)
    add_embedded_stars(scene, body, streams, (0.0, 0.0), gas.dust, number=number, size=strewn)
    if streams.chance(0.5):
        add_proplyds(scene, body, streams, gas.star)
    return scene


def reflection_gas(view, streams):
    """
    Draw dust lit by stars.

    Parameters
    ----------
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    torch.Tensor
        Surface brightness, the bright part about 1.
    """
    light, depth = _lit_dust(view, streams, streams.rng.normal(0, 0.3, (2, streams.rng.integers(1, 5))))
    return light * torch.exp(-depth)


def _lit_dust(view, streams, stars):
    """Light scattered by dust, and the optical depth of the clouds before it."""
    rng = streams.rng
    dust, light = torch.exp(_wisps(view, streams, stars)), torch.zeros(view.shape, device=streams.device)
    shadowed = streams.chance(0.7)
    for number, star in enumerate(stars.T[:6]):
        rays = Rays(view, tuple(float(c) for c in star), device=streams.device)
        reach = streams.log_uniform(0.03, 0.3) * view.scale
        # A star's light falls as 1 / r**2 in space. Projected, with dust before and behind the star, the
        # halo falls as a power of about -1.6 to -3 of the distance on the sky, flat within the reach.
        halo = (1 + (rays.distance / reach).square_()).pow_(-rng.uniform(0.8, 1.5))
        if number == 0 and shadowed:
            # Light that is scattered has first come through the dust between: the star's light dims by
            # exp(-optical depth) along each ray.
            steps = rays.along(dust * (streams.log_uniform(0.3, 3) / (reach * 4)))
            halo *= torch.exp(-rays.on_view(rays.column(steps, penumbra=rng.uniform(0.1, 0.4))))
        light += halo * (1.0 if number == 0 else rng.uniform(0.1, 1.0))
    light *= dust
    depth = torch.zeros_like(light)
    if streams.chance(0.7):
        clouds = _structure.clouds(
            view, streams, cover=rng.uniform(0.1, 0.5), scale=streams.log_uniform(0.2, 1.0)
        )
        depth = clouds * streams.log_uniform(0.5, 5.0)
    return light / _structure.bright_part(light * torch.exp(-depth)), depth


def _wisps(view, streams, stars):
    """Logarithm of the dust's column: sheets, now and then combed by a magnetic field into fibres."""
    rng, (v, u) = streams.rng, view.grid(streams.device)
    away = torch.hypot(v - float(stars[0, 0]), u - float(stars[1, 0])) * view.scale
    sheets = _structure.folds(view, streams, scale=streams.log_uniform(0.2, 1.2), number=2, away=away)
    if streams.chance(0.75):
        cloud = _structure.turbulence(
            view, streams, slope=rng.uniform(3.2, 4.0), coarse=_structure.coarseness(view)
        )
        return cloud * rng.uniform(0.3, 0.9) + sheets * rng.uniform(0.4, 1.2)
    fibres = _structure.turbulence(
        view, streams, scale=streams.log_uniform(0.2, 0.8), slope=3.6, stretched=6.0
    )
    return fibres * rng.uniform(0.2, 0.6) + sheets * rng.uniform(0.3, 0.8)


def reflection(body, view, streams):
    """
    Draw a reflection nebula around its stars.

    Parameters
    ----------
    body : Body
        The body; its brightness is that of the bright dust in V.
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
    stars = rng.normal(0, 0.3, (2, rng.integers(1, 7)))
    light, depth = _lit_dust(view, streams, stars)
    red = rng.uniform(0, 0.4) if streams.chance(0.7) else rng.uniform(0.6, 1.0)
    scene.add("blue reflection", light * (unit * (1 - red)), dust=depth)
    scene.add("red reflection", light * (unit * red), dust=depth)
    magnitude = _lighting_magnitudes(body, streams, stars.shape[1], hot=red < 0.5)
    y, x = view.to_pixels(*stars)
    # Blue nebulae reflect hot main-sequence stars, red ones cool giants (as that of Antares).
    hot = temperature(magnitude) if red < 0.5 else rng.uniform(3800, 5500, magnitude.size)
    reddening = rng.gamma(2.0, 1.3, magnitude.size)  # those that are pointed at are mostly embedded
    scene.add_stars(y, x, magnitude + body.distance_modulus, hot, extinction=reddening)
    number = rng.poisson(streams.log_uniform(3, 200))
    add_embedded_stars(
        scene, body, streams, (0.0, 0.0), depth, number=number, size=streams.log_uniform(0.2, 1.0)
    )
    return scene


def _lighting_magnitudes(body, streams, number, *, hot):
    """Absolute magnitudes of stars bright enough for the light that dust scatters, brightest first."""
    # The star sends out at least the light that its dust scatters, from a solid angle of some 0.3 square
    # radii; of a nebula with an albedo and a covering factor below 1 the star is 0.5 to 2.5 mag brighter.
    scattered = -2.5 * np.log10(body.unit_brightness * body.angular_radius**2 * 0.3)
    needed = scattered - body.distance_modulus - streams.rng.uniform(0.5, 2.5)
    brightest = float(np.clip(needed, -5.5 if hot else -4.0, 2.0))
    return np.sort(brightest + np.append(0.0, streams.rng.exponential(1.5, number - 1)))


def dark(body, view, streams):
    """
    Draw a dark nebula before a rich star field or a glow.

    Parameters
    ----------
    body : Body
        The body; its brightness is that of the glow behind it in V.
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
    depth = _dark_cloud(view, streams)
    glow = torch.exp(
        _structure.turbulence(view, streams, coarse=_structure.coarseness(view)) * rng.uniform(0.1, 0.5)
    )
    glow = glow * (unit / float(_structure.bright_part(glow)))
    if streams.chance(0.5):  # before the light of an H II region
        gas = torch.exp(
            _structure.folds(view, streams, scale=streams.log_uniform(0.3, 1.5)) * rng.uniform(0.2, 0.8)
        )
        scene.add("hii", gas * (unit / _structure.V_OF_HALPHA * streams.log_uniform(0.2, 1.0)), dust=depth)
        glow = 0.3 * glow
    scene.add("old", glow, dust=depth)
    # Starlight of the Milky Way that the cloud's outer layers scatter towards us.
    shine = torch.exp(-depth) * (1 - torch.exp(depth * -1.5)) * (unit * streams.log_uniform(0.02, 0.4))
    scene.add("blue reflection", shine)
    add_rich_field(scene, streams, depth, density=streams.log_uniform(5, 150))
    return scene


def _dark_cloud(view, streams):
    """Optical depth in V: an outline, turbulent, with globules and fibres."""
    rng = streams.rng
    v, u = view.grid(streams.device)
    coarse = _structure.turbulence(
        view, streams, scale=streams.log_uniform(0.3, 1.5), slope=rng.uniform(3.3, 4.2)
    )
    shape = _structure.envelope(v + 0.1 * coarse, u - 0.08 * coarse, streams) - 0.3
    field = coarse * 0.6 + shape * rng.uniform(0.5, 4)
    depth = torch.nn.functional.softplus(field * rng.uniform(0.7, 2.5), beta=streams.log_uniform(1, 4))
    wisps = _structure.folds(view, streams, scale=streams.log_uniform(0.15, 0.8), power=rng.uniform(0.1, 0.4))
    depth = depth * torch.exp(coarse * rng.uniform(0.0, 0.4) + wisps)
    if streams.chance(0.4):
        depth = depth + _structure.globules(view, streams, coarse)
    if streams.chance(0.4):
        depth = depth + _structure.lanes(view, streams) * rng.uniform(0.3, 3)
    return depth.clamp_(0, 12)
