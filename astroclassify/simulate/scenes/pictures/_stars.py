"""Stars of a picture: found, measured, taken out of it, so that they become points again."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage

from astroclassify.simulate._textures import power_law
from astroclassify.simulate.scenes.pictures._source import block_mean

#: Sizes of stars that are looked for, sigma in pixels.
_SIZES, _STEP = (0.9, 1.4, 2.2, 3.4), 1.55
#: A star stands out of what is around it by so many times the usual roughness there, and is round.
_SIGNIFICANCE, _ROUNDNESS = 4.5, 0.4
#: Its light lies within so many sigma; this part of its peak is left at most at that distance.
_REACH, _LEFT = 2.6, 0.35
_MOST = 50_000
#: In crowded fields the faint ones are found once the bright ones are gone: passes at most, and the part of
#: all stars that makes another one worth while.
_PASSES, _FEW = 3, 0.05
#: Light between stars is that of fainter ones where more of the pixels than the first part, all of it from
#: the second on, belong to stars, within so many pixels. They are as many as dN/dF of F**-1.8 says, down to a
#: twentieth of the median of those seen. Of our own choice.
_CROWDED, _AROUND, _INDEX, _RANGE = (0.3, 0.6), 8.0, 1.8, 20.0
#: And where stars send more than the first part of all light, all of it from the second on.
_OF_STARS = (0.15, 0.4)
_MOST_UNRESOLVED, _BRIGHTER = 60_000, 1.2


@dataclass(frozen=True, eq=False)
class PictureStars:
    """
    Stars taken out of a picture.

    Parameters
    ----------
    y, x : numpy.ndarray
        Pixels, 0-based, centres at integers.
    flux : numpy.ndarray
        Light in each plane, ``[n, N]``, zero or more, in the planes' unit times pixels.
    """

    y: np.ndarray
    x: np.ndarray
    flux: np.ndarray


def separated(planes, rng, *, all_light=False):
    """
    Take the stars out of a picture.

    Parameters
    ----------
    planes : numpy.ndarray
        Light, ``[n, y, x]``, zero or more.
    rng : numpy.random.Generator
        Of the stars that the picture does not resolve.
    all_light : bool, default False
        Whether all light between the stars is that of fainter stars, crowded or not, as in a star cluster.

    Returns
    -------
    planes : numpy.ndarray
        Light without stars; where they were it goes on smoothly.
    stars : PictureStars
        Places and light; what is taken out of the planes is in them.

    Notes
    -----
    A star is a maximum of differences of Gaussians (sigma 0.9 to 3.4 pixels) that is 4.5 times
    the usual response around it, round, and dark at 2.6 sigma. Where stars are crowded, the light between
    them becomes fainter stars, drawn from a luminosity function. Spikes and haloes of bright stars stay.
    Compact H II regions and clusters of a distant galaxy are taken for stars, as they are points at that
    resolution.
    """
    found, near = [no_stars(len(planes))], np.zeros(planes.shape[1:], bool)
    for _ in range(_PASSES):
        planes, stars, here = _one_pass(planes)
        found.append(stars)
        near |= here
        if stars.y.size < _FEW * sum(each.y.size for each in found):
            break
    seen = _joined(found)
    if seen.y.size == 0:
        return planes, seen
    share = 1.0 if all_light else _between_stars(planes.sum(axis=0), near, seen)
    planes, unresolved = _resolved(planes, share, seen, rng, at_most=np.inf if all_light else _BRIGHTER)
    return planes.astype(np.float32), _joined([seen, unresolved])


def _joined(lists):
    return PictureStars(
        *(np.concatenate([getattr(s, n) for s in lists], axis=-1) for n in ("y", "x", "flux"))
    )


def no_stars(planes):
    """
    Give an empty list of stars.

    Parameters
    ----------
    planes : int
        Number of planes.

    Returns
    -------
    PictureStars
        Without any.
    """
    return PictureStars(np.zeros(0), np.zeros(0), np.zeros((planes, 0)))


def nearest_pixels(image, y, x):
    """
    Say in which pixels positions lie.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``.
    y, x : numpy.ndarray
        Places; beyond the image its edge counts.

    Returns
    -------
    tuple of numpy.ndarray
        Rows and columns, to index the image with.
    """
    return tuple(
        np.clip(np.round(position), 0, n - 1).astype(int)
        for position, n in zip((y, x), image.shape, strict=True)
    )


def _one_pass(planes):
    """Take out the stars that stand out now."""
    image = planes.sum(axis=0)
    y, x, sigma = _found(image)
    if len(y) == 0:
        return planes, no_stars(len(planes)), np.zeros(image.shape, bool)
    radius = _REACH * sigma
    owner, near = _owners(image.shape, y, x, radius)
    filled = np.minimum(planes, _filled(planes, near))
    excess = planes - filled
    flux = np.stack([np.bincount(owner[near], plane[near], len(y)) for plane in excess])
    stars = PictureStars(*_centroids(excess.sum(axis=0), owner, near, y, x), flux)
    return filled.astype(np.float32), stars, near


def _resolved(planes, share, seen, rng, *, at_most):
    """Make stars of this share of each pixel's light; each at most so many times as bright as is likely."""
    smooth = np.stack([broad(plane * share, _AROUND / 2, thinned=2) for plane in planes])
    total = smooth.sum(axis=0, dtype=np.float64)
    brightest = float(np.median(seen.flux.sum(axis=0)))
    if not total.sum() > 0 or not brightest > 0:
        return planes, no_stars(len(planes))
    # Mean of the power law from brightest / range to brightest.
    mean = brightest * _mean_of_power_law(_INDEX, _RANGE) / _RANGE
    number = int(min(total.sum() / mean, _MOST_UNRESOLVED))
    flux = power_law(rng, number, _INDEX, ratio=_RANGE)
    pixel = rng.choice(total.size, number, p=(total / total.sum()).ravel())
    colour = (smooth / np.maximum(total, 1e-30)).reshape(len(planes), -1)[:, pixel]
    y, x = (position + rng.uniform(-0.5, 0.5, number) for position in np.divmod(pixel, total.shape[1]))
    # As bright as the light that they replace; what is left goes on smoothly where there would be too many.
    scale = min(total.sum() / flux.sum(), at_most * mean * number / flux.sum()) if number else 0.0
    left = 1 - scale * flux.sum() / total.sum()
    planes = planes * (1 - share) + max(left, 0.0) * smooth
    return planes, PictureStars(y, x, colour * flux * scale)


def _between_stars(image, near, seen):
    """How far the light of each pixel is that of crowded stars, 0 to 1."""
    of_stars = np.zeros(image.shape)
    np.add.at(of_stars, nearest_pixels(image, seen.y, seen.x), seen.flux.sum(axis=0))
    of_stars = broad(of_stars, 2 * _AROUND)
    of_all = of_stars + broad(image, 2 * _AROUND)
    part = of_stars / np.maximum(of_all, 1e-12 * of_all.max())
    area = broad(near.astype(np.float32), _AROUND)
    steps = (
        np.clip((a - low) / (high - low), 0, 1) for a, (low, high) in ((area, _CROWDED), (part, _OF_STARS))
    )
    return np.multiply(*steps)


def _mean_of_power_law(index, ratio):
    """Of dN/dF = F**-index from 1 to ratio."""
    one, two = 1 - index, 2 - index
    return (ratio**two - 1) / two / ((ratio**one - 1) / one)


def _found(image):
    """Rows, columns and sizes of stars, brightest first."""
    root = np.sqrt(image)  # nearer to what an eye sees, so that stars in bright parts are seen as well
    smooth = [ndimage.gaussian_filter(root, s, truncate=3) for s in (*_SIZES, _SIZES[-1] * _STEP)]
    responses = np.stack([(a - b) / (_STEP**2 - 1) * 2 for a, b in pairwise(smooth)])
    best, size = responses.max(axis=0), responses.argmax(axis=0)
    usual = broad(np.minimum(np.abs(best), 4 * np.median(np.abs(best[::2, ::2])) + 1e-6), 12)
    peak = (best == ndimage.maximum_filter(best, 5)) & (best > _SIGNIFICANCE * usual) & (best > 0.01)
    y, x = np.nonzero(peak)
    order = np.argsort(-best[y, x], kind="stable")[:_MOST]
    y, x = y[order], x[order]
    sigma = np.array(_SIZES)[size[y, x]]
    chosen = _are_round(np.stack(smooth[:-1]), y, x, size[y, x]) & _are_compact(image, y, x, sigma)
    return y[chosen], x[chosen], sigma[chosen]


def _are_round(smooth, y, x, size):
    """The smaller curvature at the peak is not much less than the larger."""
    rows, columns = smooth.shape[1:]
    y, x = np.clip(y, 1, rows - 2), np.clip(x, 1, columns - 2)

    def at(dy, dx):
        return smooth[size, y + dy, x + dx].astype(np.float64)

    yy, xx = (at(1, 0) + at(-1, 0) - 2 * at(0, 0)), (at(0, 1) + at(0, -1) - 2 * at(0, 0))
    yx = (at(1, 1) + at(-1, -1) - at(1, -1) - at(-1, 1)) / 4
    mean, spread = (yy + xx) / 2, np.hypot((yy - xx) / 2, yx)
    return (-mean - spread) / np.maximum(-mean + spread, 1e-12) > _ROUNDNESS


def _are_compact(image, y, x, sigma):
    """What is left of the peak at the star's edge, over the darkest there, is little."""
    angles = np.arange(12) * np.pi / 6
    reach = (_REACH * sigma)[:, None]
    ring = ndimage.map_coordinates(
        image,
        [y[:, None] + reach * np.sin(angles), x[:, None] + reach * np.cos(angles)],
        order=1,
        mode="nearest",
    )
    return np.quantile(ring, 0.4, axis=1) < _LEFT * image[y, x] + (1 - _LEFT) * ring.min(axis=1)


def _owners(shape, y, x, radius):
    """For each pixel the nearest star's number, and whether it belongs to a star's light."""
    seeds = np.ones(shape, bool)
    seeds[y, x] = False
    distance, (row, column) = ndimage.distance_transform_edt(seeds, return_indices=True)
    number = np.zeros(shape, np.int64)
    number[y, x] = np.arange(len(y))
    owner = number[row, column]
    return owner, distance <= radius[owner] + 1


def _filled(planes, near):
    """What is around the holes, smoothly; averages of ever larger surroundings where they are wide."""
    known = (~near).astype(np.float32)
    weight = ndimage.gaussian_filter(known, 2.0, truncate=3)
    smooth = [ndimage.gaussian_filter(plane * known, 2.0, truncate=3) for plane in planes]
    far = weight < 0.1
    if far.any():
        around = known.copy()
        for sigma in (8.0, 32.0, 128.0):
            around = broad(known, sigma)
            wide = [broad(plane * known, sigma) for plane in planes]
            use = far & (around > 0.03)
            for one, other in zip(smooth, wide, strict=True):
                one[use] = other[use]
            weight[use] = around[use]
            far &= ~use
        weight[far] = np.inf
    return np.where(near, np.stack(smooth) / weight, planes)


def broad(image, sigma, *, thinned=4):
    """
    Smooth by a wide Gaussian, on fewer pixels.

    Parameters
    ----------
    image : numpy.ndarray
        ``[y, x]``.
    sigma : float
        Pixels.
    thinned : int, default 4
        Pixels on a side that are averaged first.

    Returns
    -------
    numpy.ndarray
        Of the same shape.
    """
    rows, columns = image.shape
    padded = np.pad(image, [(0, -n % thinned) for n in image.shape], mode="edge")
    small = ndimage.gaussian_filter(block_mean(padded[None], thinned)[0], sigma / thinned, truncate=3)
    return ndimage.zoom(small, thinned, order=1, mode="nearest", grid_mode=True)[:rows, :columns]


def _centroids(excess, owner, near, y, x):
    """Centres of light; where there is none, the pixel's."""
    total = np.bincount(owner[near], excess[near], len(y))
    known, positions = total > 0, []
    for axis, peak in enumerate((y, x)):
        moment = np.bincount(owner[near], excess[near] * np.nonzero(near)[axis], len(y))
        positions.append(np.where(known, moment / np.where(known, total, 1), peak))
    return positions
