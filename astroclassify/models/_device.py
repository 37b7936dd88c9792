"""Which device a model runs on, and what it can compute in."""

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


def has_bfloat16(device):
    """
    Say whether a device computes in bfloat16 itself, which is faster than float32.

    Parameters
    ----------
    device : str
        As `resolve_device` gives it.

    Returns
    -------
    bool
        True for x86 processors with AVX512-BF16 or AMX, ARM processors with BF16, and NVIDIA GPUs of
        compute capability 8 or more; emulation does not count.

    Examples
    --------
    >>> from astroclassify.models import has_bfloat16
    >>> has_bfloat16("mps")
    False
    """
    import torch

    if device == "cpu":
        return _cpu_has_bfloat16(torch)
    return device.startswith("cuda") and torch.cuda.get_device_capability(device) >= (8, 0)


def _cpu_has_bfloat16(torch):
    capabilities = getattr(torch.cpu, "get_capabilities", None)
    if capabilities is not None:
        found = capabilities()
        return any(found.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    queries = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile"))
    return any(query() for query in queries if query is not None)
