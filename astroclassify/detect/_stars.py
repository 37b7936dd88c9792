"""The stars of a frame: where, how bright, how round."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from astroclassify.detect._light import above_sky

#: Stars stand so many times above the noise, on so many pixels; no more than the brightest are kept.
_ABOVE, _LEAST_PIXELS, _MOST = 6.0, 4, 400
#: A source that is larger than this, in pixels along an axis, is no star (int).
_LARGEST = 60
#: Width of the smoothing before stars are looked for, and side of the boxes that their sky is measured in,
#: pixels.
_THIN, _SKY_BOX = 1.0, 24
#: The standard deviation of a Gaussian times this is its full width at half maximum: 2 sqrt(2 ln 2).
_FWHM = 2 * np.sqrt(2 * np.log(2))


@dataclass(frozen=True, eq=False)
class Stars:
    """
    The stars of a frame, the brightest first.

    Parameters
    ----------
    x, y : numpy.ndarray
        Where, pixels.
    flux : numpy.ndarray
        Light above the sky, the frame's unit.
    width : numpy.ndarray
        Full width at half maximum of each, along both axes alike, pixels.
    elongation : numpy.ndarray
        Longer over shorter axis.
    angle : numpy.ndarray
        Of the longer axis, radians from x to y.
    sky : float
        Level of the frame.
    """

    x: np.ndarray
    y: np.ndarray
    flux: np.ndarray
    width: np.ndarray
    elongation: np.ndarray
    angle: np.ndarray
    sky: float

    def __len__(self):
        return len(self.x)

    @property
    def fwhm(self):
        """The usual full width at half maximum, pixels; NaN without stars (float)."""
        return float(np.median(self.width)) if len(self) else np.nan

    @property
    def usual_elongation(self):
        """The usual elongation; NaN without stars (float)."""
        return float(np.median(self.elongation)) if len(self) else np.nan

    @property
    def alignment(self):
        """From 0, longer axes in all directions, to 1, all in one; 0 without stars (float)."""
        # An axis is the same turned by half a turn: twice the angle is averaged.
        return float(np.abs(np.mean(np.exp(2j * self.angle)))) if len(self) else 0.0


def stars_of(grey):
    """
    Find the stars of a frame.

    Parameters
    ----------
    grey : numpy.ndarray
        ``[y, x]``, finite.

    Returns
    -------
    Stars
        The 400 brightest at most.

    Raises
    ------
    OptionalDependencyError
        If photutils, of the extra ``detect``, is not installed.
    """
    light, noise = above_sky(grey, smoothed=_THIN, box=_SKY_BOX)
    labels, number = ndimage.label(light > _ABOVE * noise) if noise > 0 else (None, 0)
    if not number:
        none = np.zeros(0)
        return Stars(none, none, none, none, none, none, float(np.median(grey)))
    area = np.bincount(labels.ravel())[1:]
    sizes = [max(c.stop - c.start for c in box) for box in ndimage.find_objects(labels)]
    chosen = np.flatnonzero((area >= _LEAST_PIXELS) & (np.array(sizes) <= _LARGEST)) + 1
    flux = ndimage.sum_labels(light, labels, chosen)
    chosen = chosen[np.argsort(-flux, kind="stable")][:_MOST]
    return _measured(light, labels, chosen, float(np.median(grey)))


def _measured(light, labels, numbers, sky):
    y, x = np.indices(light.shape, dtype=float)
    flux = ndimage.sum_labels(light, labels, numbers)

    def mean(values):
        return ndimage.sum_labels(values * light, labels, numbers) / flux

    cx, cy = mean(x), mean(y)
    xx, yy, xy = mean(x * x) - cx**2, mean(y * y) - cy**2, mean(x * y) - cx * cy
    # Axes of the ellipse with these second moments; a pixel alone has 1/12.
    middle, apart = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    long, short = (np.sqrt(np.maximum(middle + sign * apart, 1 / 12)) for sign in (1, -1))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    return Stars(cx, cy, flux, _FWHM * np.sqrt(long * short), long / short, angle, sky)
