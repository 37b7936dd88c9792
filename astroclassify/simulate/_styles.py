"""Styles of photographs: what people do to a picture of the sky before they show it.

A style is a chain of steps (stretch, background, grain, detail, layout, file), each of random
strength. What a picture shows, and hence its label, stays the same; so a classifier should give one answer in
all of them.
Values of pictures are 0 to 1, black to white, while a style is at work.
"""

import io
from functools import partial

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from astroclassify.core import UnknownNameError, checked, rules
from astroclassify.simulate._rules import image

#: Luminances of noise and sky below are standard deviations and shares of white.
_GRAIN = (0.004, 0.06)
_TEXT = "NGC IC M Hubble ESA 0123456789 arcmin N E"


@checked(picture=image, rng=rules.randomness, style=rules.optional(rules.text))
def restyle(picture, rng, *, style=None):
    """
    Show a picture in another style.

    Parameters
    ----------
    picture : numpy.ndarray
        Luminance, ``[y, x]``, 0 to 255.
    rng : numpy.random.Generator or int
        Source of randomness or its seed; same seed, same picture.
    style : str, optional
        One of ``STYLES``; random by default.

    Returns
    -------
    numpy.ndarray
        Picture, float32, the same shape, whole numbers from 0 to 255.

    Raises
    ------
    UnknownNameError
        If there is no such style.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.simulate import restyle
    >>> y, x = np.mgrid[-1:1:64j, -1:1:64j]
    >>> restyle(255 * np.exp(-9 * np.hypot(y, x)), 1, style="chart").mean() > 128
    np.True_
    """
    rng = np.random.default_rng(rng)
    if style is None:
        style = list(STYLES)[int(rng.integers(len(STYLES)))]
    if style not in STYLES:
        raise UnknownNameError(f"there is no style {style!r}; there are {', '.join(STYLES)}")
    shown = np.clip(np.asarray(picture, np.float32) / 255, 0, 1)
    for step in STYLES[style]:
        shown = np.clip(step(shown, rng), 0, 1).astype(np.float32)
    return np.round(shown * 255).astype(np.float32)


# Stretches: from light to grey levels ---------------------------------------------------------


def _midtones(picture, rng, *, balance):
    """
    Lift (balance below 0.5) or darken the middle grey levels.

    The midtones transfer function maps 0, m, 1 to 0, 1/2, 1:
    ((m - 1) x) / ((2 m - 1) x - m); m is the balance.
    """
    m = _log_uniform(rng, *balance)
    return (m - 1) * picture / ((2 * m - 1) * picture - m)


def _asinh(picture, rng, *, strength):
    # As Lupton et al. (2004, PASP 116, 133): linear for light below 1 / beta, logarithmic above, so that
    # faint arms and bright nuclei are seen on one picture.
    beta = _log_uniform(rng, *strength)
    return np.arcsinh(beta * picture) / np.arcsinh(beta)


def _gamma(picture, rng, *, power):
    return picture ** _log_uniform(rng, *power)


def _s_curve(picture, rng):
    """More contrast about a middle level, as the curves tool of any picture editor gives."""
    middle, steepness = rng.uniform(0.15, 0.5), rng.uniform(3, 12)
    low, high = (1 / (1 + np.exp(-steepness * (end - middle))) for end in (0, 1))
    return (1 / (1 + np.exp(-steepness * (picture - middle))) - low) / (high - low)


def _clip(picture, rng, *, black, white):
    """Cut the darkest and the brightest pixels off: shares of all."""
    low, high = np.quantile(picture[::2, ::2], [rng.uniform(0, black), 1 - rng.uniform(0, white)])
    return (picture - low) / max(high - low, 0.02)


def _sometimes(chance, step):
    def maybe(picture, rng):
        return step(picture, rng) if rng.random() < chance else picture

    return maybe


def _one_of(*steps):
    def chosen(picture, rng):
        return steps[int(rng.integers(len(steps)))](picture, rng)

    return chosen


# Sky and grain --------------------------------------------------------------------------------


def _lift(picture, rng, *, most=0.25):
    """A sky that is not black."""
    level = rng.uniform(0.02, most)
    return level + (1 - level) * picture


def _gradient(picture, rng):
    """Light pollution, or moonlight: a plane and a bowl."""
    y, x = _square_axes(picture.shape)
    strength = _log_uniform(rng, 0.02, 0.3)
    tilt = rng.normal(0, 1, 2)
    plane = (tilt[0] * y + tilt[1] * x) / max(np.hypot(*tilt), 1e-3)
    return picture + strength * (0.5 + 0.5 * plane + rng.normal(0, 0.3) * (y**2 + x**2))


def _grain(picture, rng, *, most=_GRAIN[1]):
    """Noise, here and there as coarse as a debayered or resampled picture has it."""
    # Interpolation of a colour mosaic, or drizzling, mixes neighbours' noise; its strength is what was
    # asked for all the same.
    noise = rng.standard_normal(picture.shape, dtype=np.float32)
    if rng.random() < 0.5:
        noise = ndimage.gaussian_filter(noise, rng.uniform(0.4, 1.2))
        noise /= noise.std()
    return picture + _log_uniform(rng, _GRAIN[0], most) * noise


def _hot_pixels(picture, rng):
    hot = rng.random(picture.shape) < _log_uniform(rng, 1e-5, 2e-3)
    return np.where(hot, rng.uniform(0.3, 1.0), picture)


def _bayer(picture, rng):
    """A mosaic of colour filters that was never interpolated: each of four pixels with its own gain."""
    shown = picture.copy()
    for y, x in ((0, 0), (0, 1), (1, 0), (1, 1)):
        shown[y::2, x::2] *= rng.uniform(0.5, 1.0)
    return shown


def _walking_noise(picture, rng):
    """Drifting fixed-pattern noise of stacks that were not dithered: short parallel streaks."""
    length, turned = int(rng.integers(5, 25)), rng.random() < 0.5
    noise = ndimage.uniform_filter1d(
        rng.standard_normal(picture.shape, dtype=np.float32), length, axis=int(turned)
    )
    return picture + _log_uniform(rng, 0.005, 0.03) * noise / noise.std()


# Detail ---------------------------------------------------------------------------------------


def _blur(picture, rng, *, most=3.0):
    return ndimage.gaussian_filter(picture, _log_uniform(rng, 0.5, most))


def _trail(picture, rng):
    """Guiding errors: everything is drawn out one way."""
    length = int(rng.integers(3, 9))
    kernel = np.zeros((length, length), np.float32)
    steps, angle = np.linspace(-1, 1, 4 * length) * (length - 1) / 2, rng.uniform(0, np.pi)
    middle = (length - 1) / 2
    rows, columns = (np.round(middle + steps * f(angle)).astype(int) for f in (np.sin, np.cos))
    kernel[rows, columns] = 1
    return ndimage.convolve(picture, kernel / kernel.sum(), mode="nearest")


def _sharpen(picture, rng):
    """An unsharp mask."""
    return picture + rng.uniform(0.4, 2.5) * (picture - ndimage.gaussian_filter(picture, rng.uniform(0.8, 4)))


def _local_contrast(picture, rng):
    """High dynamic range: bright parts are darkened towards the level about them."""
    level = ndimage.gaussian_filter(picture, min(picture.shape) * _log_uniform(rng, 0.02, 0.15))
    strength = rng.uniform(0.3, 0.9)
    # The local level to a power below 1 is divided out; a grey level of 0.5 on an even picture stays.
    return picture / (level + 0.08) ** strength * (0.5 + 0.08) ** strength


def _denoise(picture, rng):
    """A median filter; some denoisers leave a smeared, painted look."""
    smooth = ndimage.median_filter(picture, int(rng.choice([3, 5, 7])))
    part = rng.uniform(0.6, 1.0)
    return part * smooth + (1 - part) * picture


def _shrink_stars(picture, rng):
    """Star reduction: narrow peaks are opened away in part, wide light stays."""
    opened = ndimage.grey_opening(picture, size=(int(rng.choice([3, 5, 7])),) * 2)
    part = rng.uniform(0.4, 0.95)
    return part * opened + (1 - part) * picture


def _coarser(picture, rng):
    """A small picture that was enlarged again."""
    factor = rng.uniform(0.25, 0.7)
    # Smoothed first: what the small picture cannot hold would come back as false coarse structure.
    small = ndimage.zoom(ndimage.gaussian_filter(picture, 0.4 / factor), factor, order=1)
    return ndimage.zoom(
        small, np.divide(picture.shape, small.shape), order=1, mode="nearest", grid_mode=True
    )[: picture.shape[0], : picture.shape[1]]


# Layout and file ------------------------------------------------------------------------------


def _eyepiece(picture, rng):
    """Black outside a circle or an ellipse, with a hard or a soft edge."""
    y, x = _square_axes(picture.shape)
    radius = np.hypot(y / rng.uniform(0.75, 1.1), x / rng.uniform(0.75, 1.1))
    return picture * np.clip((1 - radius) / rng.uniform(0.01, 0.3), 0, 1)


def _vignette(picture, rng):
    y, x = _square_axes(picture.shape)
    # y**2 + x**2 is 2 in the corners. Natural vignetting is cos**4 of the angle, 1 - 2 r**2 at first.
    return picture * (1 - rng.uniform(0.1, 0.7) * (y**2 + x**2) / 2)


def _missing_corner(picture, rng):
    """A mosaic of exposures leaves steps and corners without light."""
    shown, (rows, columns) = picture.copy(), picture.shape
    high, wide = int(rows * rng.uniform(0.08, 0.4)), int(columns * rng.uniform(0.08, 0.4))
    for _ in range(int(rng.integers(1, 3))):
        vertical = slice(0, high) if rng.random() < 0.5 else slice(rows - high, rows)
        shown[vertical, slice(0, wide) if rng.random() < 0.5 else slice(columns - wide, columns)] = 0
    return shown


def _border(picture, rng):
    shown, level = picture.copy(), float(rng.choice([0.0, 1.0, rng.random()]))
    width = max(1, int(min(picture.shape) * rng.uniform(0.01, 0.08)))
    for edge in (np.s_[:width], np.s_[-width:], np.s_[:, :width], np.s_[:, -width:]):
        shown[edge] = level
    return shown


def _caption(picture, rng):
    """Words, a scale bar, or a circle with its name, in white or black."""
    page = Image.fromarray((picture * 255).astype(np.uint8))
    pen, (width, height) = ImageDraw.Draw(page), page.size
    shade = int(rng.choice([255, 255, 0, 180]))
    x, y = int(rng.uniform(0.02, 0.6) * width), int(rng.choice([0.03, 0.9]) * height)
    words = "".join(rng.choice(list(_TEXT), int(rng.integers(4, 24))))
    pen.text((x, y), words, fill=shade, font_size=max(8, int(height * rng.uniform(0.03, 0.08))))
    if rng.random() < 0.4:
        length = int(width * rng.uniform(0.1, 0.4))
        pen.line((x, y - 4, min(x + length, width - 1), y - 4), fill=shade, width=max(1, height // 150))
    return np.asarray(page, np.float32) / 255


def _inset(picture, rng):
    """A corner shows the picture's middle again, enlarged, in a frame."""
    shown, (rows, columns) = picture.copy(), picture.shape
    high, wide = int(rows * rng.uniform(0.15, 0.3)), int(columns * rng.uniform(0.15, 0.3))
    top, left = (
        int((rows - high) * rng.choice([0.02, 0.98])),
        int((columns - wide) * rng.choice([0.02, 0.98])),
    )
    part = picture[rows // 2 - high // 4 :, columns // 2 - wide // 4 :][: high // 2 + 1, : wide // 2 + 1]
    enlarged = part.repeat(2, axis=0).repeat(2, axis=1)[:high, :wide]
    shown[top : top + enlarged.shape[0], left : left + enlarged.shape[1]] = enlarged
    for row in (top, top + high - 1):
        shown[row, left : left + wide] = 1
    for column in (left, left + wide - 1):
        shown[top : top + high, column] = 1
    return shown


def _jpeg(picture, rng, *, qualities=(15, 92)):
    buffer = io.BytesIO()
    page = Image.fromarray((picture * 255).astype(np.uint8))
    page.save(buffer, format="JPEG", quality=int(rng.integers(*qualities)))
    return np.asarray(Image.open(buffer), np.float32) / 255


def _negative(picture, rng):
    return 1 - picture


def _square_axes(shape):
    return np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j].astype(np.float32)


def _log_uniform(rng, low, high):
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


_ANY_STRETCH = _one_of(
    partial(_midtones, balance=(0.08, 0.7)),
    partial(_asinh, strength=(1, 60)),
    partial(_gamma, power=(0.4, 2.2)),
    _s_curve,
)
_FILE = _sometimes(0.4, _jpeg)

#: Styles by name, each a chain of steps (dict of str to tuple of callable).
STYLES = {
    "press picture": (
        _sometimes(0.4, _ANY_STRETCH),
        partial(_clip, black=0.2, white=0.002),
        _sometimes(0.4, _sharpen),
        _sometimes(0.2, _caption),
        _FILE,
    ),
    "smart telescope": (
        partial(_midtones, balance=(0.06, 0.4)),
        _sometimes(0.7, _lift),
        _sometimes(0.6, _gradient),
        _sometimes(0.5, _trail),
        _grain,
        _sometimes(0.3, _walking_noise),
        _sometimes(0.3, _denoise),
        _FILE,
    ),
    "deep stretch": (
        _one_of(partial(_midtones, balance=(0.06, 0.25)), partial(_asinh, strength=(10, 100))),
        _sometimes(0.5, _s_curve),
        _sometimes(0.3, _sharpen),
        _sometimes(0.4, _grain),
        _FILE,
    ),
    "dark sky": (
        _one_of(partial(_gamma, power=(1.3, 3.0)), partial(_midtones, balance=(0.55, 0.85))),
        partial(_clip, black=0.6, white=0.005),
        _sometimes(0.3, _sharpen),
        _FILE,
    ),
    "survey plate": (
        _sometimes(0.5, _ANY_STRETCH),
        _sometimes(0.5, _coarser),
        _sometimes(0.7, _lift),
        partial(_grain, most=0.12),
        _sometimes(0.5, _jpeg),
    ),
    "eyepiece": (_sometimes(0.5, _ANY_STRETCH), _eyepiece, _sometimes(0.3, _grain), _FILE),
    "star reduction": (
        _sometimes(0.5, _ANY_STRETCH),
        _shrink_stars,
        _sometimes(0.5, _s_curve),
        _sometimes(0.4, _local_contrast),
        _FILE,
    ),
    "high dynamic range": (_ANY_STRETCH, _local_contrast, _sometimes(0.5, _sharpen), _FILE),
    "denoised": (_grain, _denoise, _sometimes(0.5, _ANY_STRETCH), _sometimes(0.5, _sharpen), _FILE),
    "unguided": (_sometimes(0.5, _ANY_STRETCH), _trail, partial(_blur, most=2.0), _grain, _hot_pixels, _FILE),
    "mosaic": (_sometimes(0.5, _ANY_STRETCH), _sometimes(0.6, _missing_corner), _border, _FILE),
    "annotated": (
        _sometimes(0.5, _ANY_STRETCH),
        _caption,
        _sometimes(0.5, _inset),
        _sometimes(0.3, _border),
        _FILE,
    ),
    "raw mosaic of colours": (_ANY_STRETCH, _bayer, _grain, _sometimes(0.3, _hot_pixels)),
    "web thumbnail": (_sometimes(0.5, _ANY_STRETCH), _coarser, partial(_jpeg, qualities=(8, 50))),
    "vignetted": (_sometimes(0.5, _ANY_STRETCH), _sometimes(0.5, _gradient), _vignette, _grain, _FILE),
    "chart": (_sometimes(0.5, _ANY_STRETCH), _sometimes(0.3, _grain), _negative, _FILE),
}
