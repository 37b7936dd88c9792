"""Random frames with known truth: what a detector, or a photograph, makes of a scene.

Two ways of showing a scene, drawn independently of its class: *linear* frames (noise,
cosmic rays, saturation, amplifier steps, gradients) and *photographs* (stretched, clipped,
vignetted, sharpened, in 8 bits).
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from astroclassify.simulate._bodies import CLASSES, body_kind, random_kind, random_view
from astroclassify.simulate._clusters import add_background, add_foreground
from astroclassify.simulate._optics import moffat_kernel, observe
from astroclassify.simulate._textures import fractal, log_uniform

CLASS_FRACTIONS = (0.38, 0.30, 0.25, 0.07)


@dataclass(frozen=True)
class SimulatedFrame:
    """
    A frame and its truth.

    Parameters
    ----------
    array : numpy.ndarray
        The frame, float32, NaN where masked.
    label : str
        One of ``CLASSES``.
    kind : str
        Kind of body.
    """

    array: np.ndarray
    label: str
    kind: str


def random_frames(rng, *, shape=(192, 192), label=None, kind=None, renderings=1):
    """
    Draw one body and show it in one or several ways.

    Parameters
    ----------
    rng : numpy.random.Generator or int
        Source of randomness or its seed; same seed, same frames.
    shape : tuple of int, default (192, 192)
        Rows and columns.
    label : str, optional
        One of ``CLASSES``; random by default.
    kind : str, optional
        Kind of body; random by default.
    renderings : int, default 1
        How many frames of the same body.

    Returns
    -------
    list of SimulatedFrame
        The frames.

    Examples
    --------
    >>> from astroclassify.simulate import random_frames
    >>> frame, = random_frames(7, kind="spiral")
    >>> frame.label, frame.array.shape
    ('galaxy', (192, 192))
    """
    rng = np.random.default_rng(rng)
    chosen = body_kind(kind) if kind else random_kind(rng, label or rng.choice(CLASSES, p=CLASS_FRACTIONS))
    view = random_view(rng, shape, partial=rng.random() < 0.4)
    scene = chosen.draw(view, rng)
    add_foreground(scene, rng, log_uniform(rng, 5e-5, 2e-2))
    add_background(scene, view, rng, int(log_uniform(rng, 0.3, 40)))
    return [SimulatedFrame(_show(scene, rng), chosen.label, chosen.name) for _ in range(renderings)]


def _show(scene, rng):
    fwhm, spikes = log_uniform(rng, 0.5, 3.5), rng.choice([0, 0, rng.uniform(0, 0.08)])
    beta, angle = rng.uniform(2.0, 4.5), rng.choice([0, np.pi / 4, rng.uniform(0, np.pi)])
    image = observe(scene, lambda box: moffat_kernel(box, fwhm, beta=beta, spikes=spikes, spike_angle=angle))
    reference = _reference_level(image, scene, rng)
    return linear_frame(image / reference, rng) if rng.random() < 0.5 else photograph(image / reference, rng)


def _reference_level(image, scene, rng):
    """The brightness that exposure and stretch are chosen for: diffuse light or stars."""
    bright = np.quantile(image[::2, ::2], rng.choice([0.97, 0.99, 0.997]))
    diffuse = float(scene.diffuse.max()) if rng.random() < 0.5 else 0.0
    return max(bright, 0.3 * min(diffuse, 3.0), 1e-3)


def linear_frame(image, rng):
    """
    Expose an image on a detector of random properties.

    Parameters
    ----------
    image : numpy.ndarray
        Light, bright parts about 1.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Frame in arbitrary units, float32, NaN where masked.
    """
    signal = image * log_uniform(rng, 4, 1500)
    shot = log_uniform(rng, 1e-3, 0.5)
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    if rng.random() < 0.2:  # drizzled: correlated noise
        noise = ndimage.gaussian_filter(noise, rng.uniform(0.4, 0.8))
        noise /= noise.std()
    frame = signal + noise * np.sqrt(1 + shot * signal) + _structure_of_the_sky(image.shape, rng)
    if rng.random() < 0.5:
        _add_cosmic_rays(frame, rng)
    if rng.random() < 0.5:
        _saturate(frame, rng)
    frame = frame * np.float32(log_uniform(rng, 1e-3, 1e3)) + np.float32(rng.normal(0, 1e3))
    return _with_missing_pixels(frame, rng).astype(np.float32)


def _structure_of_the_sky(shape, rng):
    """Gradients, amplifier steps, bad columns and stripes, in units of the noise."""
    y, x = np.mgrid[-0.5 : 0.5 : shape[0] * 1j, -0.5 : 0.5 : shape[1] * 1j].astype(np.float32)
    strength = log_uniform(rng, 0.02, 2.0)
    sky = strength * (rng.normal() * y + rng.normal() * x)
    if rng.random() < 0.3:
        sky = sky + (x > 0) * rng.normal(0, 1.5) + (y > 0) * rng.normal(0, 0.5)
    if rng.random() < 0.2:
        sky = sky + rng.normal(0, rng.uniform(0, 0.5), (shape[0], 1))
    if rng.random() < 0.08:
        sky[:, rng.integers(0, shape[1], rng.integers(1, 4))] += rng.normal(0, 20)
    return sky


def _add_cosmic_rays(frame, rng):
    number = int(log_uniform(rng, 1, 0.02 * frame.size))
    y, x = rng.integers(0, frame.shape[0], number), rng.integers(0, frame.shape[1], number)
    charge = log_uniform(rng, 3, 30) * np.exp(rng.normal(0, 1.0, number))
    dy, dx = rng.integers(-1, 2, number), rng.integers(-1, 2, number)
    for step in range(rng.integers(1, 5)):
        rows = np.clip(y + step * dy, 0, frame.shape[0] - 1)
        columns = np.clip(x + step * dx, 0, frame.shape[1] - 1)
        frame[rows, columns] += charge * rng.uniform(0.3, 1)


def _saturate(frame, rng):
    limit = np.quantile(frame[::2, ::2], rng.choice([0.97, 0.99, 0.999]))
    if rng.random() < 0.4:  # bleeding along the columns
        excess = np.clip(frame - limit, 0, None)
        frame += 0.3 * ndimage.uniform_filter1d(excess, int(rng.integers(5, 40)), axis=0)
    np.minimum(frame, limit, out=frame)


def _with_missing_pixels(frame, rng):
    if rng.random() < 0.1:  # a chip's edge, a gap, a rotated footprint
        y, x = np.mgrid[-1 : 1 : frame.shape[0] * 1j, -1 : 1 : frame.shape[1] * 1j]
        angle = rng.choice([0, np.pi / 2, rng.uniform(0, 6.3)])
        cut = np.cos(angle) * x + np.sin(angle) * y
        frame[cut > rng.uniform(0.4, 1.2)] = np.nan if rng.random() < 0.6 else 0
    if rng.random() < 0.1:
        frame[rng.random(frame.shape) < rng.uniform(0, 0.05)] = np.nan
    return frame


def photograph(image, rng):
    """
    Develop an image as a photographer does: stretch, clip, vignette, sharpen, 8 bits.

    Parameters
    ----------
    image : numpy.ndarray
        Light, bright parts about 1.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Picture, float32, 0 to 255.
    """
    image = image + rng.standard_normal(image.shape, dtype=np.float32) * log_uniform(rng, 1e-4, 0.04)
    if rng.random() < 0.3:
        image = ndimage.gaussian_filter(image, rng.uniform(0.3, 1.0))
    black = np.quantile(image[::2, ::2], rng.uniform(0.0, 0.5)) + rng.normal(0, 0.01)
    light = np.clip(image - black, 0, None) / log_uniform(rng, 0.5, 4)
    picture = _stretch(light, rng)
    if rng.random() < 0.3:
        picture = picture + rng.uniform(0.3, 1.5) * (
            picture - ndimage.gaussian_filter(picture, rng.uniform(1, 3))
        )
    picture = picture + rng.uniform(0, 0.15) * (rng.random() < 0.3)
    if rng.random() < 0.65:
        picture = picture * _vignette(image.shape, rng)
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.float32)


def _stretch(light, rng):
    way = rng.integers(3)
    if way == 0:
        beta = log_uniform(rng, 1, 300)
        return np.arcsinh(beta * light) / np.arcsinh(beta)
    if way == 1:
        return light ** rng.uniform(0.35, 1.0)
    return 1 - np.exp(-light * log_uniform(rng, 1, 6))


def _vignette(shape, rng):
    """Fade to black towards the edge: round, rectangular, or along a ragged outline."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j].astype(np.float32)
    way = rng.integers(3)
    ry, rx = rng.uniform(0.7, 1.15, 2)
    if way == 0:
        r = np.maximum(np.abs(y) / ry, np.abs(x) / rx)
    elif way == 1:
        r = np.hypot(y / ry, x / rx)
    else:
        r = np.hypot(y / ry, x / rx) + 0.2 * fractal(shape, rng, slope=3.5)
    return np.clip((1 - r) / rng.uniform(0.02, 0.3), 0, 1)
