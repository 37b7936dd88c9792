"""From a picture's values to light: what is no sky is masked, the sky and the stretch are taken out.

A stretch cannot be known from a picture: its inverse here is an estimate that keeps the order of
brightnesses, not their ratios. What was clipped to white stays at one brightness.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, optimize

from astroclassify.core import FrameError, ParameterError
from astroclassify.simulate.scenes.pictures._source import block_mean

#: A region at the edge whose values differ by no more than this (of the range) is no sky, if it is this
#: large.
_FLAT, _FLAT_AREA = 1.5 / 255, 0.003
#: And if what is next to it differs from it by more than this part of what is usual.
_STEP = 0.25
#: Brightness of a letter over what is around it, and its heights, as parts of the picture's shorter side.
_LETTER_CONTRAST, _LETTER_HEIGHTS = 0.3, (0.008, 0.08)
#: Where captions are looked for: this part of the picture at each edge; and of how many letters one has.
_CAPTION_STRIP, _LETTERS = 0.15, 5
#: The sky is the first quantile of the smoothed picture, or the highest of the others that is no more than a
#: part of the range above it: then there is much sky, and not all of it equally dark.
_SKY_QUANTILES, _SKY_TOLERANCE = (0.03, 0.1, 0.2, 0.3, 0.4), 0.03
#: Pixels up to this quantile tell the noise.
_NOISE_QUANTILE = 0.3
#: Median of the light over its brightest 0.3% that the estimated stretch gives back. Of our own choice.
_MEDIAN_LIGHT, _STEEPEST = 0.08, 300.0


@dataclass(frozen=True, eq=False)
class PictureLight:
    """
    Light of a picture.

    Parameters
    ----------
    planes : numpy.ndarray
        Light in arbitrary units, zero or more, float32, ``[n, y, x]``.
    usable : numpy.ndarray
        bool, ``[y, x]``.
    steepness : float
        Of the asinh stretch that was undone; 0 where none was.
    """

    planes: np.ndarray
    usable: np.ndarray
    steepness: float


def light_of(source, *, stretch="auto", sky="auto", invert=False):
    """
    Take sky and stretch out of a picture.

    Parameters
    ----------
    source : PictureSource
        The picture.
    stretch : {"auto", "linear", "srgb"} or float, default "auto"
        What the values are of the light: proportional to it, its sRGB code (IEC 61966-2-1), or
        ``asinh(stretch * light) / asinh(stretch)`` with this steepness. ``"auto"`` is linear for FITS and
        floats, and for pictures of 8 or 16 bits that asinh with which the median of the light is 8% of its
        brightest parts.
    sky : {"auto"} or float, default "auto"
        Value of the empty sky, as stored (0 to 1 for integers); by default that of the darkest parts.
    invert : bool, default False
        Whether the picture is a negative: dark bodies on a bright sky.

    Returns
    -------
    PictureLight
        The light, and where it is known.

    Raises
    ------
    ParameterError
        If the stretch is none of these.
    FrameError
        If nothing is brighter than the sky.
    """
    planes = -source.planes if invert else source.planes
    tolerance = _FLAT * float(np.ptp(planes[:, source.usable])) if source.stretched else 0.0
    usable = source.usable & ~unexposed(planes, source.usable, tolerance=tolerance)
    if source.stretched:
        usable &= ~captions(planes.mean(axis=0))
    if not usable.any():
        raise FrameError(f"{source.name}: no part of the picture is left once its flat edges are masked")
    planes = planes * usable
    level = [_sky_level(plane, usable) if sky == "auto" else (-sky if invert else sky) for plane in planes]
    above = np.stack([plane - one for plane, one in zip(planes, level, strict=True)])
    above = np.clip(above, 0, None) * _significance(above, usable) * usable
    brightest = float(above.max())
    if not brightest > 0:
        raise FrameError(f"{source.name}: nothing in the picture is brighter than its sky")
    above /= brightest
    steepness = _steepness(above, stretch, source.stretched)
    light = _linear(above, "srgb" if stretch == "srgb" else steepness)
    return PictureLight(light.astype(np.float32), usable, 0.0 if stretch == "srgb" else steepness)


# What is no sky -------------------------------------------------------------------------------


def unexposed(planes, usable, *, tolerance):
    """
    Find missing corners and frames: regions at the edge that have one value, or are not usable.

    Parameters
    ----------
    planes : numpy.ndarray
        Values, ``[n, y, x]``.
    usable : numpy.ndarray
        bool, ``[y, x]``.
    tolerance : float
        How far values may differ from the one: least, greatest, or most common at the edge.

    Returns
    -------
    numpy.ndarray
        bool, ``[y, x]``.
    """
    found = ~usable
    for pick in (np.min, np.max, _most_common):
        value = [pick(_border(plane)) for plane in planes]
        same = np.logical_and.reduce([np.abs(p - v) <= tolerance for p, v in zip(planes, value, strict=True)])
        found |= _missing(same | ~usable, np.abs(planes - np.array(value)[:, None, None]).max(axis=0))
    return ndimage.binary_dilation(found, iterations=2) if found.any() and tolerance > 0 else found


def _border(image):
    return np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])


def _most_common(values):
    known, counts = np.unique(values, return_counts=True)
    return known[counts.argmax()]


def _missing(region, difference):
    """Parts of a region that are large, touch the edge, and end at a step: a clipped sky does not."""
    parts, count = ndimage.label(region)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    usual = float(np.quantile(difference[~region], 0.9)) if not region.all() else 0.0
    found = np.zeros(region.shape, bool)
    for number in np.unique(_border(parts)):
        if number and sizes[number] >= _FLAT_AREA * region.size:
            part = parts == number
            rim = ndimage.binary_dilation(part, iterations=5) & ~ndimage.binary_dilation(part, iterations=2)
            if rim.any() and np.median(difference[rim]) > _STEP * usual:
                found |= part
    return found


def captions(image):
    """
    Find lettering near the edges: rows of bright, sharp shapes of one height, side by side.

    Parameters
    ----------
    image : numpy.ndarray
        Grey values, 0 to 1, ``[y, x]``.

    Returns
    -------
    numpy.ndarray
        bool, ``[y, x]``.
    """
    side, found = min(image.shape), np.zeros(image.shape, bool)
    low, high = (max(4, round(part * side)) for part in _LETTER_HEIGHTS)
    strip = int(_CAPTION_STRIP * image.shape[0])
    for rows in (slice(0, strip), slice(image.shape[0] - strip, None)):
        part = image[rows]
        bright = (
            part
            - ndimage.median_filter(part[::4, ::4], 9)
            .repeat(4, 0)
            .repeat(4, 1)[: part.shape[0], : part.shape[1]]
        )
        boxes = ndimage.find_objects(ndimage.label(bright > _LETTER_CONTRAST, np.ones((3, 3)))[0])
        letters = [box for box in boxes if low <= box[0].stop - box[0].start <= high]
        for line in _lines(letters):
            y0, x0 = (min(box[axis].start for box in line) for axis in (0, 1))
            y1, x1 = (max(box[axis].stop for box in line) for axis in (0, 1))
            pad = (y1 - y0) // 2
            found[rows][max(0, y0 - pad) : y1 + pad, max(0, x0 - pad) : x1 + pad] = True
    return found


def _lines(letters):
    """Chains of boxes of one height on one line, each close to the one before; only the long ones."""
    chains = []
    for box in sorted(letters, key=lambda each: each[1].start):
        for chain in chains:
            if _follows(chain[-1], box):
                chain.append(box)
                break
        else:
            chains.append([box])
    return [chain for chain in chains if len(chain) >= _LETTERS]


def _follows(one, other):
    height = one[0].stop - one[0].start
    ratio = (other[0].stop - other[0].start) / height
    feet, gap = abs(other[0].start - one[0].start), other[1].start - one[1].stop
    return 0.6 < ratio < 1.65 and feet < 0.35 * height and -2 <= gap < 0.9 * height


# Sky and stretch ------------------------------------------------------------------------------


def _small(image, usable):
    """The picture smoothed and thinned, and where enough of it is known."""
    sigma = max(1.0, min(image.shape) / 200)
    weight = ndimage.gaussian_filter(usable.astype(np.float32), sigma)
    smooth = ndimage.gaussian_filter(image, sigma) / np.maximum(weight, 1e-3)
    step = max(1, int(sigma))
    return smooth[::step, ::step], (usable & (weight > 0.7))[::step, ::step]


def _sky_level(image, usable):
    smooth, known = _small(image, usable)
    values = smooth[known] if known.any() else image[usable]
    levels = np.quantile(values, _SKY_QUANTILES)
    limit = levels[0] + _SKY_TOLERANCE * float(np.ptp(image[usable]))
    return float(levels[levels <= limit][-1])


def _significance(above, usable):
    """How far above the noise of the sky the light around each pixel is, 0 to 1: noise is no light."""
    total = above.sum(axis=0)
    smooth, known = _small(total, usable)
    fine = total - ndimage.gaussian_filter(total, 1.5)
    quiet = np.quantile(smooth[known], _NOISE_QUANTILE) if known.any() else np.inf
    dark = usable & (ndimage.gaussian_filter(total, 3) <= quiet)
    noise = 1.4826 * float(np.median(np.abs(fine[dark]))) if dark.any() else 0.0
    if noise == 0:
        return np.ones_like(total)
    # Smoothed by 1.2 pixels white noise is 4.3 times smaller, 1 / (2 sqrt(pi) 1.2): cut below two sigma of
    # it.
    significance = ndimage.gaussian_filter(total, 1.2) / (noise / 4.3)
    return _smoothstep((significance - 1.0) / 4.0)


def _smoothstep(x):
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def _steepness(above, stretch, stretched):
    if stretch == "auto":
        return _estimated_steepness(above) if stretched else 0.0
    if stretch in ("linear", "srgb"):
        return 0.0
    if isinstance(stretch, str) or not np.isfinite(stretch) or stretch < 0:
        raise ParameterError(
            f"stretch is {stretch!r}; expected 'auto', 'linear', 'srgb', or a steepness from 0"
        )
    return float(stretch)


def _estimated_steepness(above):
    """The asinh whose inverse leaves the median of the light at a part of its brightest pixels."""
    total = block_mean(above, 2).mean(axis=0)
    seen = total[total > 0.02 * total.max()]
    middle, bright = np.quantile(seen, [0.5, 0.997])

    def too_flat(log_steepness):
        median, top = _linear(np.array([middle, bright]), float(np.exp(log_steepness)))
        return median / top - _MEDIAN_LIGHT

    least, most = np.log(0.01), np.log(_STEEPEST)
    if too_flat(least) <= 0:
        return 0.0
    return float(np.exp(optimize.brentq(too_flat, least, most))) if too_flat(most) < 0 else _STEEPEST


def _linear(values, steepness):
    """Undo the stretch of values of 0 to 1."""
    if steepness == "srgb":
        return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return values if steepness == 0 else np.sinh(values * np.arcsinh(steepness)) / steepness


def light_at_edges(image, usable):
    """
    Say whether a picture shows a body whole, or a piece of something larger.

    Parameters
    ----------
    image : numpy.ndarray
        Light, ``[y, x]``.
    usable : numpy.ndarray
        bool, ``[y, x]``.

    Returns
    -------
    float
        Mean light along the brightest of the four edges, over the mean of the brighter half of the picture.
    """
    width = max(2, min(image.shape) // 30)
    edges = [np.s_[:width], np.s_[-width:], np.s_[:, :width], np.s_[:, -width:]]
    means = [float(image[e][usable[e]].mean()) for e in edges if usable[e].mean() > 0.3]
    lit = image[usable]
    bright = float(lit[lit >= np.median(lit)].mean())
    return max(means, default=0.0) / bright if bright > 0 else 0.0


# Edges ----------------------------------------------------------------------------------------


def faded_edges(usable, rng, *, width):
    """
    Let a picture fade out towards its edges, and towards what is masked, along a ragged outline.

    Parameters
    ----------
    usable : numpy.ndarray
        bool, ``[y, x]``.
    rng : numpy.random.Generator
        Of the outline.
    width : float
        Part of half the shorter side over which it fades, 0 to 1; 0 leaves the edges as they are.

    Returns
    -------
    numpy.ndarray
        Weights of 0 to 1, float32, ``[y, x]``; zero at the edges.
    """
    if width == 0:
        return usable.astype(np.float32)
    rows, columns = usable.shape
    half = min(usable.shape) / 2
    y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    # A superellipse: no corners, and as near the sides as it can be.
    inside = (1 - (np.abs(y) ** 4 + np.abs(x) ** 4) ** 0.25) * half
    distance = np.minimum(inside, ndimage.distance_transform_edt(np.pad(usable, 1))[1:-1, 1:-1])
    ragged = _outline(usable.shape, rng)
    return (_smoothstep(np.clip(distance / (width * half) * 1.6 - 0.6 * ragged, 0, 1)) * usable).astype(
        np.float32
    )


def _outline(shape, rng):
    """A smooth random field of 0 to 1, a few cells across."""
    cells = rng.random((7, 7))
    zoomed = ndimage.zoom(cells, np.divide(shape, cells.shape), order=3, mode="nearest", grid_mode=True)
    fitted = np.ones(shape)
    rows, columns = (min(a, b) for a, b in zip(shape, zoomed.shape, strict=True))
    fitted[:rows, :columns] = zoomed[:rows, :columns]
    return np.clip(fitted, 0, 1)
