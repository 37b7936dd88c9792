"""How galaxies shine: profiles, textures wound along spirals, and the graininess of their stars."""

import numpy as np
import torch
from scipy import special
from scipy.fft import next_fast_len

from astroclassify.simulate.scenes._view import turned

#: Logarithmic radius below which wound textures repeat: exp(-2 pi), far inside any bulge.
_TURN = 2 * np.pi
#: Absolute V magnitude of a population's mean star, weighted by light; schematic.
_FLUCTUATION_MAGNITUDE = 0.3


def sersic(r, effective_radius, index):
    """
    Evaluate a Sersic profile normalised to one at the effective radius.

    Parameters
    ----------
    r : torch.Tensor
        Elliptical radius, 0 or more.
    effective_radius : float
        Radius of half the light, same unit.
    index : float
        Sersic index n.

    Returns
    -------
    torch.Tensor
        Surface brightness.
    """
    # I(r) = exp(-b ((r / r_e)**(1/n) - 1)) holds half of its light within r_e. With t = b (r /
    # r_e)**(1/n) the light within r is the incomplete gamma function P(2n, t), so that b is where P is
    # one half.
    b = float(special.gammaincinv(2 * index, 0.5))
    return torch.exp((r / effective_radius).pow_(1 / index).sub_(1).mul_(-b))


def sersic_light(effective_radius, index, *, axis_ratio=1.0):
    """
    Give all the light of a Sersic profile that is one at its effective radius.

    Parameters
    ----------
    effective_radius : float
        Radius of half the light along the major axis.
    index : float
        Sersic index n.
    axis_ratio : float, default 1
        Minor over major axis.

    Returns
    -------
    float
        Light, in the profile's unit times the square of the radius' unit.
    """
    b = special.gammaincinv(2 * index, 0.5)
    # The integral of exp(-b ((r / r_e)**(1/n) - 1)) 2 pi r dr with the same t: r**2 is r_e**2 (t /
    # b)**(2n), which leaves n exp(b) b**(-2n) Gamma(2n) (Graham & Driver 2005, PASA 22, 118).
    shape = index * np.exp(b) * b ** (-2 * index) * special.gamma(2 * index)
    return float(2 * np.pi * axis_ratio * effective_radius**2 * shape)


def ellipse(v, u, axis_ratio, *, angle=0.0, softening=0.0):
    """
    Give the elliptical radius.

    Parameters
    ----------
    v, u : torch.Tensor
        Coordinates.
    axis_ratio : float
        Minor over major axis.
    angle : float, default 0
        Direction of the major axis from u towards v, radians.
    softening : float, default 0
        Added to the radius in squares.

    Returns
    -------
    torch.Tensor
        Radius along the major axis.
    """
    across, along = turned(v, u, angle) if angle else (v, u)
    return (along.square() + (across / axis_ratio).square() + softening**2).sqrt_()


def smooth_edge(x):
    """
    Fade from 1 to 0 at an edge, by the logistic function: one at large values, nothing at small ones.

    Parameters
    ----------
    x : torch.Tensor
        Any values.

    Returns
    -------
    torch.Tensor
        ``1 / (1 + exp(-x))``.
    """
    return torch.sigmoid(x)


def lognormal(field, strength):
    """
    Turn a Gaussian field into a positive factor of unit mean.

    Parameters
    ----------
    field : torch.Tensor
        Zero mean, unit variance.
    strength : float
        Standard deviation of the logarithm.

    Returns
    -------
    torch.Tensor
        The factor.
    """
    # The mean of exp(s x) of a unit normal x is exp(s**2 / 2): taking that off keeps the light.
    return (field * strength).sub_(strength**2 / 2).exp_()


def star_fluctuations(canvas, light):
    """
    Give the graininess that smooth light has from the stars it is made of.

    Parameters
    ----------
    canvas : Canvas
        Where it is; the nearer, the grainier.
    light : torch.Tensor
        Surface brightness on the view's pixels.

    Returns
    -------
    torch.Tensor or float
        Factor of unit mean and of the right variance from pixel to pixel; one where it hardly shows.

    References
    ----------
    Tonry & Schneider (1988), AJ 96, 807: surface brightness fluctuations.
    """
    star = canvas.flux(_FLUCTUATION_MAGNITUDE) / canvas.view.pixel_area
    if star / canvas.unit < 1e-3:
        return 1.0
    # A pixel holds N = light / star stars on average, so that its variance relative to its mean squared
    # is 1 / N. A lognormal factor exp(s x - s**2 / 2) has the variance exp(s**2) - 1: s**2 = ln(1 + 1 /
    # N).
    spread = (star / (light + 1e-3 * star)).clamp_(max=15.0).log1p_()
    noise = canvas.streams.normal(light.shape)
    return noise.mul_(spread.sqrt()).sub_(spread, alpha=0.5).exp_()


def wound_textures(canvas, ln_r, azimuth, recipes, *, foreshortening=1.0):
    """
    Draw turbulent fields in (azimuth, ln r), which lie along logarithmic spirals.

    The mapping is conformal: structures grow with the radius and keep their shape.

    Parameters
    ----------
    canvas : Canvas
        Where they are.
    ln_r, azimuth : torch.Tensor
        Logarithm of the radius in the galaxy's plane, azimuth in radians.
    recipes : sequence of tuple
        Slope, largest structures (radians), elongation and direction (pitch, radians), two fields for each.
    foreshortening : float, default 1
        Cosine of the inclination.

    Returns
    -------
    tuple of torch.Tensor
        Fields of about zero mean and unit variance, two for each recipe.
    """
    repeats = _repeats(canvas.view, foreshortening)
    side = next_fast_len(int(np.clip(max(ln_r.shape) - 64, 96, 1024)))
    tiles = [_tiles(canvas.streams, side, repeats, *recipe) for recipe in recipes]
    # In (azimuth, ln r) a step of the same size in either means the same length on the sky, r times it:
    # angles are kept, so that round clouds stay round, and a spiral is a straight line.
    tile = torch.cat(tiles)
    tile = torch.nn.functional.pad(tile[None], (0, 1, 0, 1), mode="circular")
    positions = torch.stack([azimuth, ln_r], dim=-1).mul_(repeats / _TURN)
    positions = positions.sub_(positions.floor()).mul_(2).sub_(1)
    fields = torch.nn.functional.grid_sample(tile, positions[None], align_corners=True)
    return tuple(fields[0])


def _repeats(view, foreshortening):
    """How often textures may repeat in 2 pi without the view seeing it."""
    away = float(np.hypot(view.centre[0] / foreshortening, view.centre[1]))
    half = 0.5 * float(np.hypot(*view.shape)) / view.scale / foreshortening
    if half > 0.6 * away:
        return 1
    # A window of this half diagonal at this distance from the centre spans 2 arcsin(half / away) in
    # azimuth, and the logarithm of farthest over nearest in ln r.
    seen = max(2 * np.arcsin(half / away), np.log((away + half) / (away - half)))
    return int(np.clip(_TURN / (1.1 * seen), 1, 64))


def _tiles(streams, side, repeats, slope, outer_scale, stretch, direction):
    """Two periodic fields of unit variance, elongated along a direction."""
    ky = torch.fft.fftfreq(side, device=streams.device)[:, None]
    kx = torch.fft.fftfreq(side, device=streams.device)[None, :]
    across, along = turned(ky, kx, direction)
    outer = outer_scale * side * repeats / _TURN
    k2 = along**2 * stretch + across**2 / stretch + outer**-2
    field = torch.fft.ifft2(
        torch.view_as_complex(streams.normal((side, side, 2))) * torch.exp(torch.log(k2) * (-slope / 4))
    )
    field = torch.stack([field.real, field.imag])
    field = field - field.mean(dim=(1, 2), keepdim=True)
    return field / field.std(dim=(1, 2), keepdim=True)
