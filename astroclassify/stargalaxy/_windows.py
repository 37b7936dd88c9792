"""Windows around sources, of a tile that has a margin of nothing around it."""

import numpy as np


def windows_of(images, y, x, size):
    """
    Cut windows.

    Parameters
    ----------
    images : numpy.ndarray
        ``[..., y, x]`` with a margin of at least half a window on all sides.
    y, x : numpy.ndarray of int
        Their middle pixels in the array.
    size : int
        Side; the middle pixel is ``[size // 2, size // 2]``.

    Returns
    -------
    numpy.ndarray
        ``[source, ..., y, x]``, a copy.
    """
    view = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(-2, -1))
    return np.moveaxis(view[..., y - size // 2, x - size // 2, :, :], -3, 0).copy()


def without_neighbours(windows, labels, own):
    """
    Take other sources out of windows: what lies on the other side of the source stands in for them.

    Parameters
    ----------
    windows : numpy.ndarray
        ``[source, ..., y, x]``; changed in place.
    labels : numpy.ndarray
        ``[source, y, x]``: to which source a pixel belongs, 0 for none.
    own : numpy.ndarray
        The label of each source.

    Returns
    -------
    numpy.ndarray
        Whether a pixel is taken out, ``[source, y, x]``.
    """
    foreign = (labels != 0) & (labels != own[:, None, None])
    # Turned by half a circle about the pixel [size // 2, size // 2]; row and column 0 have no counterpart.
    opposite = np.zeros_like(foreign)
    opposite[:, 1:, 1:] = foreign[:, :0:-1, :0:-1]
    turned = np.zeros_like(windows)
    turned[..., 1:, 1:] = windows[..., :0:-1, :0:-1]
    usable = foreign & ~opposite
    usable[:, 0, :] = usable[:, :, 0] = False
    between = (slice(None), *([None] * (windows.ndim - 3)))
    np.copyto(windows, turned, where=usable[between])
    np.copyto(windows, 0, where=(foreign & ~usable)[between])
    return foreign
