"""The contract of an explainer, rule by rule."""

from functools import partial

import numpy as np
from astropy.nddata import CCDData
from astropy.wcs import WCS

from astroclassify.explain import EXPLAINERS, ExplainerSpec
from astroclassify.models import Model, build_model
from astroclassify.testing._errors import Findings, holds_numbers
from astroclassify.testing._frames import difficult_frames
from astroclassify.testing._spec import check_spec

_SHAPES = ((64, 64), (97, 203))


def check_explainer(explainer, *, model="default", shapes=_SHAPES, options=()):
    """
    Check that an explainer keeps the contract of the registry.

    Parameters
    ----------
    explainer : ExplainerSpec or str
        The explainer, or its registered name.
    model : str, ModelSpec or Model, default "default"
        A model that it explains.
    shapes : iterable of tuple of int
        Frame shapes to explain.
    options : mapping of str to object, optional
        Of the explainer, such as fewer steps, which take less time.

    Raises
    ------
    ContractError
        If rules are broken; it lists all that were found. The rules: the spec is an
        `~astroclassify.explain.ExplainerSpec` that pickles and hashes; looking it up in the registry imports
        neither torch nor matplotlib; of every frame, for each target, it gives a
        `~astropy.nddata.CCDData` with two axes, no larger than the frame, finite, with a unit, the same each
        time; on the sky where the frame is, with the middle of the map at the middle of the frame to half
        a cell, and without a WCS where it is not; ``flags``, if any, are
        ranks; and the frame stays as it was.
    UnknownNameError
        If no explainer has the name.

    Examples
    --------
    >>> from astroclassify.testing import check_explainer
    >>> check_explainer("evidence", shapes=[(64, 64)])
    """
    spec = EXPLAINERS[explainer] if isinstance(explainer, str) else explainer
    findings = Findings(f"the explainer {getattr(spec, 'name', spec)!r}")
    kind = type(spec).__name__
    if findings.expect(isinstance(spec, ExplainerSpec), f"it is a {kind}; expected an ExplainerSpec"):
        check_spec(spec, "astroclassify.explain:EXPLAINERS", findings)
        model = model if isinstance(model, Model) else build_model(model)
        explain = partial(spec.explain, model, **dict(options))
        for shape in shapes:
            for name, pixels in difficult_frames(shape).items():
                _check_frame(explain, CCDData(pixels, unit="adu"), f"a frame {shape} ({name})", findings)
            on_sky = CCDData(difficult_frames(shape)["ordinary"], unit="adu", wcs=_sky(shape))
            _check_frame(explain, on_sky, f"a frame {shape} with a WCS", findings)
    findings.report()


def _sky(shape):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crval, wcs.wcs.cdelt = (150.0, 2.0), (-1e-5, 1e-5)
    wcs.wcs.crpix = shape[1] / 2 + 0.5, shape[0] / 2 + 0.5
    return wcs


def _check_frame(explain, frame, what, findings):
    before = frame.data.copy()
    for target in ("galaxy", "nsc"):
        said = f"its map of {what} for {target}"
        first, second = (
            findings.attempt(
                said,
                partial(explain, frame, target=target),
                gives=CCDData,
            )
            for _ in range(2)
        )
        if first is not None and _check_map(first, frame, said, findings):
            alike = second is not None and np.array_equal(first.data, second.data)
            findings.expect(alike, f"{said} is not the same each time")
            _check_flags(first, said, findings)
    findings.expect(np.array_equal(before, frame.data, equal_nan=True), f"it changed {what}")


def _check_flags(found, said, findings):
    """The ranks of regions are whole numbers, one for each cell."""
    if found.flags is None:
        return
    ranks = np.asarray(found.flags)
    whole = ranks.shape == found.data.shape and ranks.dtype.kind in "iu" and ranks.min(initial=0) >= 0
    findings.expect(whole, f"{said} has flags that are no ranks of regions: {ranks.dtype} {ranks.shape}")


def _check_map(found, frame, said, findings):
    shape = found.data.shape
    fits = found.data.ndim == 2 and all(n <= m for n, m in zip(shape, frame.shape, strict=True))
    if not findings.expect(
        fits, f"{said} has the shape {shape}; expected two axes, no longer than {frame.shape}"
    ):
        return False
    if not findings.expect(holds_numbers(found.data), f"{said} holds {found.data.dtype}, not numbers"):
        return False
    if not findings.expect(bool(np.isfinite(found.data).all()), f"{said} is not finite"):
        return False
    there, wanted = (one.wcs is not None for one in (found, frame))
    findings.expect(there == wanted, f"{said} has {'a' if there else 'no'} WCS; the frame is otherwise")
    if there and wanted:
        _check_middle(found, frame, said, findings)
    return True


def _check_middle(found, frame, said, findings):
    """The middle of the map and the middle of the frame are one place on the sky."""
    (rows, columns), (y, x) = found.data.shape, (np.array(frame.shape) - 1) / 2
    seen = found.wcs.world_to_pixel(frame.wcs.pixel_to_world(x, y))
    off = np.abs(np.array(seen, dtype=float) - [(columns - 1) / 2, (rows - 1) / 2]).max()
    findings.expect(off <= 0.5, f"{said} lies {off:.1f} of its cells beside the frame on the sky")
