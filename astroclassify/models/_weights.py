"""Finding weights files, and proving that they are the right ones."""

import os
import shutil
from importlib.resources import files
from pathlib import Path
from urllib.error import HTTPError

from astropy.config import get_cache_dir_path
from astropy.utils.data import download_file

from astroclassify.core import (
    MissingWeightsError,
    ParameterError,
    WeightsError,
    atomic_path,
    conf,
    fingerprint,
)
from astroclassify.models._card import read_card
from astroclassify.models._spec import Weights

_SHOWN = 4


def locate_weights(spec, weights=None):
    """
    Find the weights file of a model, downloading it if need be.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    weights : str, path-like or Weights, optional
        A local file; ``"https://...#sha256=..."``, an address and the checksum of the file there; or where
        to find one; `None` for the model's own.

    Returns
    -------
    path : pathlib.Path
        A file that exists.
    card : dict
        Its card, empty where there is none.
    expected : str
        The sha256 that it must have, or an empty string.

    Raises
    ------
    MissingWeightsError
        If the model has no weights, the file is not there, or it cannot be downloaded.
    WeightsError
        If the card is malformed, or the downloaded file is not the expected one.
    ParameterError
        If ``weights`` is something else, or an address without a checksum.
    """
    wanted = spec.weights if weights is None else _addressed(weights)
    if wanted is None:
        raise MissingWeightsError(f"the model {spec.name!r} comes without weights; {_how_to_get(spec)}")
    if isinstance(wanted, Weights) and wanted.url:
        return _downloaded(wanted, spec), dict(wanted.card), wanted.sha256
    path = _resource(wanted) if isinstance(wanted, Weights) else _local(wanted)
    if not path.is_file():
        raise MissingWeightsError(
            f"the weights file {path} of the model {spec.name!r} is not there; {_how_to_get(spec)}"
        )
    card = (dict(wanted.card) if isinstance(wanted, Weights) else {}) or read_card(path)
    own = wanted.sha256 if isinstance(wanted, Weights) else ""
    return path, card, own or card.get("sha256", "")


def verified_sha256(path, expected=""):
    """
    Compute a file's checksum and compare it.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    expected : str, optional
        The sha256 that it must have; empty for any.

    Returns
    -------
    str
        The file's sha256.

    Raises
    ------
    WeightsError
        If they differ.
    """
    found = fingerprint(Path(path))
    if expected and found != expected:
        raise WeightsError(
            f"the weights file {path} has the sha256 {found}; expected {expected}: "
            "it is damaged, or it belongs to another card"
        )
    return found


def load_state(module, path):
    """
    Load a safetensors file into a network, which must fit exactly.

    Parameters
    ----------
    module : torch.nn.Module
        The network, changed in place.
    path : pathlib.Path
        The file.

    Raises
    ------
    WeightsError
        If the file is not a safetensors file, has missing or unexpected tensors, tensors of
        another shape, or values that are not finite.
    """
    state = _read_tensors(path)
    wanted = module.state_dict()
    problems = _differences(state, wanted)
    if problems:
        raise WeightsError(f"the weights file {path} does not fit the model: " + "; ".join(problems))
    damaged = [name for name, value in state.items() if not bool(value.isfinite().all())]
    if damaged:
        raise WeightsError(f"the weights file {path} has values that are not finite in {_listed(damaged)}")
    module.load_state_dict(state)


def _read_tensors(path):
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(
            f"the weights file {path} is not a valid safetensors file (nothing else is read): {error}"
        ) from error


def _differences(state, wanted):
    missing = sorted(wanted.keys() - state.keys())
    unexpected = sorted(state.keys() - wanted.keys())
    reshaped = [
        f"{name} is {tuple(state[name].shape)}, expected {tuple(wanted[name].shape)}"
        for name in sorted(wanted.keys() & state.keys())
        if state[name].shape != wanted[name].shape
    ]
    groups = {"missing": missing, "unexpected": unexpected, "of another shape": reshaped}
    return [f"{kind}: {_listed(names)}" for kind, names in groups.items() if names]


def _listed(names):
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


_LEFT = ", which leaves run/weights.safetensors"
#: What trains a model of each task, and of each tag that has a command of its own.
_COMMANDS = {
    "frame": "train {name} --data LIST.csv --frame-dir DIR --preset paper --output run{cost}" + _LEFT,
    "source": "train {name} --data SOURCES --output run{cost}" + _LEFT,
    "presence": "train-presence {name} --output run{cost}" + _LEFT,
    "detection": "train-detector fit FOLDER, then release FOLDER --target {name}.safetensors{cost}",
}


def _how_to_get(spec):
    cost = f" ({spec.training_cost})" if spec.training_cost else ""
    reference = f"; its reference is {spec.reference}" if spec.reference else ""
    kind = next((tag for tag in spec.tags if tag in _COMMANDS), spec.task)
    command = _COMMANDS[kind].format(name=spec.name, cost=cost)
    return (
        "pass weights='FILE.safetensors' of someone who trained it, or weights='https://...#sha256=...', its "
        f"address and checksum; or train it: astroclassify {command}{reference}"
    )


def _addressed(weights):
    """Give what a text with an address and a checksum says; everything else as it is."""
    if not isinstance(weights, str) or "://" not in weights:
        return weights
    url, _, sha256 = weights.partition("#sha256=")
    return Weights(url=url, sha256=sha256)


def _local(weights):
    if not isinstance(weights, str | os.PathLike):
        raise ParameterError(f"weights is a {type(weights).__name__}; expected a path or a Weights")
    return Path(weights).expanduser()


def _resource(weights):
    package, _, name = weights.resource.partition(":")
    try:
        return Path(str(files(package) / name))
    except ImportError as error:
        raise MissingWeightsError(f"the package of {weights.resource!r} is not installed: {error}") from error


def weights_cache():
    """
    Give the folder that downloaded weights are kept in.

    Returns
    -------
    pathlib.Path
        ``conf.cache_dir``, or a folder in astropy's cache.
    """
    folder = Path(conf.cache_dir).expanduser() if conf.cache_dir else get_cache_dir_path("astroclassify")
    return Path(folder) / "weights"


def _downloaded(weights, spec):
    path = weights_cache() / f"{weights.sha256}.safetensors"
    if path.is_file():
        return path
    try:
        fetched = Path(download_file(weights.url, cache=False, show_progress=False))
    except (OSError, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()  # it holds the connection open
        raise MissingWeightsError(
            f"the weights of the model {spec.name!r} cannot be downloaded from {weights.url}: {error}; "
            "download them elsewhere and pass weights='FILE.safetensors'"
        ) from error
    try:
        _check_download(fetched, weights)
        with atomic_path(path) as unfinished:
            shutil.copyfile(fetched, unfinished)
    finally:
        fetched.unlink(missing_ok=True)
    return path


def _check_download(fetched, weights):
    try:
        verified_sha256(fetched, weights.sha256)
    except WeightsError as error:
        raise WeightsError(f"the download from {weights.url} was refused: {error}") from error
