"""Charge collected during an exposure: photo-electrons, dark current, cosmic rays, satellite trails."""

import numpy as np
import torch
from astropy import units as u

from astroclassify.core import ParameterError, checked, rules
from astroclassify.instruments import Instrument
from astroclassify.simulate._random_streams import RandomStreams
from astroclassify.simulate._rules import SECONDS, tensor
from astroclassify.simulate.detector._charge import bleed
from astroclassify.simulate.detector._chip import ChipWindow, add_flash, flat_field, hot_pixels
from astroclassify.simulate.detector._cosmic_rays import add_cosmic_rays, pixel_size
from astroclassify.simulate.detector._effects import Effects

# A satellite's trail: FWHM in pixels, electrons per pixel in its middle. A satellite is out of focus: at
# 1000 km the 2.4 m mirror spans 0.5 arcseconds, ten pixels of ACS, at 5000 km two. Ranges recalled from
# frames (docs/sources.rst). A trail is as bright in short exposures as in long ones: it crosses a pixel in no
# time.
_TRAIL_WIDTHS = (2.0, 10.0)
_TRAIL_PEAKS = (10.0, 1000.0)


@checked(
    rate=tensor,
    camera=rules.instance(Instrument),
    exptime=SECONDS,
    effects=rules.instance(Effects),
    streams=rules.instance(RandomStreams),
    extra=rules.optional(tensor),
    window=rules.optional(rules.instance(ChipWindow)),
)
def collect_electrons(rate, camera, exptime, *, effects, streams, extra=None, window=None):
    """
    Collect electrons on one chip.

    Parameters
    ----------
    rate : torch.Tensor
        Electrons per second and pixel from the sky, float32 ``[y, x]``, shape of the chip's science area,
        on the device of ``streams``.
    camera : Instrument
        For its dark current, full well and pixels.
    exptime : float
        Seconds.
    effects : Effects
        Strengths of the detector's effects.
    streams : RandomStreams
        Source of randomness.
    extra : torch.Tensor, optional
        Further expected electrons, for example those of a satellite's trail.
    window : ChipWindow, optional
        Which pixels of which chip, when, and in which band: their sensitivity and their heat belong to the
        chip. By default the first ones of the camera's first chip.

    Returns
    -------
    torch.Tensor
        Electrons at the end of the exposure, float32, of the same shape; never negative.

    Raises
    ------
    ParameterError
        If the rate is negative, not finite or not two-dimensional, or the window does not lie on the chip.
    """
    if rate.ndim != 2:
        raise ParameterError(f"the rate has {rate.ndim} axes; expected 2, rows and columns of one chip")
    window = ChipWindow.of(camera) if window is None else window
    area = window.binning**2
    expected = rate.float() * exptime
    if extra is not None:
        expected += extra
    _illuminate(expected, effects, window)
    expected += camera.dark_current * effects.dark * exptime * area
    _heat(expected, exptime, effects, window)
    electrons = streams.poisson(expected) if effects.photon_noise else expected
    if effects.cosmic_ray_rate:
        size = pixel_size(camera) * window.binning
        add_cosmic_rays(electrons, exptime, rate=effects.cosmic_ray_rate, size=size, streams=streams)
    if effects.bleeding:
        bleed(electrons, camera.full_well * area)
    return electrons


def _illuminate(expected, effects, window):
    """Add the lamp's light, and let every pixel see all light with its own sensitivity."""
    structure = effects.flat_field
    if effects.post_flash:
        add_flash(expected, window, effects.post_flash, structure=structure)
    if effects.pixel_response or structure:
        response = {"pixel_response": effects.pixel_response, "structure": structure}
        expected *= flat_field(window, tuple(expected.shape), **response, device=expected.device)


def _heat(expected, exptime, effects, window):
    """Add the dark charge of hot and warm pixels."""
    if not effects.hot_pixels + effects.warm_pixels:
        return
    indices, rates = hot_pixels(window, tuple(expected.shape), effects)
    charge = torch.from_numpy(rates * np.float32(exptime)).to(expected.device)
    expected.view(-1).index_add_(0, torch.from_numpy(indices).to(expected.device), charge)


@checked(
    shape=rules.shape,
    streams=rules.instance(RandomStreams),
    width=rules.optional(rules.quantity(u.pix, 0.1)),
    peak=rules.optional(rules.quantity(u.electron, 0)),
)
def satellite_trail(shape, streams, *, width=None, peak=None):
    """
    Draw the trail of a satellite that crosses the field.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the whole mosaic, both chips and their gap.
    streams : RandomStreams
        Source of randomness.
    width : float, optional
        FWHM in pixels; by default random, 2 to 10.
    peak : float, optional
        Electrons per pixel in the middle of the trail; by default random, 10 to 1000.

    Returns
    -------
    torch.Tensor
        Expected electrons, float32, of the given shape, on the device of ``streams``.

    Notes
    -----
    A straight line through a random pixel at a random angle, with a Gaussian profile.
    """
    width = streams.log_uniform(*_TRAIL_WIDTHS) if width is None else width
    peak = streams.log_uniform(*_TRAIL_PEAKS) if peak is None else peak
    y, x = streams.rng.random(2) * np.array(shape)
    angle = streams.rng.uniform(0, np.pi)
    # Along the longer of its legs, the trail has one short run of pixels at every step.
    if np.abs(np.sin(angle)) > np.abs(np.cos(angle)):
        step, across, profile = _runs(shape, (y, x), np.cos(angle) / np.sin(angle), width)
        indices = step * shape[1] + across
    else:
        step, across, profile = _runs(shape[::-1], (x, y), np.tan(angle), width)
        indices = across * shape[1] + step
    image = torch.zeros(shape[0] * shape[1], device=streams.device)
    image[torch.from_numpy(indices).to(streams.device)] = (
        torch.from_numpy(peak * profile).float().to(streams.device)
    )
    return image.view(*shape)


def _runs(shape, point, slope, width):
    """Give steps along the first axis, pixels along the second one, and the profile there."""
    sigma, cosine = width / 2.3548, 1 / np.hypot(1, slope)
    reach = int(np.ceil(5 * sigma / cosine)) + 1
    step = np.arange(shape[0])[:, None]
    middle = point[1] + slope * (step - point[0])
    across = np.floor(middle).astype(np.int64) + np.arange(-reach, reach + 1)
    profile = np.exp(-0.5 * ((across - middle) * cosine / sigma) ** 2)
    inside = (across >= 0) & (across < shape[1])
    return np.broadcast_to(step, across.shape)[inside], across[inside], profile[inside]
