"""The contract of a detector, rule by rule."""

import numpy as np
from astropy.nddata import CCDData
from astropy.table import Table

from astroclassify.detect import DETECTION_COLUMNS, DETECTORS, DetectorSpec
from astroclassify.testing._errors import Findings, holds_numbers
from astroclassify.testing._frames import difficult_frames
from astroclassify.testing._spec import check_spec

_SHAPES = ((64, 64), (97, 203))


def check_detector(detector, *, shapes=_SHAPES):
    """
    Check that a detector keeps the contract of the registry.

    Parameters
    ----------
    detector : DetectorSpec or str
        The detector, or its registered name.
    shapes : iterable of tuple of int
        Shapes of images to search.

    Raises
    ------
    ContractError
        If rules are broken; it lists all that were found. The rules: the spec is a
        `~astroclassify.detect.DetectorSpec` that pickles and hashes; looking it up in the registry imports
        neither torch nor matplotlib; of every image, whether or not there is anything in it, it gives an
        `~astropy.table.QTable` with the columns `~astroclassify.detect.DETECTION_COLUMNS`; classes are among
        the spec's, scores 0 to 1, the highest first, boxes inside the image and not empty; it is the
        same each time, and the image stays as it was.
    UnknownNameError
        If no detector has the name.

    Examples
    --------
    >>> from astroclassify.testing import check_detector
    >>> check_detector("my-detector")  # doctest: +SKIP
    """
    spec = DETECTORS[detector] if isinstance(detector, str) else detector
    findings = Findings(f"the detector {getattr(spec, 'name', spec)!r}")
    kind = type(spec).__name__
    if findings.expect(isinstance(spec, DetectorSpec), f"it is a {kind}; expected a DetectorSpec"):
        check_spec(spec, "astroclassify.detect:DETECTORS", findings)
        for shape in shapes:
            for name, pixels in difficult_frames(shape).items():
                _check_image(spec, CCDData(pixels, unit="adu"), f"an image {shape} ({name})", findings)
    findings.report()


def _check_image(spec, image, what, findings):
    before = image.data.copy()
    said = f"its table of {what}"
    first, second = (findings.attempt(said, spec.detect, image, gives=Table) for _ in range(2))
    findings.expect(np.array_equal(before, image.data, equal_nan=True), f"it changed {what}")
    if (
        first is None
        or second is None
        or not all(_check_columns(each, said, findings) for each in (first, second))
    ):
        return
    _check_values(first, spec, image.shape, said, findings)
    same = all(np.array_equal(first[n], second[n]) for n in DETECTION_COLUMNS)
    findings.expect(same, f"{said} is not the same each time")


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
