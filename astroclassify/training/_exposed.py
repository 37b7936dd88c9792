"""From a planned exposure to its frames and their class: the way of every source of simulated frames."""

import warnings

from astroclassify.core import FrameWarning
from astroclassify.preprocess import frame_array


def exposed_frames(plan, *, device="cpu"):
    """
    Make a planned exposure.

    Parameters
    ----------
    plan : ExposurePlan
        As of `~astroclassify.simulate.plan_exposure`.
    device : str or torch.device, default "cpu"
        Where to compute.

    Returns
    -------
    label : str
        The body's class, one of ``CLASSES``.
    frames : list of CCDData
        One for each chip, as the reader gives them.
    """
    return plan.body.label, plan.expose(device=device).frames(header=plan.header())


def exposed_arrays(exposure):
    """
    Give the frames of an exposure as arrays.

    Parameters
    ----------
    exposure : RawExposure
        The exposure. That its aperture has no overscan is passed over.

    Returns
    -------
    list of numpy.ndarray
        One for each chip, float32 ``[y, x]``, ADU.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FrameWarning)
        return [frame_array(frame) for frame in exposure.frames()]
