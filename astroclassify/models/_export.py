"""Networks as ONNX files, for computers without torch."""

import json
import warnings
from pathlib import Path

import numpy as np

from astroclassify.core import PluginError, atomic_path, optional_import
from astroclassify.models._build import build_model

#: Version of ONNX' operators: what runtimes of 2022 and later know (int).
_OPSET = 17
#: Answers of the file may differ from the network's by this share of the largest (float).
_TOLERANCE = 1e-3
#: Rows and columns of the planes that a network is traced with, and of those that it is checked with.
_SHAPES = ((192, 192), (128, 256))


def export_onnx(model, path, *, weights=None):
    """
    Write the network of a model to an ONNX file, and check that its answers agree.

    Parameters
    ----------
    model : str or ModelSpec
        A registered name, ``"default"``, or a spec.
    path : path-like
        The file, replaced if it exists.
    weights : str, path-like or Weights, optional
        A safetensors file instead of the model's own weights.

    Returns
    -------
    dict
        What stands in the file's metadata: ``model``, ``classes``, ``preprocessing`` and its options, the
        ``temperature`` and ``bias`` of the calibration, ``weights_sha256`` and ``largest_difference``.

    Raises
    ------
    UnknownNameError
        If no model has the name.
    MissingWeightsError
        If the model has no weights.
    OptionalDependencyError
        If a package of the extra ``onnx`` is not installed.
    PluginError
        If the network cannot be written as ONNX, or the file answers otherwise.

    Notes
    -----
    The input, ``planes``, float32 ``[n, C, h, w]``, is what the model's preprocessing makes of a frame
    (`ModelSpec.planes`), of any number, and of any size where the network takes any. The output, ``logits``,
    is what the network's ``forward`` gives: divide by the temperature and add the bias for calibrated ones.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from astroclassify.models import export_onnx
    >>> with TemporaryDirectory() as folder:
    ...     export_onnx("default", f"{folder}/default.onnx")["classes"]
    ['galaxy', 'nebula', 'star cluster', 'field']
    """
    built = build_model(model, weights=weights)
    spec = built.spec
    facts = {
        **{"model": spec.name, "classes": list(spec.classes), "weights_sha256": built.sha256},
        **{"preprocessing": spec.preprocessing, "preprocessing_options": dict(spec.preprocessing_options)},
        **{"temperature": built.calibration.temperature, "bias": list(built.calibration.bias or ())},
    }
    return write_onnx(built.differentiable, _examples(spec), path, facts)


def _examples(spec):
    """Planes of two sizes, as the preprocessing makes them of noise and a glow."""
    rng, made = np.random.default_rng(0), []
    for shape in _SHAPES:
        y, x = np.indices(shape) / max(shape)
        glow = 50 * np.exp(-((x - 0.4) ** 2 + (y - 0.3) ** 2) / 0.02)
        made.append(spec.planes((100 + glow + rng.normal(0, 3, shape)).astype(np.float32)))
    return made


def write_onnx(network, examples, path, facts):
    """
    Write a network into an ONNX file, and check it.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode, on the CPU.
    examples : sequence of numpy.ndarray
        Planes ``[C, h, w]``: with the first it is traced, with all it is checked. If all are of one size, the
        file takes planes of that size only.
    path : path-like
        The file.
    facts : mapping of str to object
        For its metadata.

    Returns
    -------
    dict
        The facts and ``largest_difference``, of answers, relative to the largest.

    Raises
    ------
    OptionalDependencyError
        If a package of the extra ``onnx`` is not installed.
    PluginError
        If the network cannot be written as ONNX, or the file answers otherwise.
    """
    onnx = optional_import("onnx", needed_for="writing ONNX files", extra="onnx")
    runtime = optional_import("onnxruntime", needed_for="checking ONNX files", extra="onnx")
    with atomic_path(Path(path)) as unfinished:
        one_size = len({planes.shape for planes in examples}) == 1
        _trace(network, examples[0], unfinished, one_size=one_size)
        facts = {**facts, "largest_difference": _difference(network, examples, unfinished, runtime)}
        made = onnx.load(str(unfinished))
        for name, value in facts.items():
            entry = made.metadata_props.add()
            entry.key, entry.value = name, value if isinstance(value, str) else json.dumps(value)
        onnx.save(made, str(unfinished))
    return facts


def _trace(network, planes, path, *, one_size):
    import torch

    axes = {"planes": {0: "n"} if one_size else {0: "n", 2: "h", 3: "w"}, "logits": {0: "n"}}
    names = {"input_names": ["planes"], "output_names": ["logits"], "dynamic_axes": axes}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that there is a newer exporter, which takes minutes
            example = torch.from_numpy(planes)[None]
            torch.onnx.export(network, (example,), str(path), dynamo=False, opset_version=_OPSET, **names)
    except Exception as error:  # the exporter fails in many ways
        raise PluginError(
            f"the network cannot be written as ONNX: {type(error).__name__}: {error}"
        ) from error


def _difference(network, examples, path, runtime):
    """The largest difference between the file's answers and the network's, relative to the largest."""
    import torch

    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for planes in examples:
        with torch.inference_mode():
            expected = network(torch.from_numpy(planes)[None]).numpy()
        (found,) = session.run(None, {"planes": planes[None]})
        same = found.shape == expected.shape
        scale = max(float(np.abs(expected).max()), 1.0)
        worst = max(worst, float(np.abs(found - expected).max()) / scale if same else np.inf)
    if not worst <= _TOLERANCE:
        raise PluginError(
            f"the ONNX file answers otherwise than the network: by {worst:.2g} of the largest answer; "
            f"expected {_TOLERANCE} at most"
        )
    return worst
