"""What a detector of bodies looks at: an image of any kind on scales that do not depend on its unit.

As many rows and columns as the image has, and five planes:

0. to 2. *range*, *noise* and *rank* of the luminance, as `working_planes` makes them;
3. and 4. *red* and *blue*: how far these colours rise above the sky more than green does, in units of the
   luminance's range, asinh-stretched; zero where an image has one colour.
"""

import numpy as np

from astroclassify.core import ParameterError
from astroclassify.preprocess._planes import working_planes

#: Luminance of red, green and blue (ITU-R BT.601), as pictures in grey are made.
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
_RANGE = (0.01, 0.997)
#: The sky is estimated from every so many pixels along each axis.
_STEP = 4


def detection_planes(image):
    """
    Make the input planes of a detector.

    Parameters
    ----------
    image : numpy.ndarray
        Float, ``[y, x]``, or ``[y, x, 3]`` for red, green and blue; counts or a photograph, in any unit; NaN
        where a pixel is unusable.

    Returns
    -------
    numpy.ndarray
        Planes, float32, ``[5, y, x]``.

    Raises
    ------
    ParameterError
        If the image has another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import detection_planes
    >>> detection_planes(np.eye(64, dtype=np.float32)).shape
    (5, 64, 64)
    """
    image = np.asarray(image, np.float32)
    if image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)):
        raise ParameterError(f"the image has the shape {image.shape}; expected (y, x) or (y, x, 3)")
    grey = image if image.ndim == 2 else image @ _LUMINANCE
    shape = grey.shape
    planes = np.zeros((5, *shape), np.float32)
    planes[:3] = working_planes(grey, side=np.sqrt(shape[0] * shape[1]))[:3]
    if image.ndim == 3:
        planes[3], planes[4] = _colours(image, grey)
    return planes


def _colours(image, grey):
    sample = image[::_STEP, ::_STEP].reshape(-1, 3)
    usable = np.isfinite(sample).all(axis=1)
    if not usable.any():
        return np.zeros_like(grey), np.zeros_like(grey)
    sky = np.median(sample[usable], axis=0)
    low, high = np.quantile(grey[::_STEP, ::_STEP][np.isfinite(grey[::_STEP, ::_STEP])], _RANGE)
    scale = max(float(high - low), 1e-6 * max(abs(float(high)), abs(float(low))), 1e-30)
    green = image[..., 1] - sky[1]
    for_each = (np.nan_to_num(((image[..., k] - sky[k]) - green) / scale) for k in (0, 2))
    return tuple(np.arcsinh(5 * np.clip(rise, -1, 1)) / np.float32(2 * np.arcsinh(5)) for rise in for_each)
