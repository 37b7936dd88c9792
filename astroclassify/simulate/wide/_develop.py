"""From electrons to the picture that an observer has: stretched photographs, and counts as they are.

What is chosen for a picture is chosen once, so that a second image of the same field, without its stars,
is developed alike.
"""

import io

import numpy as np
from PIL import Image
from scipy import ndimage

from astroclassify.core import robust_sigma

#: Midtones of automatic stretches: where the sky's median comes to lie, 0 to 1, and where black lies, in
#: standard deviations of the sky below its median.
_SKY_LEVELS, _BLACK = (0.03, 0.28), (0.5, 3.2)
#: Quantiles of the light that become white; it lies so many standard deviations of the sky above black at
#: least: nobody shows noise in black and white.
_WHITE, _LEAST_RANGE = (0.98, 0.9998), (12.0, 40.0)
#: How often the stretch is an automatic one, an asinh, or a power.
_STRETCHES = (0.6, 0.25, 0.15)


def developed(images, streams, *, colour):
    """
    Make photographs of electrons.

    Parameters
    ----------
    images : sequence of numpy.ndarray
        Electrons, ``[3, y, x]``; the first decides all levels.
    streams : RandomStreams
        Source of randomness.
    colour : bool
        Whether they are in colour.

    Returns
    -------
    list of numpy.ndarray
        Pictures, float32, 0 to 1, ``[y, x, 3]`` or ``[y, x]``.
    """
    steps = [
        _levels(images[0], streams),
        *_detail(streams),
        _saturation(streams) if colour else _grey(streams),
        *_file(streams),
    ]
    pictures = list(images)
    for step in steps:
        pictures = [step(picture) for picture in pictures]
    return [np.ascontiguousarray(np.moveaxis(each, 0, -1) if colour else each[0]) for each in pictures]


def as_counts(images, streams, *, colour):
    """
    Give counts in arbitrary units, proportional to the light.

    Parameters
    ----------
    images : sequence of numpy.ndarray
        Electrons, ``[3, y, x]``.
    streams : RandomStreams
        Source of randomness.
    colour : bool
        Whether in colour, or of one band.

    Returns
    -------
    list of numpy.ndarray
        Counts, float32, ``[y, x, 3]`` or ``[y, x]``.
    """
    unit, level = np.float32(streams.log_uniform(1e-3, 10)), np.float32(streams.rng.normal(0, 300))
    band = int(streams.rng.integers(3))
    chosen = [np.moveaxis(image, 0, -1) if colour else image[band] for image in images]
    return [np.ascontiguousarray(image * unit + level, dtype=np.float32) for image in chosen]


# Steps: each takes and gives ``[n, y, x]`` -----------------------------------------------------------


def _levels(electrons, streams):
    """Black, white, and the stretch in between; the colours of the sky made alike, or nearly."""
    rng = streams.rng
    sample = electrons[:, ::4, ::4].reshape(len(electrons), -1)
    sky = np.median(sample, axis=1)
    spread = np.array([robust_sigma(plane, about=level) for plane, level in zip(sample, sky, strict=True)])
    spread = np.maximum(spread, 1e-3)
    black = sky - spread.mean() * rng.uniform(*_BLACK) * rng.uniform(0.95, 1.05, len(sky))
    white = np.quantile(sample - black[:, None], rng.uniform(*_WHITE), axis=1).mean()
    white = max(float(white), streams.log_uniform(*_LEAST_RANGE) * float(spread.mean()))
    gain = np.exp(rng.normal(0, 0.12, len(sky))) / white
    offset, gain = (
        black.astype(np.float32)[:, None, None],
        gain.astype(np.float32)[:, None, None],
    )
    stretch = _stretch(streams, float(np.mean((sky - black) * gain.ravel())))
    return lambda image: stretch(np.clip((image - offset) * gain, 0, 1))


def _stretch(streams, sky):
    """Bring the sky from where it is to where a photographer, or a telescope's own program, shows it."""
    way, target = streams.rng.choice(3, p=_STRETCHES), streams.rng.uniform(*_SKY_LEVELS)
    if way == 0:  # the midtones transfer function (see ``simulate._styles``) that maps sky to target
        sky = float(np.clip(sky, 1e-4, 0.9))
        m = np.clip(sky * (target - 1) / (sky * (2 * target - 1) - target), 1e-4, 0.95)
        return lambda x: (m - 1) * x / ((2 * m - 1) * x - m)
    if way == 1:
        beta = streams.log_uniform(3, 300)
        return lambda x: np.arcsinh(beta * x) / np.float32(np.arcsinh(beta))
    power = streams.rng.uniform(0.3, 0.8)
    return lambda x: x**power


def _detail(streams):
    rng, steps = streams.rng, []
    if streams.chance(0.2):
        width, part = rng.uniform(0.7, 1.8), rng.uniform(0.5, 1.0)
        steps.append(lambda x: x + part * (_blurred(x, width) - x))
    if streams.chance(0.2):
        reach, strength = rng.uniform(1, 4), rng.uniform(0.3, 1.2)
        steps.append(lambda x: np.clip(x + strength * (x - _blurred(x, reach)), 0, 1))
    if streams.chance(0.12):  # the sky painted black
        floor = rng.uniform(0.05, 0.35)
        steps.append(lambda x: x * np.clip((_blurred(x.mean(axis=0, keepdims=True), 2) - floor) / 0.1, 0, 1))
    return steps


def _blurred(x, width):
    return ndimage.gaussian_filter(x, (0, width, width), truncate=3)


def _saturation(streams):
    strength = np.float32(streams.rng.choice([1.0, streams.log_uniform(0.3, 2.5)]))

    def step(picture):
        grey = picture.mean(axis=0, keepdims=True)
        return np.clip(grey + strength * (picture - grey), 0, 1)

    return step


def _grey(streams):
    weights = streams.rng.dirichlet((2, 2, 2)).astype(np.float32)
    return lambda picture: np.tensordot(weights, picture, axes=1)[None]


def _file(streams):
    """8 bits, here and there with losses."""
    steps = [lambda x: np.round(np.clip(x, 0, 1) * 255).astype(np.uint8)]
    if streams.chance(0.35):
        quality = int(streams.rng.integers(35, 95))
        steps.append(lambda x: _jpeg(x, quality))
    return [*steps, lambda x: x.astype(np.float32) / 255]


def _jpeg(codes, quality):
    buffer = io.BytesIO()
    page = Image.fromarray(codes[0] if len(codes) == 1 else np.moveaxis(codes, 0, -1))
    page.save(buffer, format="JPEG", quality=quality)
    back = np.asarray(Image.open(buffer))
    return back[None] if back.ndim == 2 else np.moveaxis(back, -1, 0)
