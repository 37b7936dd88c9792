"""Statistics of the planes that a network takes."""

import numpy as np


def plane_statistics(planes):
    """
    Give the mean and the spread of each plane of a frame.

    Parameters
    ----------
    planes : numpy.ndarray
        ``[..., H, W]``.

    Returns
    -------
    dict of str to numpy.ndarray
        ``mean`` and ``spread`` (standard deviation), ``[...]`` each.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.inference import plane_statistics
    >>> plane_statistics(np.array([[[0.0, 2.0]], [[1.0, 1.0]]]))["spread"]
    array([1., 0.])
    """
    planes = np.asarray(planes, dtype=float)
    return {"mean": planes.mean(axis=(-2, -1)), "spread": planes.std(axis=(-2, -1))}
