"""The bodies of a wide field: which, where, how large and bright, and the boxes that their light fills."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from astropy.table import QTable
from scipy import ndimage

from astroclassify.simulate._frames import _isophote
from astroclassify.simulate._raster import splat
from astroclassify.simulate._textures import enlarge
from astroclassify.simulate.scenes._bodies import KINDS, random_body
from astroclassify.simulate.scenes._view import View, turned

#: What a detector of bodies finds (tuple of str), and how often each is drawn.
WIDE_CLASSES = ("galaxy", "nebula", "star cluster")
_SHARES = (0.42, 0.33, 0.25)
#: Kinds without a box of their own: a dark cloud sends no light, and a group is several galaxies.
_WITHOUT_A_BOX = ("dark", "group", "field")
#: How many bodies a field holds: none so often, else one and a Poisson number more.
_EMPTY, _MORE, _MOST = 0.12, 1.8, 8
#: Body units in pixels: from so many to this part of the field's shorter side.
_SMALLEST, _LARGEST = 4.0, 0.5
#: Or, as often as this, the field is a portrait: its first body is this part of the side, about the middle.
_PORTRAIT, _PORTRAIT_SIZES = 0.25, (0.15, 0.6)
#: A body is drawn as far out as this, in body units, and fades to nothing over the last part.
_REACH, _FADED = 2.2, 0.3
#: Windows with more pixels on a side than this are drawn on pixels twice as large: optics hide that.
_FINE = 220
#: Two bodies may come as near as this part of the sum of their units.
_APART, _TRIES = 0.8, 12
#: How far half of a body's light stands out, in units of the limiting isophote; and how often it is left
#: as faint as it is.
_CONTRAST, _AS_IT_IS, _FACTORS = (1.2, 30.0), 0.1, (1e-3, 1e3)
#: A body's edge: the isophote of 25 V mag per square arcsecond, or of three times the noise, whichever is
#: brighter. Area beyond these quantiles, along each axis, is left out: single specks are no edge.
LIMIT_MAGNITUDE, _LIMIT_NOISE, _SPECKS = 25.0, 3.0, 0.004
#: Light is seen on scales of so many pixels, or this part of the body unit: single stars of a cluster are
#: not the cluster.
_SMOOTHED, _CLUSTER_SMOOTHED, _BODY_SMOOTHED = 1.5, 0.14, 0.03
#: Stars of a cluster count as no brighter than this one of them, in order of brightness: a bright star with a
#: few faint ones is no cluster.
_STAR_OF_A_CLUSTER = 8
#: Brightest star of a body for all its light: a body is not shown for a star that outshines it.
_BRIGHTEST_STAR = (0.005, 0.3)
#: Least S/N of the light within the edge, and least size of the box, pixels and widths of a star, of what is
#: listed: what is smaller is a star to everybody.
LEAST_SNR, LEAST_SIZE, _LEAST_WIDTHS, _CLUSTER_WIDTHS = 5.0, 4.0, 2.0, 4.0


@dataclass(frozen=True, eq=False)
class Noise:
    """
    What limits how faint a light is seen, in electrons per second of the three bands together.

    Parameters
    ----------
    pixel : float
        Standard deviation of a pixel.
    confusion : float
        That of the light of stars in a pixel, which counts where what is looked for is made of stars.
    limit : float
        Light of a pixel of 25 V mag per square arcsecond.
    fwhm : float
        Of a star, pixels.
    """

    pixel: float
    confusion: float
    limit: float
    fwhm: float


@dataclass(frozen=True, eq=False)
class PlacedBody:
    """
    A body in the field.

    Parameters
    ----------
    label, kind, name : str
        Class, kind of body, and which: a picture's name, or the seed of a drawn one.
    top, left : int
        First row and column of the window on it.
    diffuse : torch.Tensor
        Electrons per second, ``[3, y, x]``.
    points : numpy.ndarray
        Rows y, x (pixels of the field) and electrons per second in the bands; shape (5, N).
    box : tuple of float or None
        x_min, x_max, y_min, y_max in pixels of the field; `None` where nothing of it is seen.
    snr : float
        Of its light within the edge.
    """

    label: str
    kind: str
    name: str
    top: int
    left: int
    diffuse: torch.Tensor
    points: np.ndarray
    box: tuple | None = None
    snr: float = 0.0


def place_bodies(streams, shape, pixel_scale, responses, noise, *, pictures=(), shown=0.5, number=None):
    """
    Draw the bodies of a field.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    shape : tuple of int
        Rows and columns of the field.
    pixel_scale : float
        Arcseconds per pixel.
    responses : sequence of Response
        Three bands.
    noise : Noise
        What limits how faint a light is seen.
    pictures : sequence of PictureBody
        Real bodies to show as well.
    shown : float, default 0.5
        How often a body is a real one, where there are any of its class.
    number : int, optional
        How many are tried; random by default.

    Returns
    -------
    list of PlacedBody
        Those that found a place.
    """
    rng, placed = streams.rng, []
    if number is None:
        number = 0 if streams.chance(_EMPTY) else min(1 + rng.poisson(_MORE), _MOST)
    for y, x, radius in _places(streams, shape, number):
        body = _random_body(streams, radius * pixel_scale, pictures, shown)
        seen = _drawn(body, (y, x), radius, shape, pixel_scale, responses, streams)
        placed.append(_made_visible(seen, radius, noise, streams))
    return placed


def _places(streams, shape, number):
    """Centres and units (pixels) of bodies that do not lie on each other; large ones leave less place."""
    found, rng, portrait = [], streams.rng, streams.chance(_PORTRAIT)
    for _ in range(number):
        is_subject = portrait and not found
        sizes = _PORTRAIT_SIZES if is_subject else (_SMALLEST / min(shape), _LARGEST)
        radius = streams.log_uniform(*sizes) * min(shape)
        # What fills a field is what it was pointed at.
        near = 0.2 if is_subject or radius > 0.3 * min(shape) else 0.48
        for _ in range(_TRIES):
            y, x = (rng.uniform(0.5 - near, 0.5 + near) * n for n in shape)
            if all(np.hypot(y - v, x - u) > _APART * (radius + r) for v, u, r in found):
                found.append((y, x, radius))
                break
    return found


def _random_body(streams, arcsec, pictures, shown):
    label = str(streams.rng.choice(WIDE_CLASSES, p=_SHARES))
    real = [body for body in pictures if body.label == label]
    if real and streams.chance(shown):
        body = real[streams.rng.integers(len(real))]
        short, long = sorted(body.picture.shape)
        return replace(body, angular_size=float(2 * arcsec * long / short))
    kinds = [kind for kind in KINDS.values() if kind.label == label and kind.name not in _WITHOUT_A_BOX]
    weights = np.array([kind.weight for kind in kinds])
    kind = kinds[streams.rng.choice(len(kinds), p=weights / weights.sum())].name
    return random_body(kind, streams.rng, angular_radius=float(arcsec))


def _drawn(body, centre, radius, shape, pixel_scale, responses, streams):
    """See a body through the window that it fills of the field."""
    edges = [
        (max(0, int(c - _REACH * radius)), min(n, int(c + _REACH * radius) + 2))
        for c, n in zip(centre, shape, strict=True)
    ]
    (top, bottom), (left, right) = edges
    factor = 2 if max(bottom - top, right - left) > _FINE else 1
    window = tuple(-(-(high - low) // factor) for low, high in edges)
    middle = (low + (n * factor - 1) / 2 for (low, _), n in zip(edges, window, strict=True))
    angle = float(streams.rng.uniform(0, 2 * np.pi))
    offset = ((m - c) / radius for m, c in zip(middle, centre, strict=True))
    view = View(
        window,
        radius / factor,
        tuple(float(o) for o in turned(*offset, angle)),
        angle,
        pixel_scale * factor,
    )
    scene = body.scene(view)
    diffuse, points = _in_bands(scene, responses, factor)
    diffuse = diffuse * _fading(view)
    diffuse = torch.stack([enlarge(each, [n * factor for n in window]) for each in diffuse]) / factor**2
    diffuse = diffuse[:, : bottom - top, : right - left]
    points[:2] += np.array([[top], [left]])
    name = getattr(body, "name", None) or str(body.seed)
    return PlacedBody(body.label, body.kind, name, top, left, diffuse, points)


def _in_bands(scene, responses, factor):
    observed = [scene.observed(response) for response in responses]
    y, x, _ = observed[0][1]
    place = np.stack([y, x]) * factor + (factor - 1) / 2
    diffuse = torch.stack([each for each, _ in observed])
    return diffuse, np.concatenate([place, [points[2] for _, points in observed]])


def _fading(view):
    v, u = view.grid()
    distance = torch.sqrt(v * v + u * u)
    return ((_REACH - distance) / _FADED).clamp(0, 1)


# How bright, and where it ends --------------------------------------------------------------------


def _made_visible(seen, radius, noise, streams):
    """Give a body the light that it has for those who show it, and the box that it then fills."""
    is_cluster = seen.label == "star cluster"
    light = seen.diffuse.sum(dim=0)
    if seen.label != "nebula":  # of which stars are no part
        light = light + splat(_in_window(seen, is_cluster), light.shape)
    scale = max(_SMOOTHED, noise.fwhm / 2.355, (_CLUSTER_SMOOTHED if is_cluster else _BODY_SMOOTHED) * radius)
    smooth = ndimage.gaussian_filter(light.numpy(), scale, mode="nearest", truncate=3)
    # Gaussian weights of this width average so many pixels: the noise falls by 2 sqrt(pi) sigma.
    pixel = np.hypot(noise.pixel, noise.confusion if is_cluster else 0.0)
    limit = max(_LIMIT_NOISE * pixel / (2 * np.sqrt(np.pi) * scale), noise.limit)
    factor = 1.0
    if not streams.chance(_AS_IT_IS):
        half = max(_isophote(smooth, 0.5), 1e-30)
        factor = float(np.clip(streams.log_uniform(*_CONTRAST) * limit / half, *_FACTORS))
    box, snr = _edge(smooth * factor, limit, noise.pixel)
    least = (_CLUSTER_WIDTHS if is_cluster else _LEAST_WIDTHS) * noise.fwhm
    box = None if box is None or size_of(box) < least else _in_field(box, seen)
    points = _no_brighter(seen.points, streams.log_uniform(*_BRIGHTEST_STAR) * float(light.sum())) * factor
    points[:2] = seen.points[:2]
    return replace(seen, diffuse=seen.diffuse * factor, points=points, box=box, snr=snr)


def _no_brighter(points, most):
    flux = points[2:].sum(axis=0)
    return points * np.minimum(1.0, most / np.maximum(flux, 1e-30))


def _in_window(seen, is_cluster):
    y, x, flux = seen.points[0] - seen.top, seen.points[1] - seen.left, seen.points[2:].sum(axis=0)
    if is_cluster and flux.size:
        flux = np.minimum(flux, np.sort(flux)[-min(_STAR_OF_A_CLUSTER, flux.size)])
    return np.stack([y, x, flux])


def _edge(smooth, limit, pixel):
    """The box about what is brighter than the limiting isophote, in the window's pixels, and its S/N."""
    inside = smooth > limit
    area = int(inside.sum())
    if area == 0:
        return None, 0.0
    snr = float(smooth[inside].sum() / (pixel * np.sqrt(area)))
    sides = []
    for axis in (0, 1):  # rows are summed for the columns' edges
        enclosed = np.cumsum(inside.sum(axis=axis)) / area
        first, last = np.searchsorted(enclosed, (_SPECKS, 1 - _SPECKS))
        sides += [float(first) - 0.5, float(last) + 0.5]
    return tuple(sides), snr


def _in_field(box, seen):
    x_min, x_max, y_min, y_max = box
    return x_min + seen.left, x_max + seen.left, y_min + seen.top, y_max + seen.top


# What is left when stars are taken out, and the table ---------------------------------------------


def table_of(placed):
    """
    List the bodies that are seen.

    Parameters
    ----------
    placed : list of PlacedBody
        All bodies.

    Returns
    -------
    astropy.table.QTable
        ``class``, ``x_min``, ``x_max``, ``y_min``, ``y_max`` (pixels, centres at integers), ``snr``,
        ``size`` (geometric mean of the sides, pixels), ``kind`` and ``body``; the largest first.
    """
    seen = [body for body in placed if body.box is not None and body.snr >= LEAST_SNR]
    seen = sorted(
        (body for body in seen if size_of(body.box) >= LEAST_SIZE), key=lambda body: -size_of(body.box)
    )
    boxes = np.array([body.box for body in seen], float).reshape(-1, 4)
    table = QTable()
    table["class"] = np.array([body.label for body in seen], dtype="U12")
    for name, column in zip(("x_min", "x_max", "y_min", "y_max"), boxes.T, strict=True):
        table[name] = column
    table["snr"] = np.array([body.snr for body in seen], float)
    table["size"] = np.array([size_of(body.box) for body in seen], float)
    table["kind"] = np.array([body.kind for body in seen], dtype="U12")
    table["body"] = np.array([body.name for body in seen], dtype=str)
    return table


def size_of(box):
    """
    Give the size of a box.

    Parameters
    ----------
    box : sequence of float
        x_min, x_max, y_min, y_max.

    Returns
    -------
    float
        Geometric mean of its sides.
    """
    return float(np.sqrt((box[1] - box[0]) * (box[3] - box[2])))


def without_stars(body, brightest):
    """
    Take from a body the points that stand out as stars.

    Parameters
    ----------
    body : PlacedBody
        The body. What a galaxy has of points stays: at its distance they are no single stars.
    brightest : float
        Electrons per second, in the bands together, up to which a point is part of the glow.

    Returns
    -------
    PlacedBody
        The body.
    """
    if body.label == "galaxy":
        return body
    glow = body.points[2:].sum(axis=0) <= brightest
    return replace(body, points=body.points[:, glow])
