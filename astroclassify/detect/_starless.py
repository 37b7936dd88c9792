"""Stars removed from images: by a small network, or by morphology."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import ndimage

from astroclassify.core import checked, rules
from astroclassify.detect._classical import bridged, remove_stars_classically
from astroclassify.detect._image import load_image
from astroclassify.detect._networks import loaded
from astroclassify.detect._stretch import Stretch
from astroclassify.models import write_onnx

#: The weights that come with the package (pathlib.Path).
WEIGHTS = Path(__file__).parent / "data" / "starless.safetensors"
#: The network sees squares of this side, and keeps what is so far from their edges (int).
_TILE, _MARGIN = 640, 64
#: The image is continued by its mirror image so far: a network that sees nothing beyond the edge of a bright
#: body takes the edge for one of a star (int).
_MIRRORED = 16
#: Less than this share of the range is no star: there the image stays as it is (float).
_NOTHING = 0.004
#: Whether a hole is left is told by means over so many pixels (float).
_MEAN = 1.5


@checked(method=rules.one_of("network", "classical"), weights=rules.optional(rules.path))
def remove_stars(image, *, method="network", weights=None):
    """
    Remove the stars of an image.

    Parameters
    ----------
    image : path, bytes, array, `~astropy.nddata.CCDData`, ...
        As for `load_image`: counts or a photograph, in grey or colours, of any size.
    method : {"network", "classical"}, default "network"
        By a small network trained on simulated pairs, or by a morphological opening.
    weights : path-like, optional
        Of the network, by default those that come with the package; ``astroclassify
        train-starless`` makes others.

    Returns
    -------
    numpy.ndarray
        Float32 ``[y, x]`` or ``[y, x, 3]``, in the image's own scale. By the network no pixel is brighter
        than before, none is left darker than what is about its star, and where no star is it is as it was.

    Raises
    ------
    FrameError
        If the image cannot be used.
    ReadError
        If the file cannot be read.
    MissingWeightsError
        If the weights are not there.

    Notes
    -----
    The network sees the image stretched: an inverse hyperbolic sine from the sky to the brightest light. What
    it says is starlight is taken away there, and the stretch undone. Stars of a cluster are stars: of a
    resolved one only the glow is left.

    Examples
    --------
    >>> from astroclassify.detect import remove_stars
    >>> from astroclassify.simulate import wide_field
    >>> field = wide_field(3, shape=(96, 96), telescope="smart-50", style="photograph", objects=0)
    >>> starless = remove_stars(field.image)
    >>> bool(starless.max() < field.image.max())
    True
    """
    values = load_image(image).values
    if method == "classical":
        return remove_stars_classically(values)
    planes = np.atleast_3d(values)
    stretch = Stretch.of(planes)
    stretched = stretch.forward(planes)
    stars = _starlight(stretched, None if weights is None else str(weights))
    stars = np.where(stars > _NOTHING, stars, 0)
    left = _without_holes(stretched - stars, (stars > 0).any(axis=-1))
    made = np.where(stars > 0, stretch.inverse(left), planes)
    return np.minimum(made, planes).reshape(values.shape)


def _without_holes(left, mask):
    """Lift what is left of stars where it is darker, in the mean over pixels, than what is about them."""
    if not mask.any() or mask.all():
        return left
    lifted = left.copy()
    for n, plane in enumerate(np.moveaxis(left, -1, 0)):
        lack = bridged(plane, mask) - ndimage.gaussian_filter(plane, _MEAN)
        lifted[..., n] += np.where(mask, np.maximum(lack, 0), 0)
    return lifted


def export_starless(path, *, weights=None):
    """
    Write the network that removes stars into an ONNX file, and check that it answers alike.

    Parameters
    ----------
    path : path-like
        The file, replaced if it exists.
    weights : path-like, optional
        Of the network, by default those that come with the package.

    Returns
    -------
    dict
        What stands in the file's metadata.

    Raises
    ------
    MissingWeightsError
        If the weights are not there.
    OptionalDependencyError
        If a package of the extra ``onnx`` is not installed.

    Notes
    -----
    The input is a stretched picture ``[n, 3, h, w]``, the sky at 0 and the brightest light at about 1, with
    sides that are multiples of 8; the output what of it is starlight.
    """
    rng = np.random.default_rng(0)
    examples = [rng.uniform(-0.1, 1, (3, *shape)).astype(np.float32) for shape in ((96, 96), (64, 128))]
    return write_onnx(
        _network(None if weights is None else str(weights)), examples, path, {"model": "starless"}
    )


def _starlight(stretched, weights):
    """What of a stretched image ``[y, x, plane]`` is starlight: tile by tile, whole where it fits."""
    network, edge = _network(weights), slice(_MIRRORED, -_MIRRORED)
    stretched = np.pad(stretched, [(_MIRRORED, _MIRRORED)] * 2 + [(0, 0)], mode="symmetric")
    found = np.empty_like(stretched)
    rows, columns = stretched.shape[:2]
    for top in _starts(rows):
        for left in _starts(columns):
            part = slice(top, min(top + _TILE, rows)), slice(left, min(left + _TILE, columns))
            made = _of_tile(network, stretched[part])
            inner = tuple(_inner(cut, n) for cut, n in zip(part, (rows, columns), strict=True))
            cut = tuple(slice(i.start - p.start, i.stop - p.start) for i, p in zip(inner, part, strict=True))
            found[inner] = made[cut]
    return found[edge, edge]


def _starts(size):
    step = _TILE - 2 * _MARGIN
    return [0] if size <= _TILE else list(range(0, size - 2 * _MARGIN, step))


def _inner(cut, size):
    """What of a tile is kept: all that is far from its edges, but for the image's own."""
    start = cut.start + (_MARGIN if cut.start else 0)
    return slice(start, cut.stop - (_MARGIN if cut.stop < size else 0))


def _of_tile(network, tile):
    import torch

    step, (rows, columns, planes) = network.multiple, tile.shape
    given = np.repeat(tile, 3, axis=-1) if planes == 1 else tile
    padded = np.pad(given, [(0, -rows % step), (0, -columns % step), (0, 0)], mode="edge")
    with torch.inference_mode():
        batch = torch.from_numpy(np.moveaxis(padded, -1, 0)[None].copy())
        made = network(batch.contiguous(memory_format=torch.channels_last))[0].float().numpy()
    made = np.moveaxis(made, 0, -1)[:rows, :columns]
    return made.mean(axis=-1, keepdims=True) if planes == 1 else made


@lru_cache(maxsize=2)
def _network(weights):
    from astroclassify.models.nets.starless import StarlessNet

    path = WEIGHTS if weights is None else Path(weights)
    made_by = "astroclassify train-starless, or take method='classical'"
    return loaded(StarlessNet(), path, task="removes stars", made_by=made_by)
