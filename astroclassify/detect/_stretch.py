"""The stretch in which stars are removed: any image to values about 0 to 1, and back."""

from dataclasses import dataclass

import numpy as np

from astroclassify.core import robust_sigma

#: Light is linear up to so many standard deviations of the noise, and logarithmic above (float).
_LINEAR = 3.0
#: The value that becomes 1, a quantile; and the least noise, as a share of the range: photographs have none.
_TOP, _LEAST_NOISE = 0.9995, 1e-3
#: So many pixels along the longer side tell the levels (int).
_SAMPLES = 512


@dataclass(frozen=True, eq=False)
class Stretch:
    """
    An inverse hyperbolic sine between an image's sky and its brightest light.

    Parameters
    ----------
    sky : numpy.ndarray
        Level of each plane.
    soft : float
        Light above the sky where the stretch turns from linear to logarithmic.
    top : float
        What the brightest light becomes before it is divided to 1.
    """

    sky: np.ndarray
    soft: float
    top: float

    @classmethod
    def of(cls, image):
        """
        Measure the levels of an image.

        Parameters
        ----------
        image : numpy.ndarray
            ``[y, x, plane]``, finite.

        Returns
        -------
        Stretch
            That of the image.
        """
        step = max(1, max(image.shape) // _SAMPLES)
        sample = image[::step, ::step].reshape(-1, image.shape[-1]).astype(float)
        sky = np.median(sample, axis=0)
        noise = np.mean([robust_sigma(p[p <= s], about=s) for p, s in zip(sample.T, sky, strict=True)])
        reach = float(np.quantile((sample - sky).max(axis=1), _TOP))
        soft = _LINEAR * max(float(noise), _LEAST_NOISE * reach, np.finfo(np.float32).tiny)
        return cls(sky.astype(np.float32), soft, max(float(np.arcsinh(reach / soft)), 1e-3))

    def forward(self, image):
        """
        Stretch.

        Parameters
        ----------
        image : numpy.ndarray
            ``[y, x, plane]``.

        Returns
        -------
        numpy.ndarray
            Float32: the sky at 0, the brightest light at about 1.
        """
        return (np.arcsinh((image - self.sky) / self.soft) / self.top).astype(np.float32)

    def inverse(self, values):
        """
        Undo the stretch.

        Parameters
        ----------
        values : numpy.ndarray
            ``[y, x, plane]``.

        Returns
        -------
        numpy.ndarray
            Float32, in the image's own scale.
        """
        return (np.sinh(values.astype(float) * self.top) * self.soft + self.sky).astype(np.float32)
