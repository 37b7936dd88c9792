"""Drawing stars and parts of galaxies: their transforms times that of the optics, one stamp for each."""

from dataclasses import dataclass

import numpy as np

from astroclassify.simulate.survey._profiles import transform
from astroclassify.simulate.survey._spread import folded, frequencies

_SIZES = (32, 48, 96, 192, 384)  # sides of the stamps, pixels
_BATCH = 200_000  # complex numbers that are worked on at a time
_RADII_SEEN = {0.5: 2.2, 1.0: 4.5, 2.0: 6.0, 3.0: 7.0, 4.0: 8.0}
_POINT = 0.0


@dataclass(frozen=True, eq=False)
class Parts:
    """
    What objects are made of: points and elliptical Sersic profiles.

    Parameters
    ----------
    y, x : numpy.ndarray
        Places in pixels, ``[part]``.
    electrons : numpy.ndarray
        Of all the exposures together, ``[part, band]``.
    radius : numpy.ndarray
        Half-light radius of the major axis, pixels; 0 for points.
    ratio, angle : numpy.ndarray
        Axis ratio; direction of the major axis from x towards y, radians.
    index : numpy.ndarray
        Sersic index: 0.5, 1, 2, 3 or 4.
    owner : numpy.ndarray of int
        To which object a part belongs.
    """

    y: np.ndarray
    x: np.ndarray
    electrons: np.ndarray
    radius: np.ndarray
    ratio: np.ndarray
    angle: np.ndarray
    index: np.ndarray
    owner: np.ndarray

    def __len__(self):
        return self.y.size

    def __getitem__(self, rows):
        return Parts(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @classmethod
    def joined(cls, several):
        """
        Join parts.

        Parameters
        ----------
        several : sequence of Parts
            Some.

        Returns
        -------
        Parts
            All of them.
        """
        names = cls.__dataclass_fields__
        return cls(*(np.concatenate([getattr(parts, name) for parts in several]) for name in names))


def draw(images, parts, spreads, noise):
    """
    Add parts to images.

    Parameters
    ----------
    images : numpy.ndarray
        float32 ``[band, y, x]``, changed in place.
    parts : Parts
        What to draw.
    spreads : sequence of FieldSpread
        Of each band.
    noise : numpy.ndarray
        Rms of a pixel in each band, electrons: what is much fainter is not drawn.
    """
    shape = images.shape[1:]
    near = _nearby(parts, shape, _SIZES[-1] // 2)
    parts = parts[near]
    sizes = _stamp_sizes(parts, spreads, noise)
    for size in np.unique(sizes):
        for index in np.unique(parts.index[sizes == size]):
            chosen = np.flatnonzero((sizes == size) & (parts.index == index))
            chosen = chosen[_nearby(parts[chosen], shape, size // 2)]
            most = max(1, int(_BATCH // (size * size)))
            for start in range(0, chosen.size, most):
                _add(images, parts[chosen[start : start + most]], size, float(index), spreads)


def _nearby(parts, shape, reach):
    rows = (parts.y > -reach) & (parts.y < shape[0] - 1 + reach)
    return rows & (parts.x > -reach) & (parts.x < shape[1] - 1 + reach)


def _stamp_sizes(parts, spreads, noise):
    """How large a stamp a part needs, so that what is left out is less than a tenth of the noise."""
    reach = np.full(len(parts), 14.0)
    for band, spread in enumerate(spreads):
        profile = spread.profile()
        # The profile falls: the distance where a star's light is a tenth of the noise.
        limit = 0.1 * noise[band] / np.maximum(parts.electrons[:, band], 1e-9)
        reach = np.maximum(reach, np.interp(-limit, -profile, np.arange(profile.size), right=profile.size))
    seen = np.array([_RADII_SEEN.get(float(index), 0.0) for index in parts.index])
    reach = np.maximum(np.where(parts.radius > 0, np.minimum(reach, 14.0), reach), seen * parts.radius + 6.0)
    return np.array(_SIZES)[np.minimum(np.searchsorted(_SIZES, 2 * reach), len(_SIZES) - 1)]


def _add(images, parts, size, index, spreads):
    """Draw parts of one kind and one size."""
    first = np.stack([np.round(parts.y), np.round(parts.x)]).astype(int) - size // 2
    offset = parts.y - first[0], parts.x - first[1]
    spectra = {s: _spectrum(parts, offset, size, index, s) for s in {s.oversampling for s in spreads}}
    stamps = np.empty((len(parts), len(spreads), size, size), np.float32)
    for band, spread in enumerate(spreads):
        seen = spectra[spread.oversampling] * spread.transfer(size)
        stamps[:, band] = folded(seen, size, spread.oversampling)
        stamps[:, band] *= parts.electrons[:, band, None, None]
    for stamp, y, x in zip(stamps, *first, strict=True):
        _paste(images, stamp, y, x)


def _spectrum(parts, offset, size, index, oversampling):
    """Transforms of the parts, each at its place in the stamp."""
    fy, fx = (f.astype(np.float32) for f in frequencies(size, oversampling))
    turn_y = np.exp(-2j * np.pi * fy * offset[0][:, None]).astype(np.complex64)
    turn_x = np.exp(-2j * np.pi * fx * offset[1][:, None]).astype(np.complex64)
    moved = turn_y[:, :, None] * turn_x[:, None, :]
    if index == _POINT:
        return moved
    c, s, r, q = (
        v.astype(np.float32)[:, None, None]
        for v in (np.cos(parts.angle), np.sin(parts.angle), parts.radius, parts.ratio)
    )
    # The transform of a profile that is squeezed by q along its minor axis is that of the round one at the
    # frequency squeezed alike.
    along, across = c * fx + s * fy[:, None], q * (c * fy[:, None] - s * fx)
    return moved * transform(2 * np.pi * r * np.sqrt(along * along + across * across), index)


def _paste(images, stamp, y, x):
    size = stamp.shape[-1]
    top, left = max(0, -y), max(0, -x)
    bottom, right = min(size, images.shape[1] - y), min(size, images.shape[2] - x)
    if top < bottom and left < right:
        images[:, y + top : y + bottom, x + left : x + right] += stamp[:, top:bottom, left:right]
