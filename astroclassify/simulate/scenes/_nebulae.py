"""Nebulae of stars' birth: emission, reflection and dark nebulae; the other kinds by name."""

import numpy as np
import torch

from astroclassify.simulate.scenes import _gas
from astroclassify.simulate.scenes._ionised import emission_gas, ionised_gas
from astroclassify.simulate.scenes._nebula_stars import (
    add_embedded_stars,
    add_exciting_stars,
    add_rich_field,
    temperature,
)
from astroclassify.simulate.scenes._planetaries import planetary
from astroclassify.simulate.scenes._proplyds import add_proplyds
from astroclassify.simulate.scenes._rays import Rays
from astroclassify.simulate.scenes._remnants import bubble, remnant
from astroclassify.simulate.scenes._scene import Scene

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


def emission(body, view, dice):
    """
    Draw an emission nebula with its exciting stars.

    Parameters
    ----------
    body : Body
        The body; its brightness is that of the bright gas in Halpha.
    view : View
        The window.
    dice : Dice
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    rng, unit = dice.rng, body.unit_brightness
    scene = Scene(view, device=dice.device)
    gas = ionised_gas(view, dice)
    high = gas.light * gas.high
    scene.add("hii", (gas.light - high) * unit, dust=gas.dust)
    scene.add("planetary", high * unit, dust=gas.dust)
    scene.add("hii", gas.veil * unit)
    if dice.chance(0.6):
        scattered = (gas.light + 0.3 * gas.veil) * (unit * _gas.V_OF_HALPHA * dice.log_uniform(0.03, 0.5))
        scene.add("blue reflection", scattered, dust=gas.dust)
    add_exciting_stars(scene, body, dice, gas.star, gas.dust)
    number = rng.poisson(dice.log_uniform(20, 400) * min(body.radius, 30) ** 0.5)
    add_embedded_stars(scene, body, dice, gas.star, gas.dust, number=number)
    # The association that the cluster is the youngest part of.
    number = rng.poisson(dice.log_uniform(10, 400) * min(body.radius, 30) ** 0.5)
    strewn = dice.log_uniform(0.5, 1.5)
    add_embedded_stars(scene, body, dice, (0.0, 0.0), gas.dust, number=number, size=strewn)
    if dice.chance(0.5):
        add_proplyds(scene, body, dice, gas.star)
    return scene


def reflection_gas(view, dice):
    """
    Draw dust lit by stars.

    Parameters
    ----------
    view : View
        The window.
    dice : Dice
        Source of randomness.

    Returns
    -------
    torch.Tensor
        Surface brightness, the bright part about 1.
    """
    light, depth = _lit_dust(view, dice, dice.rng.normal(0, 0.3, (2, dice.rng.integers(1, 5))))
    return light * torch.exp(-depth)


def _lit_dust(view, dice, stars):
    """Light scattered by dust, and the optical depth of the clouds before it."""
    rng = dice.rng
    dust, light = torch.exp(_wisps(view, dice, stars)), torch.zeros(view.shape, device=dice.device)
    shadowed = dice.chance(0.7)
    for number, star in enumerate(stars.T[:6]):
        rays = Rays(view, tuple(float(c) for c in star), device=dice.device)
        reach = dice.log_uniform(0.03, 0.3) * view.scale
        halo = (1 + (rays.distance / reach).square_()).pow_(-rng.uniform(0.8, 1.5))
        if number == 0 and shadowed:
            steps = rays.along(dust * (dice.log_uniform(0.3, 3) / (reach * 4)))
            halo *= torch.exp(-rays.on_view(rays.column(steps, penumbra=rng.uniform(0.1, 0.4))))
        light += halo * (1.0 if number == 0 else rng.uniform(0.1, 1.0))
    light *= dust
    depth = torch.zeros_like(light)
    if dice.chance(0.7):
        clouds = _gas.clouds(view, dice, cover=rng.uniform(0.1, 0.5), scale=dice.log_uniform(0.2, 1.0))
        depth = clouds * dice.log_uniform(0.5, 5.0)
    return light / _gas.bright_part(light * torch.exp(-depth)), depth


def _wisps(view, dice, stars):
    """Logarithm of the dust's column: sheets, now and then combed by a magnetic field into fibres."""
    rng, (v, u) = dice.rng, view.grid(dice.device)
    away = torch.hypot(v - float(stars[0, 0]), u - float(stars[1, 0])) * view.scale
    sheets = _gas.folds(view, dice, scale=dice.log_uniform(0.2, 1.2), number=2, away=away)
    if dice.chance(0.75):
        cloud = _gas.turbulence(view, dice, slope=rng.uniform(3.2, 4.0), coarse=_gas.coarseness(view))
        return cloud * rng.uniform(0.3, 0.9) + sheets * rng.uniform(0.4, 1.2)
    fibres = _gas.turbulence(view, dice, scale=dice.log_uniform(0.2, 0.8), slope=3.6, stretched=6.0)
    return fibres * rng.uniform(0.2, 0.6) + sheets * rng.uniform(0.3, 0.8)


def reflection(body, view, dice):
    """
    Draw a reflection nebula around its stars.

    Parameters
    ----------
    body : Body
        The body; its brightness is that of the bright dust in V.
    view : View
        The window.
    dice : Dice
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    rng, unit = dice.rng, body.unit_brightness
    scene = Scene(view, device=dice.device)
    stars = rng.normal(0, 0.3, (2, rng.integers(1, 7)))
    light, depth = _lit_dust(view, dice, stars)
    red = rng.uniform(0, 0.4) if dice.chance(0.7) else rng.uniform(0.6, 1.0)
    scene.add("blue reflection", light * (unit * (1 - red)), dust=depth)
    scene.add("red reflection", light * (unit * red), dust=depth)
    magnitude = _lighting_magnitudes(body, dice, stars.shape[1], hot=red < 0.5)
    y, x = view.to_pixels(*stars)
    hot = temperature(magnitude) if red < 0.5 else rng.uniform(3800, 5500, magnitude.size)
    reddening = rng.gamma(2.0, 1.3, magnitude.size)  # those that are pointed at are mostly embedded
    scene.add_stars(y, x, magnitude + body.distance_modulus, hot, extinction=reddening)
    number = rng.poisson(dice.log_uniform(3, 200))
    add_embedded_stars(scene, body, dice, (0.0, 0.0), depth, number=number, size=dice.log_uniform(0.2, 1.0))
    return scene


def _lighting_magnitudes(body, dice, number, *, hot):
    """Absolute magnitudes of stars bright enough for the light that dust scatters, brightest first."""
    scattered = -2.5 * np.log10(body.unit_brightness * body.angular_radius**2 * 0.3)
    needed = scattered - body.distance_modulus - dice.rng.uniform(0.5, 2.5)
    brightest = float(np.clip(needed, -5.5 if hot else -4.0, 2.0))
    return np.sort(brightest + np.append(0.0, dice.rng.exponential(1.5, number - 1)))


def dark(body, view, dice):
    """
    Draw a dark nebula before a rich star field or a glow.

    Parameters
    ----------
    body : Body
        The body; its brightness is that of the glow behind it in V.
    view : View
        The window.
    dice : Dice
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    rng, unit = dice.rng, body.unit_brightness
    scene = Scene(view, device=dice.device)
    depth = _dark_cloud(view, dice)
    glow = torch.exp(_gas.turbulence(view, dice, coarse=_gas.coarseness(view)) * rng.uniform(0.1, 0.5))
    glow = glow * (unit / float(_gas.bright_part(glow)))
    if dice.chance(0.5):  # before the light of an H II region
        gas = torch.exp(_gas.folds(view, dice, scale=dice.log_uniform(0.3, 1.5)) * rng.uniform(0.2, 0.8))
        scene.add("hii", gas * (unit / _gas.V_OF_HALPHA * dice.log_uniform(0.2, 1.0)), dust=depth)
        glow = 0.3 * glow
    scene.add("old", glow, dust=depth)
    # Starlight of the Milky Way that the cloud's outer layers scatter towards us.
    shine = torch.exp(-depth) * (1 - torch.exp(depth * -1.5)) * (unit * dice.log_uniform(0.02, 0.4))
    scene.add("blue reflection", shine)
    add_rich_field(scene, dice, depth, density=dice.log_uniform(5, 150))
    return scene


def _dark_cloud(view, dice):
    """Optical depth in V: an outline, turbulent, with globules and fibres."""
    rng = dice.rng
    v, u = view.grid(dice.device)
    coarse = _gas.turbulence(view, dice, scale=dice.log_uniform(0.3, 1.5), slope=rng.uniform(3.3, 4.2))
    shape = _gas.envelope(v + 0.1 * coarse, u - 0.08 * coarse, dice) - 0.3
    field = coarse * 0.6 + shape * rng.uniform(0.5, 4)
    depth = torch.nn.functional.softplus(field * rng.uniform(0.7, 2.5), beta=dice.log_uniform(1, 4))
    wisps = _gas.folds(view, dice, scale=dice.log_uniform(0.15, 0.8), power=rng.uniform(0.1, 0.4))
    depth = depth * torch.exp(coarse * rng.uniform(0.0, 0.4) + wisps)
    if dice.chance(0.4):
        depth = depth + _gas.globules(view, dice, coarse)
    if dice.chance(0.4):
        depth = depth + _gas.lanes(view, dice) * rng.uniform(0.3, 3)
    return depth.clamp_(0, 12)
