"""The contract of a model, rule by rule."""

import os
import pickle
import subprocess
import sys

import numpy as np

from astroclassify.core import AstroclassifyError
from astroclassify.inference import checked_planes, predict
from astroclassify.models import MODELS, Model, ModelSpec, build_model, built_module, calibration_of
from astroclassify.testing._errors import Findings
from astroclassify.testing._frames import difficult_frames

#: Frame shapes that a model must take unless told otherwise: small, odd, oblong (tuple).
DEFAULT_SHAPES = ((64, 64), (97, 203), (512, 640))
_HEAVY = ("torch", "matplotlib")
_TOLERANCE = 1e-4


def check_model(spec, *, weights=None, shapes=DEFAULT_SHAPES, forward=None):
    """
    Check that a model keeps the contract of the registry.

    Parameters
    ----------
    spec : ModelSpec or str
        The model, or its registered name.
    weights : str, path-like or Weights, optional
        Weights to check with. Without them the model's own are checked if it declares some,
        and otherwise an untrained network is.
    shapes : iterable of tuple of int
        Frame shapes to run.
    forward : bool, optional
        Run the network; `None` runs it unless the spec has the tag ``"large"``, whose shapes
        are then followed through without computing (torch's meta device).

    Raises
    ------
    ContractError
        If rules are broken; it lists all that were found. The rules: the spec is a
        `~astroclassify.models.ModelSpec` that pickles and hashes; looking it up in the registry
        imports neither torch nor matplotlib; the preprocessing gives float32 ``[C, H, W]``,
        finite, with one C for every frame, the same each time, and leaves its input as it was;
        the builder gives a `torch.nn.Module`; its logits are ``[N, K]``, finite, the same each
        time, and one frame's do not depend on the others of a batch; its ``evidence`` and
        ``explained``, where it has them, come with the same logits, the evidence is ``[N, K, h, w]``
        and the novelty ``[N]``; its weights fit.
    UnknownNameError
        If no model has the name.

    Examples
    --------
    >>> from astroclassify.testing import check_model
    >>> check_model("hr-celestialnet", shapes=[(64, 64)])
    """
    spec = MODELS[spec] if isinstance(spec, str) else spec
    shapes = tuple(tuple(shape) for shape in shapes)
    findings = Findings(f"the model {getattr(spec, 'name', spec)!r}")
    if findings.expect(isinstance(spec, ModelSpec), f"it is a {type(spec).__name__}; expected a ModelSpec"):
        _check_spec(spec, findings)
        for shape in shapes:
            _check_preprocessing(spec, shape, findings)
        _check_one_channel_count(spec, shapes, findings)
    if not findings.problems:
        _check_network(spec, weights, shapes, forward, findings)
    findings.report()


def _check_spec(spec, findings):
    copied = findings.attempt("pickling the spec", lambda: pickle.loads(pickle.dumps(spec)))
    findings.expect(copied is None or copied == spec, "a pickled copy of the spec differs from it")
    findings.attempt("hashing the spec", hash, spec)
    if spec.name in MODELS and MODELS[spec.name] == spec and not _only_in_session(spec):
        loaded = _heavy_modules_of_lookup(spec.name)
        findings.expect(
            not loaded, f"looking it up imports {loaded}; import them in the builder's module instead"
        )


def _only_in_session(spec):
    return all(entry.owner == "this session" for entry in MODELS.entries() if entry.name == spec.name)


def _heavy_modules_of_lookup(name):
    code = (
        "import sys\nfrom astroclassify.models import MODELS\nMODELS[sys.argv[1]]\n"
        f"sys.stdout.write(' '.join(m for m in {_HEAVY!r} if m in sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", code, name], capture_output=True, text=True, env=environment, check=False
    )
    return done.stdout if done.returncode == 0 else f"(the look-up failed: {done.stderr.strip()[-300:]})"


def _check_preprocessing(spec, shape, findings):
    for kind, frame in difficult_frames(shape).items():
        what = f"on a frame {shape} ({kind}) the preprocessing"
        before = frame.copy()
        first = findings.attempt(what, checked_planes, spec, frame)
        findings.expect(np.array_equal(before, frame, equal_nan=True), f"{what} changed its input")
        if first is None:
            continue
        second = findings.attempt(what, checked_planes, spec, before)
        findings.expect(
            second is not None and np.array_equal(first, second), f"{what} is not the same each time"
        )


def _check_one_channel_count(spec, shapes, findings):
    if findings.problems:
        return
    counts = {_ordinary_planes(spec, shape).shape[0] for shape in shapes}
    findings.expect(len(counts) == 1, f"the number of planes depends on the frame: {sorted(counts)}")


def _ordinary_planes(spec, shape):
    return checked_planes(spec, difficult_frames(shape)["ordinary"])


def _check_network(spec, weights, shapes, forward, findings):
    if "large" in spec.tags if forward is None else not forward:
        for shape in shapes:
            findings.attempt(f"following a frame {shape} through it", _check_meta, spec, shape, findings)
        return
    model = findings.attempt("building it", _built, spec, weights)
    if model is None:
        return
    for shape in shapes:
        findings.attempt(f"running it on a frame {shape}", _check_outputs, model, shape, findings)
        findings.attempt(f"running it on frames {shape}", _check_difficult, model, shape, findings)


def _check_meta(spec, shape, findings):
    import torch

    planes = _ordinary_planes(spec, shape)
    with torch.device("meta"), torch.inference_mode():
        network = built_module(spec).eval()
        logits = network(torch.empty((2, *planes.shape)))
    expected, found = (2, len(spec.classes)), tuple(logits.shape)
    findings.expect(found == expected, f"its logits have the shape {found}, not {expected}")


def _built(spec, weights):
    if weights is not None or spec.weights is not None:
        return build_model(spec, weights=weights)
    return Model(spec, built_module(spec).eval(), {}, calibration_of({}, spec.classes), "untrained", "cpu")


def _check_outputs(model, shape, findings):
    import torch

    frames = difficult_frames(shape)
    batch = np.stack([checked_planes(model.spec, frames[kind]) for kind in ("ordinary", "negative")])
    with torch.inference_mode():
        planes = torch.from_numpy(batch)
        together = model.module(planes)
        again = model.module(planes)
        alone = torch.cat([model.module(planes[:1]), model.module(planes[1:])])
    expected, found = (2, len(model.classes)), tuple(together.shape)
    if not findings.expect(found == expected, f"its logits have the shape {found}, not {expected}"):
        return
    findings.expect(bool(together.isfinite().all()), f"its logits of a frame {shape} are not finite")
    findings.expect(bool((together == again).all()), "its logits are not the same each time")
    findings.expect(_close(together, alone), "its logits of a frame depend on the others of the batch")
    for name in ("evidence", "explained"):
        if callable(getattr(model.module, name, None)):
            _check_explanation(name, model, planes, together, findings)


def _check_explanation(name, model, planes, logits, findings):
    import torch

    with torch.inference_mode():
        same_logits, evidence, *novelty = getattr(model.module, name)(planes)
    findings.expect(_close(same_logits, logits), f"{name}() comes with other logits than forward()")
    findings.expect(
        evidence.ndim == 4 and tuple(evidence.shape[:2]) == tuple(logits.shape),
        f"the evidence of {name}() has the shape {tuple(evidence.shape)}; expected [N, K, h, w]",
    )
    findings.expect(bool(evidence.isfinite().all()), f"the evidence of {name}() is not finite")
    if name == "explained":
        shapes = [tuple(one.shape) for one in novelty]
        expected = [tuple(logits.shape[:1])]
        findings.expect(shapes == expected, f"the novelty has the shape {shapes}; expected {expected}")
        findings.expect(all(bool(one.isfinite().all()) for one in novelty), "its novelty is not finite")


def _close(first, second):
    scale = max(1.0, float(second.abs().max()))
    return float((first - second).abs().max()) <= _TOLERANCE * scale


def _check_difficult(model, shape, findings):
    for kind, frame in difficult_frames(shape).items():
        try:
            predict(model, [frame])
        except AstroclassifyError as error:
            findings.expect(False, f"on a frame {shape} ({kind}): {error}")
