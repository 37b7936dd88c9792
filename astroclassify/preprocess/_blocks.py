"""Pictures smaller than a frame: means of blocks of its pixels."""

import numpy as np

from astroclassify.preprocess._frame import FrameRows

#: The longer side of a thumbnail has at most so many pixels (int).
_THUMBNAIL_SIDE = 192
#: So many pixels of a block, along each axis, are enough for a thumbnail (int).
_SAMPLES = 4


def block_means(image, *, largest_side):
    """
    Average an image in square blocks, leaving out what is not finite.

    Parameters
    ----------
    image : numpy.ndarray
        Shape (height, width).
    largest_side : int
        The result's longer side is at most this.

    Returns
    -------
    numpy.ndarray
        Block means, NaN where a block has no finite pixel; the last blocks may be smaller.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import block_means
    >>> block_means(np.array([[1.0, 3.0, np.nan, np.nan], [np.nan, 5.0, np.nan, np.nan]]), largest_side=2)
    array([[ 3., nan]])
    """
    size = -(-max(image.shape) // largest_side)
    if size == 1:
        return image
    good = np.isfinite(image)
    total = _block_sums(np.where(good, image, 0.0), size)
    count = _block_sums(good.astype(np.float32), size)
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def _block_sums(image, size):
    rows = np.add.reduceat(image, np.arange(0, image.shape[0], size), axis=0)
    return np.add.reduceat(rows, np.arange(0, image.shape[1], size), axis=1)


def thumbnail(frame):
    """
    Make a small picture of a frame, quickly: block means of some of its pixels.

    Parameters
    ----------
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData`, `~astropy.units.Quantity` or array
        As for `frame_array`.

    Returns
    -------
    numpy.ndarray
        Float32 ``[y, x]``, at most 192 pixels along each axis, in the frame's own unit; NaN where no pixel
        can be used. It shares no memory with the frame.

    Raises
    ------
    FrameError
        As `frame_array` does.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.preprocess import thumbnail
    >>> thumbnail(np.ones((2048, 4096))).shape
    (82, 164)
    """
    rows = FrameRows(frame)
    step = max(1, max(rows.shape) // (_SAMPLES * _THUMBNAIL_SIDE))
    small = block_means(rows[::step, ::step], largest_side=_THUMBNAIL_SIDE)
    return np.array(small, dtype=np.float32)
