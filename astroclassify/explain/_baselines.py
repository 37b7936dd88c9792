"""What a frame is compared with: the same frame with nothing in it, as far as planes can say that."""

import numpy as np

from astroclassify.core import UnknownNameError

#: The darker part of a frame is taken for sky (share of its cells).
_DARK = 0.5
#: Width of the blur, as a share of the planes' shorter side: larger than what a network looks at.
_BLUR = 0.125


def baseline_planes(name, planes):
    """
    Make the planes that an explanation starts from.

    Parameters
    ----------
    name : str
        One of `BASELINES`.
    planes : torch.Tensor
        Float32 ``[1, C, h, w]``.

    Returns
    -------
    torch.Tensor
        Planes of the same shape.

    Raises
    ------
    UnknownNameError
        If there is no such baseline.
    """
    import torch

    if name not in BASELINES:
        raise UnknownNameError(f"there is no baseline {name!r}; choose one of {', '.join(BASELINES)}")
    made = BASELINES[name](planes[0].cpu().numpy())
    return torch.from_numpy(np.ascontiguousarray(made, dtype=np.float32))[None].to(planes.device)


def _sky(planes):
    """The level of the frame's sky everywhere: each plane's median."""
    return np.broadcast_to(np.median(planes, axis=(1, 2), keepdims=True), planes.shape)


def _blurred(planes):
    """The frame, blurred until no structure is left."""
    from scipy import ndimage

    sigma = _BLUR * min(planes.shape[1:])
    return np.stack([ndimage.gaussian_filter(plane, sigma, mode="nearest") for plane in planes])


def _black(planes):
    """Each plane's least value: darker than the sky."""
    return np.broadcast_to(planes.min(axis=(1, 2), keepdims=True), planes.shape)


def _white(planes):
    """Each plane's largest value, as in a saturated frame: with black, the pair of XRAI's authors."""
    return np.broadcast_to(planes.max(axis=(1, 2), keepdims=True), planes.shape)


def _simulated_sky(planes):
    """
    Sky with this frame's noise: every cell has the values that one of the frame's dark cells has.

    The values of all planes are drawn together, so that a cell stays one that the preprocessing could give.
    """
    cells = planes.reshape(len(planes), -1)
    dark = np.flatnonzero(cells[0] <= np.quantile(cells[0], _DARK))
    drawn = np.random.default_rng(0).choice(dark, cells.shape[1])
    return cells[:, drawn].reshape(planes.shape)


#: What a frame can be compared with, by name (dict of callables of planes ``[C, h, w]``).
BASELINES = {
    "sky": _sky,
    "simulated-sky": _simulated_sky,
    "blurred": _blurred,
    "black": _black,
    "white": _white,
}
