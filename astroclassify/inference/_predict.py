"""Running a model over arrays, one frame at a time."""

from dataclasses import dataclass

import numpy as np

from astroclassify.core import AstroclassifyError, FrameError, ParameterError, PluginError


@dataclass(frozen=True, eq=False)
class Prediction:
    """
    What a network said of one frame, before calibration.

    Parameters
    ----------
    logits : numpy.ndarray
        Float64, one per class.
    evidence : numpy.ndarray or None
        Float32 ``[K, h, w]``, each class's part of the logits place by place.
    """

    logits: np.ndarray
    evidence: np.ndarray | None = None


def predict(model, arrays):
    """
    Run a model over frames.

    Every frame passes the network alone, so what else is in the list never changes a result,
    and frames need not have one size. Torch's own settings (threads, seeds, gradients) are
    left as they are.

    Parameters
    ----------
    model : Model
        A model from `~astroclassify.models.build_model`.
    arrays : iterable of numpy.ndarray
        Float32 frames ``[y, x]``, NaN on unusable pixels, as
        `~astroclassify.preprocess.frame_array` gives them.

    Returns
    -------
    list of Prediction
        One per frame.

    Raises
    ------
    FrameError
        If the model cannot take a frame.
    PluginError
        If the model's preprocessing or network fails or breaks its contract.
    """
    return [_predict_one(model, array) for array in arrays]


def checked_planes(spec, array):
    """
    Preprocess a frame and check what came out.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    array : numpy.ndarray
        Float32 frame ``[y, x]``.

    Returns
    -------
    numpy.ndarray
        Float32 ``[C, H, W]``, finite, C-contiguous and writeable.

    Raises
    ------
    PluginError
        If the preprocessing fails or gives anything else.
    """
    planes = _guarded(f"the preprocessing of the model {spec.name!r}", spec.planes, array)
    if not isinstance(planes, np.ndarray) or planes.dtype != np.float32 or planes.ndim != 3:
        raise PluginError(
            f"the preprocessing of the model {spec.name!r} gave {_described(planes)}; "
            "expected a float32 array [channels, height, width]"
        )
    if not np.isfinite(planes).all():
        raise PluginError(f"the preprocessing of the model {spec.name!r} gave values that are not finite")
    return np.require(planes, requirements=["C", "W"])


def _predict_one(model, array):
    import torch

    planes = checked_planes(model.spec, array)
    with torch.inference_mode():
        batch = torch.from_numpy(planes)[None].to(model.device)
        run = model.module.evidence if model.has_evidence else model.module
        output = _guarded(f"the model {model.spec.name!r}", run, batch)
    logits, evidence = output if model.has_evidence else (output, None)
    return Prediction(
        _checked_logits(model.spec, logits), None if evidence is None else evidence[0].float().cpu().numpy()
    )


def _checked_logits(spec, logits):
    expected = (1, len(spec.classes))
    if tuple(logits.shape) != expected:
        raise PluginError(
            f"the model {spec.name!r} gave logits of the shape {tuple(logits.shape)}; expected {expected}"
        )
    values = logits[0].double().cpu().numpy()
    if not np.isfinite(values).all():
        raise PluginError(f"the model {spec.name!r} gave logits that are not finite: {values}")
    return values


def _guarded(what, function, argument):
    try:
        return function(argument)
    except ParameterError as error:
        raise FrameError(f"{what} cannot take this frame: {error}") from error
    except AstroclassifyError:
        raise
    except Exception as error:  # a plug-in may fail in any way
        raise PluginError(
            f"{what} failed on an array of the shape {tuple(argument.shape)}: {type(error).__name__}: {error}"
        ) from error


def _described(value):
    if isinstance(value, np.ndarray):
        return f"a {value.dtype} array of the shape {value.shape}"
    return f"a {type(value).__name__}"
