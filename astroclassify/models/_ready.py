"""Models that stay built from one answer to the next."""

import os
from functools import lru_cache

from astroclassify.core import ParameterError, file_stamp
from astroclassify.models._build import Model, build_model, find_spec
from astroclassify.models._device import resolve_device
from astroclassify.models._tasks import require_task
from astroclassify.models._weights import locate_weights

_MODELS_KEPT = 4


def ready_model(model="default", *, weights=None, device=None, precision="auto", task="frame"):
    """
    Give a model, built now or kept from before.

    Parameters
    ----------
    model : str, ModelSpec or Model, default "default"
        As for `astroclassify.classify`; a built model is given back.
    weights : str, path-like or Weights, optional
        As for `build_model`.
    device : str, optional
        As for `resolve_device`.
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        As for `build_model`.
    task : str, default "frame"
        What the model must be for.

    Returns
    -------
    Model
        The last four are kept; a weights file that has changed makes a new one.

    Raises
    ------
    ParameterError
        If the model is for another task, or a built one comes with weights, device or precision.
    AstroclassifyError
        As `build_model` does.

    Examples
    --------
    >>> from astroclassify.models import ready_model
    >>> ready_model() is ready_model("patchnet")
    True
    """
    if isinstance(model, Model):
        if weights is not None or device is not None or precision != "auto":
            raise ParameterError(
                "a built Model has its weights, device and precision; "
                "leave weights and device out, and precision 'auto'"
            )
        require_task(model.spec, task)
        return model
    spec, device = find_spec(model), resolve_device(device)
    require_task(spec, task)
    path, _, _ = locate_weights(spec, weights)
    stamps = tuple(file_stamp(file) for file in (path, path.with_suffix(".json")))
    weights = os.fspath(weights) if isinstance(weights, os.PathLike) else weights
    return _cached_model(spec, weights, stamps, device, precision)


@lru_cache(maxsize=_MODELS_KEPT)
def _cached_model(spec, weights, stamps, device, precision):
    """Keep built models; ``stamps`` makes a weights file that changed a new one."""
    return build_model(spec, weights=weights, device=device, precision=precision)
