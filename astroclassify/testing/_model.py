"""The contract of a model, rule by rule."""

import numpy as np

from astroclassify.core import AstroclassifyError
from astroclassify.inference import checked_planes, predict
from astroclassify.models import MODELS, Model, ModelSpec, build_model, built_module, calibration_of
from astroclassify.testing._errors import Findings
from astroclassify.testing._frames import difficult_frames
from astroclassify.testing._sources import check_source_model
from astroclassify.testing._spec import check_spec

#: Frame shapes that a model must take unless told otherwise: small, odd, oblong (tuple).
DEFAULT_SHAPES = ((64, 64), (97, 203), (512, 640))
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
        time, and one frame's do not depend on the others of a batch; its ``examine``, where it has one,
        gives a `~astroclassify.models.ModelOutput` with the same logits, whether evidence is asked for
        or not, evidence ``[N, K, h, w]``, features ``[N, F]`` and novelty ``[N]``, as far as it has them;
        gradients reach the planes; its weights fit. A model for sources is asked the same of samples of
        sources (`difficult_samples`): its preprocessing gives three arrays, its network takes any bands. Of
        a model for any other task only the spec is checked, and that its network can be built.
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
        check_spec(spec, "astroclassify.models:MODELS", findings)
        if spec.task == "frame":
            _check_frame_model(spec, weights, shapes, forward, findings)
        elif spec.task == "source":
            check_source_model(spec, weights, forward, findings)
        else:
            findings.attempt("building it", built_module, spec)
    findings.report()


def _check_frame_model(spec, weights, shapes, forward, findings):
    for shape in shapes:
        _check_preprocessing(spec, shape, findings)
    _check_one_channel_count(spec, shapes, findings)
    if not findings.problems:
        _check_network(spec, weights, shapes, forward, findings)


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
        before = len(findings.problems)
        findings.attempt(f"running it on a frame {shape}", _check_outputs, model, shape, findings)
        if len(findings.problems) == before:  # else difficult frames would say the same once more
            findings.attempt(f"running it on frames {shape}", _check_difficult, model, shape, findings)
    if not findings.problems:
        findings.attempt("following gradients through it", _check_gradients, model, shapes[0], findings)


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
    finite = bool(together.isfinite().all())
    if not findings.expect(finite, f"its logits of a frame {shape} are not finite"):
        return
    findings.expect(bool((together == again).all()), "its logits are not the same each time")
    findings.expect(_close(together, alone), "its logits of a frame depend on the others of the batch")
    _check_examine(model, planes, together, findings)


def _check_gradients(model, shape, findings):
    import torch

    planes = torch.from_numpy(_ordinary_planes(model.spec, shape)[None]).to(model.device).requires_grad_()
    model.logits(planes).sum().backward()
    found = planes.grad
    findings.expect(
        found is not None and bool(found.isfinite().all()), "the gradients at its planes are not finite"
    )


def _check_examine(model, planes, logits, findings):
    import torch

    with torch.inference_mode():
        output, short = model.examine(planes), model.examine(planes, evidence=False)
    findings.expect(
        _close(output.logits, logits) and _close(short.logits, logits),
        "examine() comes with other logits than forward()",
    )
    n, k = logits.shape
    for name, expected in (("evidence", (n, k, None, None)), ("features", (n, None)), ("novelty", (n,))):
        value = getattr(output, name)
        if value is not None:
            _check_part(name, value, expected, findings)


def _check_part(name, value, expected, findings):
    found = tuple(value.shape)
    fits = len(found) == len(expected) and all(e in (None, f) for e, f in zip(expected, found, strict=True))
    shown = str(expected).replace("None", "any")
    findings.expect(fits, f"the {name} of examine() has the shape {found}; expected {shown}")
    findings.expect(bool(value.isfinite().all()), f"the {name} of examine() is not finite")


def _close(first, second):
    scale = max(1.0, float(second.abs().max()))
    return float((first - second).abs().max()) <= _TOLERANCE * scale


def _check_difficult(model, shape, findings):
    for kind, frame in difficult_frames(shape).items():
        try:
            predict(model, [frame])
        except AstroclassifyError as error:
            findings.expect(False, f"on a frame {shape} ({kind}): {error}")
