"""The contract of a detector, rule by rule."""

from functools import partial
from inspect import signature

import numpy as np
from astropy.table import Table

from astroclassify.detect import DETECTION_COLUMNS, DETECTORS, DetectorSpec, detect, load_image
from astroclassify.testing._errors import Findings, holds_numbers
from astroclassify.testing._frames import difficult_frames
from astroclassify.testing._spec import check_spec

_SHAPES = ((64, 64), (97, 203))


def check_detector(detector, *, shapes=_SHAPES, options=()):
    """
    Check that a detector keeps the contract of the registry.

    Parameters
    ----------
    detector : DetectorSpec or str
        The detector, or its registered name.
    shapes : iterable of tuple of int
        Shapes of images to search.
    options : mapping of str to object, optional
        Of the detector, such as fewer steps, which take less time.

    Raises
    ------
    ContractError
        If rules are broken; it lists all that were found. The rules: the spec is a
        `~astroclassify.detect.DetectorSpec` that pickles and hashes; looking it up in the registry imports
        neither torch nor matplotlib; what it ``prepares`` is a float32 array of as many rows and columns;
        of every image, whether or not there is anything in it, in grey and, where it takes them, in colours,
        it gives an `~astropy.table.QTable` with the columns `~astroclassify.detect.DETECTION_COLUMNS`;
        no option has the name of a parameter of `~astroclassify.detect.detect`, which could not hand it on;
        classes are among the spec's, scores 0 to 1, the highest first, boxes inside the image and not empty;
        it is the same each time, and the image stays as it was.
    UnknownNameError
        If no detector has the name.

    Examples
    --------
    >>> from astroclassify.testing import check_detector
    >>> check_detector("segmentation", shapes=[(64, 64)])
    """
    spec = DETECTORS[detector] if isinstance(detector, str) else detector
    findings = Findings(f"the detector {getattr(spec, 'name', spec)!r}")
    kind = type(spec).__name__
    if findings.expect(isinstance(spec, DetectorSpec), f"it is a {kind}; expected a DetectorSpec"):
        check_spec(spec, "astroclassify.detect:DETECTORS", findings)
        _check_options(spec, findings)
        for shape in shapes:
            for name, pixels in difficult_frames(shape).items():
                grey = load_image(pixels).values
                _check_image(spec, dict(options), grey, f"an image {shape} ({name})", findings)
                if spec.colour:
                    colours = np.stack([grey, 0.5 * grey, 2 * grey[::-1]], axis=-1)
                    what = f"an image {colours.shape} ({name})"
                    _check_image(spec, dict(options), colours, what, findings)
    findings.report()


def _check_options(spec, findings):
    options = findings.attempt("its options", spec.options, gives=dict)
    taken = sorted(set(options or ()) & set(signature(detect).parameters))
    findings.expect(not taken, f"its options {taken} have names of parameters of detect()")


def _check_image(spec, options, image, what, findings):
    image = np.array(image)
    before = image.copy()
    said = f"its table of {what}"
    _check_prepared(spec, image, what, findings)
    search = partial(spec.detect, image, **options)
    first, second = (findings.attempt(said, search, gives=Table) for _ in range(2))
    findings.expect(np.array_equal(before, image), f"it changed {what}")
    if (
        first is None
        or second is None
        or not all(_check_columns(each, said, findings) for each in (first, second))
    ):
        return
    _check_values(first, spec, image.shape, said, findings)
    same = all(np.array_equal(first[n], second[n]) for n in DETECTION_COLUMNS)
    findings.expect(same, f"{said} is not the same each time")


def _check_prepared(spec, image, what, findings):
    if not spec.prepare:
        return
    prepared = findings.attempt(f"preparing {what}", spec.prepared, image, gives=np.ndarray)
    if prepared is not None:
        fits = (
            prepared.dtype == np.float32 and prepared.shape[:2] == image.shape[:2] and prepared.ndim in (2, 3)
        )
        told = f"it prepares of {what} {prepared.dtype} {prepared.shape}"
        findings.expect(fits, f"{told}; expected float32 of as many rows and columns")


def _check_columns(table, said, findings):
    missing = [name for name in DETECTION_COLUMNS if name not in table.colnames]
    if not findings.expect(not missing, f"{said} has no column {missing}"):
        return False
    other = [name for name in DETECTION_COLUMNS[1:] if len(table) and not holds_numbers(table[name])]
    return findings.expect(not other, f"{said} has columns that are no numbers: {other}")


def _check_values(table, spec, shape, said, findings):
    unknown = sorted(set(map(str, table["class"])) - set(spec.classes))
    findings.expect(not unknown, f"{said} has the classes {unknown}; the spec's are {spec.classes}")
    score = np.asarray(table["score"], dtype=float)
    findings.expect(bool(((score >= 0) & (score <= 1)).all()), f"{said} has scores outside 0 to 1")
    findings.expect(bool((np.diff(score) <= 0).all()), f"{said} does not begin with the highest score")
    for axis, size in (("x", shape[1]), ("y", shape[0])):
        low, high = (np.asarray(table[f"{axis}_{end}"], dtype=float) for end in ("min", "max"))
        inside = (low >= -0.5) & (low < high) & (high <= size - 0.5)
        findings.expect(bool(inside.all()), f"{said} has boxes that are empty or leave it along {axis}")
