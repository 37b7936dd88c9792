"""Which device a model runs on."""

from astroclassify.core import ParameterError, conf


def resolve_device(device=None):
    """
    Choose the device of a model.

    Parameters
    ----------
    device : str or torch.device, optional
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``, ...; ``"auto"`` for a GPU where there
        is one; `None` for the setting ``conf.device``.

    Returns
    -------
    str
        A device that works here.

    Raises
    ------
    ParameterError
        If there is no such device on this computer.

    Examples
    --------
    >>> from astroclassify.models import resolve_device
    >>> resolve_device("cpu")
    'cpu'
    """
    import torch

    wanted = conf.device if device is None else str(device)
    if wanted == "auto":
        return _best_device(torch)
    try:
        torch.empty(1, device=wanted).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ParameterError(
            f"the device {wanted!r} cannot be used here; there is {_best_device(torch)!r} ({reason})"
        ) from error
    return str(torch.device(wanted))


def _best_device(torch):
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
