"""From a spec and a weights file to a model that is ready to run."""

import copy
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astroclassify.core import ParameterError, PluginError, WeightsError, conf
from astroclassify.models._card import Calibration, calibration_of, spec_of
from astroclassify.models._device import resolve_device
from astroclassify.models._optimise import check_precision, optimised, same_answers
from astroclassify.models._output import ModelOutput
from astroclassify.models._registry import MODELS
from astroclassify.models._spec import ModelSpec
from astroclassify.models._weights import load_state, locate_weights, verified_sha256

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Model:
    """
    A network with its weights, ready to run.

    Parameters
    ----------
    spec : ModelSpec
        What it was built from.
    module : torch.nn.Module
        The network, in evaluation mode, on its device.
    card : mapping of str to object
        The card of its weights, empty where there is none.
    calibration : Calibration
        From the card.
    sha256 : str
        Checksum of its weights file.
    device : str
        Where it runs.
    precision : {"float32", "bfloat16"}, default "float32"
        What most of its arithmetic is done in; sums of evidence and logits are always float32.
    path : pathlib.Path, optional
        Its weights file, from which `differentiable` is loaded; without one that is a copy of ``module``.

    Examples
    --------
    >>> from astroclassify.models import build_model
    >>> model = build_model("patchnet", device="cpu", precision="float32")
    >>> model.spec.name, model.device, model.precision
    ('patchnet', 'cpu', 'float32')
    """

    spec: ModelSpec
    module: "torch.nn.Module"
    card: Mapping[str, Any]
    calibration: Calibration
    sha256: str
    device: str
    precision: str = "float32"
    path: Path | None = None

    @property
    def classes(self):
        """The classes, in the order of the logits (tuple of str)."""
        return self.spec.classes

    def examine(self, planes, *, evidence=True):
        """
        Run the network, fast and without gradients' needs in mind, over a batch.

        Parameters
        ----------
        planes : torch.Tensor
            Float32 ``[N, C, H, W]``, on the model's device.
        evidence : bool, default True
            Whether the evidence is asked for.

        Returns
        -------
        ModelOutput
            What its method ``examine`` gives; of a network without one, its logits.

        Raises
        ------
        PluginError
            If that method gives something else.
        """
        if not callable(getattr(self.module, "examine", None)):
            return ModelOutput(self.module(planes))
        output = self.module.examine(planes, evidence=evidence)
        if not isinstance(output, ModelOutput):
            raise PluginError(
                f"the method examine of the model {self.spec.name!r} gave a {type(output).__name__}; "
                "expected a ModelOutput"
            )
        return output

    @cached_property
    def differentiable(self):
        """
        The network as it was loaded, in float32, through which gradients flow to the planes.

        A second copy of the weights, made when it is first asked for; its weights themselves have no
        gradients. That its answers are those of ``module`` is checked (`PluginError` where they are not).
        """
        import torch

        with torch.inference_mode(False):
            if self.path is None:
                module = copy.deepcopy(self.module).float()
            else:
                verified_sha256(self.path, self.sha256)
                module = _loaded_module(self.spec, self.path, self.device)
            module.eval().requires_grad_(False)
        self._check_same_answers(module)
        return module

    def _check_same_answers(self, module):
        try:
            same = same_answers(module, self.module, self.spec, device=self.device, precision=self.precision)
        except Exception as error:  # a plug-in may fail in any way
            raise PluginError(
                f"the model {self.spec.name!r} cannot be run with gradients: {type(error).__name__}: {error}"
            ) from error
        if not same:
            raise PluginError(
                f"the model {self.spec.name!r} answers otherwise with gradients than without; "
                "its network must give the same logits each time"
            )

    def logits(self, planes):
        """
        Give the logits of a batch, with gradients.

        Parameters
        ----------
        planes : torch.Tensor
            Float32 ``[N, C, H, W]``, on any device, as ``spec.planes`` makes them; with
            ``requires_grad`` where the gradient with respect to them is wanted.

        Returns
        -------
        torch.Tensor
            Logits ``[N, K]``, before calibration.

        Raises
        ------
        WeightsError
            If the weights file has changed since the model was built.
        PluginError
            If the network does not answer as it does without gradients.

        Examples
        --------
        >>> import torch
        >>> from astroclassify.models import build_model
        >>> planes = torch.rand(1, 9, 64, 64, requires_grad=True)
        >>> build_model("patchnet").logits(planes)[0, 0].backward()
        >>> planes.grad.shape
        torch.Size([1, 9, 64, 64])
        """
        import torch

        with torch.inference_mode(False), torch.enable_grad():
            return self.differentiable(planes.to(self.device))

    def __repr__(self):
        return f"<Model {self.spec.name!r} on {self.device} in {self.precision}, weights {self.sha256[:12]}>"


def find_spec(model):
    """
    Find a model's spec by name.

    Parameters
    ----------
    model : str or ModelSpec
        A registered name, ``"default"`` for the one that ``conf.default_model`` names, or a spec.

    Returns
    -------
    ModelSpec
        The spec.

    Raises
    ------
    UnknownNameError
        If no model has the name.
    PluginError
        If the plug-in behind the name is broken.
    ParameterError
        If ``model`` is something else.

    Examples
    --------
    >>> from astroclassify.models import find_spec
    >>> find_spec("hr-celestialnet").reference
    'arXiv:2312.04948'
    """
    if isinstance(model, ModelSpec):
        return model
    if not isinstance(model, str):
        raise ParameterError(f"a model is a name or a ModelSpec; got a {type(model).__name__}")
    return MODELS[conf.default_model if model == "default" else model]


def build_model(model, *, weights=None, device=None, precision="auto"):
    """
    Build a model and load its weights.

    Parameters
    ----------
    model : str or ModelSpec
        A registered name, ``"default"``, or a spec.
    weights : str, path-like or Weights, optional
        A safetensors file (with its card beside it), instead of the model's own weights.
    device : str or torch.device, optional
        Where it runs; by default where ``conf.device`` says: a GPU where there is one.
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        Of its arithmetic. ``"auto"`` is bfloat16 where the device has it and this network's answers stay
        the same, else float32; `Model.precision` says which.

    Returns
    -------
    Model
        In evaluation mode, made fast: batch normalisation is folded into the convolutions before it,
        tensors lie ``channels_last``, and the precision is chosen.

    Raises
    ------
    UnknownNameError
        If no model has the name.
    MissingWeightsError
        If there are no weights; the message says how to get them.
    WeightsError
        If the weights are damaged or do not fit.
    PluginError
        If the network cannot be built.
    ParameterError
        If the device or the precision does not exist, or the network's answers change in bfloat16.

    Notes
    -----
    What was made of the network is compared with what was loaded, on frames made for it: log-odds
    between the classes may differ by 1e-3 of the largest in float32 (0.05 in bfloat16), else the network is
    used as it was loaded. For large networks this takes seconds, and is remembered in the cache folder.

    Examples
    --------
    >>> from astroclassify.models import build_model
    >>> model = build_model("patchnet", device="cpu")
    >>> model.spec.classes
    ('galaxy', 'nebula', 'star cluster', 'field')
    """
    check_precision(precision)
    spec = find_spec(model)
    path, card, expected = locate_weights(spec, weights)
    sha256 = verified_sha256(path, expected)
    spec, calibration = _told_by(card, spec, path)
    device = resolve_device(device)
    module = _loaded_module(spec, path, device)
    module, precision = optimised(module, spec, device=device, precision=precision, sha256=sha256)
    logger.info("model %s from %s, on %s in %s", spec.name, path, device, precision)
    logger.debug("model %s: classes %s, SHA-256 %s", spec.name, ", ".join(spec.classes), sha256)
    return Model(spec, module, card, calibration, sha256, device, precision, path)


def _told_by(card, spec, path):
    """Spec and calibration of weights by their card; what is wrong with it is told with their file."""
    try:
        return spec_of(card, spec), calibration_of(card, spec.classes)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from error


def _loaded_module(spec, path, device):
    import torch

    module = built_module(spec)
    load_state(module, path)
    return module.to(device=device, dtype=torch.float32).eval()


def built_module(spec):
    """
    Build an untrained network without touching torch's random state.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    torch.nn.Module
        The network, on the CPU.

    Raises
    ------
    PluginError
        If the builder fails or gives something else.

    Examples
    --------
    >>> from astroclassify.models import PATCHNET, built_module
    >>> type(built_module(PATCHNET)).__name__
    'PatchNet'
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        try:
            module = spec.build()
        except Exception as error:  # a plug-in's builder may fail in any way
            raise PluginError(
                f"the model {spec.name!r} cannot be built by {spec.builder!r}: "
                f"{type(error).__name__}: {error}"
            ) from error
    if not isinstance(module, torch.nn.Module):
        raise PluginError(
            f"the builder {spec.builder!r} of the model {spec.name!r} gave a {type(module).__name__}; "
            "expected a torch.nn.Module"
        )
    return module
