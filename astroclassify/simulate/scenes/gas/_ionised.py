"""The gas of H II regions: turbulent, carved by the light of a star, crossed by dust."""

from dataclasses import dataclass

import numpy as np
import torch

from astroclassify.simulate.scenes.gas import _structure
from astroclassify.simulate.scenes.gas._rays import Front, Rays

#: Extinction in Halpha over that in V (G23, R_V = 3.1).
_DUST_IN_HALPHA = 0.8


@dataclass
class IonisedGas:
    """
    An H II region, drawn.

    Parameters
    ----------
    light : torch.Tensor
        Halpha surface brightness of the gas behind the dust, its bright part about 1.
    veil : torch.Tensor
        The same of the gas before it.
    dust : torch.Tensor
        Optical depth in V between the two.
    high : torch.Tensor
        Part of the light that comes from highly ionised gas, rich in [O III]; 0 to 1.
    star : tuple of float
        Body coordinates (v, u) of the star that ionises it.
    """

    light: torch.Tensor
    veil: torch.Tensor
    dust: torch.Tensor
    high: torch.Tensor
    star: tuple[float, float]


def ionised_gas(view, streams):
    """
    Draw the gas of an H II region.

    Parameters
    ----------
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    IonisedGas
        Maps relative to the bright part.
    """
    rng = streams.rng
    star = tuple(float(c) for c in rng.normal(0, rng.choice([0.22, 0.6]), 2))
    rays = Rays(view, star, device=streams.device, bend=_flow(view, streams))
    slope = rng.uniform(2.9, 4.2)
    field = _structure.turbulence(view, streams, slope=slope)
    contrast = streams.log_uniform(0.15, 0.4 + 0.5 * (slope - 2.9))
    sheets = _structure.folds(view, streams, scale=streams.log_uniform(0.25, 1.8), away=rays.distance)
    # Densities in supersonic turbulence are about lognormal (Vazquez-Semadeni 1994, ApJ 423, 681), and so
    # is the light that a column of them gives.
    light = torch.exp(field * contrast + sheets * rng.uniform(0.4, 1.3))
    if streams.chance(0.7):  # the nearer to the star, the more it is lit
        light = light * (1 + (rays.distance / (streams.log_uniform(0.2, 1.2) * view.scale)) ** 2) ** -0.7
    veil, dust = torch.zeros_like(light), torch.zeros_like(light)
    level = 0.5 * rng.random()
    high = level / (1 + (rays.distance / (rng.uniform(0.15, 0.8) * view.scale)) ** 2)
    if streams.chance(0.7):
        light, veil, dust, high = _carved(view, streams, rays, sheets, light)
    light, dust = _with_dust(view, streams, field, light, dust)
    light = _with_details(view, streams, rays, field, light)
    bright = _structure.bright_part(light * torch.exp(dust * -_DUST_IN_HALPHA) + veil)
    outline = _structure.bent_envelope(view, streams) if streams.chance(0.75) else 1.0
    return IonisedGas(light / bright * outline, veil / bright * outline, dust, high, star)


def _flow(view, streams):
    """Shifts in y and x that bend pillars and fronts."""
    size = streams.log_uniform(0.01, 0.07) * min(*view.shape, view.scale)
    coarse = _structure.coarseness(view)
    return tuple(
        _structure.turbulence(view, streams, scale=0.7, slope=4.0, coarse=coarse) * size for _ in "yx"
    )


def emission_gas(view, streams):
    """
    Draw the gas of an H II region in one map.

    Parameters
    ----------
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    torch.Tensor
        Surface brightness in Halpha, the bright part about 1.
    """
    gas = ionised_gas(view, streams)
    return gas.light * torch.exp(gas.dust * -_DUST_IN_HALPHA) + gas.veil


def _carved(view, streams, rays, sheets, light):
    """Let the star ionise one side of a cloud: front, bright rims, pillars behind clumps, shadow."""
    rng = streams.rng
    cloud = _structure.turbulence(
        view, streams, scale=streams.log_uniform(0.15, 1.2), slope=rng.uniform(3.0, 3.9)
    )
    # The column that the star's photons meet; folds are the sheets that turbulence makes of it.
    density = torch.exp(cloud * rng.uniform(0.4, 1.1) + sheets * rng.uniform(0.0, 0.5))
    number = rng.poisson(rng.choice([0, 4, 12]))
    if number:
        density = density + _trunk_heads(view, streams, cloud, number)
    share = float(rng.uniform(0.35, 0.97))
    front = Front(rays, density, share, power=rng.uniform(0.0, 2.0), penumbra=streams.log_uniform(0.04, 0.4))
    density = front.density.clamp_max(8)
    thickness = max(streams.log_uniform(0.002, 0.03) * view.scale, 1.5)
    rim = front.rim(thickness, width=rng.uniform(0.5, 1.5)) * density.pow(rng.uniform(0.3, 1.2))
    wall = front.rim(6 * thickness, width=2.0)  # gas that streams off the front
    inside = 1 - torch.exp(front.depth.clamp_max(0) / (thickness * streams.log_uniform(0.5, 10)))
    behind = light * (rng.uniform(0.5, 1.0) + rng.uniform(0, 0.8) * wall)
    wisps = torch.exp(sheets * rng.uniform(0.3, 1.0))  # the cloud is made of sheets, too
    # Behind the front gas is neutral, and its dust dark before the light: the depth grows with the column
    # beyond the front.
    dust = inside * density.pow(rng.uniform(0.5, 1.2)) * wisps * streams.log_uniform(0.3, 4.0)
    lit = torch.exp(front.depth.clamp_max(0) / (thickness * streams.log_uniform(5, 50)))
    surface = wisps * lit * streams.log_uniform(0.02, 0.4)  # its skin, lit by what leaks through
    veil = light.sqrt() * rng.uniform(0.05, 0.5) + rim * wisps * streams.log_uniform(0.1, 0.8) + surface
    # O+ needs photons of 35 eV to become O++ (the hydrogen that takes the others needs 13.6): these are
    # used up first, and [O III] is bright near the star.
    high = (1 - front.used * rng.uniform(0.8, 3.0)).clamp_(0, 1) * rng.uniform(0.3, 1.0)
    return behind, veil, dust, high


def _trunk_heads(view, streams, cloud, number):
    """Clumps so dense that light does not get through; the window's share of them."""
    rng = streams.rng
    rows, columns = view.shape
    v, u = view.to_body(rng.uniform(0, rows, number), rng.uniform(0, columns, number))
    sizes = streams.log_uniform(0.012, 0.07, number) * min(1.0, min(view.shape) / view.scale)
    return _structure.clumps(view, streams, np.stack([v, u]), sizes, bend=cloud) * rng.uniform(3, 12)


def _with_dust(view, streams, field, light, dust):
    """Clouds, lanes and globules before the gas."""
    rng = streams.rng
    if streams.chance(0.55):
        cloud = _structure.clouds(view, streams, cover=rng.uniform(0.1, 0.6))
        dust = dust + cloud * streams.log_uniform(0.5, 5.0)
        if streams.chance(0.5):  # light grazes the clouds' edges
            light = light + light * cloud * torch.exp(cloud * -rng.uniform(4, 12)) * rng.uniform(1, 8)
    if streams.chance(0.4):
        dust = dust + _structure.lanes(view, streams) * torch.sigmoid(3 * field) * rng.uniform(0.5, 3.0)
    if streams.chance(0.35):
        dust = dust + _structure.globules(view, streams, field)
    return light, dust


def _with_details(view, streams, rays, field, light):
    """Cavity, filaments, one bright patch, striae along the rays."""
    rng = streams.rng
    if streams.chance(0.3):  # the cavity blown by the cluster
        r = (rays.distance / view.scale + 0.12 * field).abs_() / rng.uniform(0.15, 0.4)
        light = light * (1 - torch.exp(-r.pow(4)) * rng.uniform(0.3, 0.9))
    if streams.chance(0.45):  # thin bright filaments
        threads = _structure.filaments(view, streams, scale=(0.3, 2.0), slope=(3.2, 4.4))
        light = light + light * threads * rng.uniform(0.1, 1.0)
    if streams.chance(0.3):  # the brightest gas, near the star
        r = (rays.distance / view.scale + 0.05 * field).abs_() / rng.uniform(0.03, 0.25)
        light = light + light / (1 + r * r) * rng.uniform(0.5, 4)
    return light
