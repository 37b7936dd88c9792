"""Wings of bright stars beyond the box of the point-spread function: halo and diffraction spikes.

Diffraction by a round mirror falls as r**-3: the Airy pattern is (2 J1(x) / x)**2, and the square of the
Bessel function falls as 1 / x. Light diffracted by the straight edges of the vanes stays on a line across
each and falls more slowly. Here spikes are drawn as a multiple of the halo, which is how they look on deep
exposures; the multiple and their width are chosen by us (``docs/sources.rst``).
"""

import numpy as np
import torch

#: Radius that wings reach to, arcseconds.
REACH = 30.0
#: Brightness (electrons per second and pixel) at the box's edge from which on a star gets wings.
WING_LEVEL = 0.002
#: Radii between which the halo's level is measured, and from which on wings are added, arcseconds.
_MEASURED, _START = (2.2, 3.4), 3.5
#: Peak of a spike over the halo at the same radius, and its width, arcseconds rms.
_SPIKE, _SPIKE_WIDTH = 8.0, 0.09


def wing_limit(psf):
    """
    Give the flux from which on a star's wings can be seen.

    Parameters
    ----------
    psf : PointSpread
        The point-spread function.

    Returns
    -------
    float
        Electrons per second.
    """
    level, _ = _profile(psf)
    return WING_LEVEL / (level / (psf.pixels / 2 * psf.pixel_scale) ** 3)


def wings(psf, factor):
    """
    Draw the wings of a point of unit flux.

    Parameters
    ----------
    psf : PointSpread
        The point-spread function.
    factor : int
        Detector pixels on a side of a coarse one.

    Returns
    -------
    torch.Tensor
        Share of the light in a *detector* pixel, on coarse pixels, over what is in the box already; its
        centre at [0, 0] with wrap-around, ``REACH`` to each side.
    """
    return psf.kept(("wings", factor), lambda: _make_wings(psf, factor))


def _make_wings(psf, factor):
    level, mean = _profile(psf)
    step = psf.pixel_scale * factor
    n = 2 * int(REACH / step)
    x = torch.fft.fftfreq(n, d=1 / (n * step), dtype=torch.float64, device=psf.device)
    y = x[:, None]
    r = torch.hypot(y, x).clamp_min(step)
    inside = torch.as_tensor(np.interp(r.cpu().numpy(), *mean, right=0.0), device=psf.device)
    missing = (level / r**3 - inside).clamp_min(0) * (r > _START)
    grown = ((r - _START) / 2).clamp(0, 1)
    for angle in psf.vanes:
        along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
        spike = torch.exp(-0.5 * (across / _SPIKE_WIDTH) ** 2) * (along.abs() > _START)
        missing += _SPIKE / 2 * grown * level / r**3 * spike  # opposite vanes share a line
    end = ((REACH - r) / (0.2 * REACH)).clamp(0, 1)
    return (missing * end).float()


def _profile(psf):
    return psf.kept(("profile",), lambda: _measured_profile(psf))


def _measured_profile(psf):
    """The halo's level at 1 arcsecond, if it fell as r**-3, and the mean profile (radii, light)."""
    image = psf.image().double().cpu().numpy()
    n = image.shape[0]
    offset = np.arange(n) - n // 2
    rings = np.round(np.hypot(offset[:, None], offset)).astype(int)
    mean = np.bincount(rings.ravel(), image.ravel()) / np.bincount(rings.ravel())
    radius = np.arange(mean.size) * psf.pixel_scale
    measured = (radius > _MEASURED[0]) & (radius < _MEASURED[1])
    return float((mean * radius**3)[measured].mean()), (radius, np.clip(mean, 0, None))
