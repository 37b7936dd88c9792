"""Where a mask says that a source was detected, the default model answers as it does without a mask."""

import warnings

import numpy as np
import pytest
from astropy.io import fits

from astroclassify import classify
from astroclassify.core import FrameWarning
from astroclassify.io import read_frames
from astroclassify.simulate import random_frames

LSST_PLANES = {"HIERARCH MP_BAD": 0, "HIERARCH MP_DETECTED": 5}
#: Bits of a detected source, by who has them: cards of the primary HDU, of the mask, its name, the bit.
DETECTED = {
    "LSST": (
        {"TELESCOP": "LSST", "INSTRUME": "LSSTCam"},
        LSST_PLANES,
        "MASK",
        5,
    ),
    "ZTF": ({"INSTRUME": "ZTF/MOSAIC"}, {}, "MASK", 1),
    "SDSS": ({"ORIGIN": "SDSS"}, {}, "MASK", 3),
    "DES": ({"INSTRUME": "DECam", "PROCTYPE": "InstCal", "PLVER": "V3.1"}, {}, "DQ", 5),
    "Euclid": ({"TELESCOP": "Euclid", "INSTRUME": "VIS"}, {}, "FLG", 24),
    "JWST": ({"TELESCOP": "JWST", "INSTRUME": "NIRCAM"}, {}, "DQ", 1),
    "nobody known": ({"TELESCOP": "MINE"}, {}, "MASK", 4),
}


def body(kind, seed):
    """A frame of a body, and where it is bright: two thirds of the frame and more."""
    (frame,) = random_frames(seed, kind=kind, shape=(192, 192), shown="linear")
    array = np.nan_to_num(frame.array, nan=float(np.nanmedian(frame.array))).astype("float32")
    return array, array > np.percentile(array, 30)


def file_of(array, bright, cards, planes, name, bit):
    primary = fits.PrimaryHDU()
    primary.header.update(cards)
    mask = fits.ImageHDU(bright.astype("int32") << bit, name=name)
    mask.header.update(planes)
    return fits.HDUList([primary, fits.ImageHDU(array, name="SCI"), mask])


@pytest.mark.parametrize("kind", ["spiral", "globular"])
@pytest.mark.parametrize("whose", DETECTED)
def test_a_bit_of_detected_sources_changes_nothing(kind, whose):
    array, bright = body(kind, 11)
    bare = classify(fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(array, name="SCI")]))
    with warnings.catch_warnings():
        if whose == "nobody known":
            warnings.simplefilter("ignore", FrameWarning)
        answer = classify(file_of(array, bright, *DETECTED[whose]))
    assert answer.label == bare.label
    assert answer.probabilities == bare.probabilities


def test_a_mask_over_the_body_would_change_the_answer():
    array, bright = body("spiral", 11)
    bare = classify(fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(array, name="SCI")]))
    masked = classify(file_of(array, bright, *DETECTED["LSST"]), mask_bits="DETECTED")
    assert abs(masked.p_galaxy - bare.p_galaxy) > 0.02


def test_bad_pixels_still_mask():
    array, bright = body("spiral", 11)
    cards, planes, name, _ = DETECTED["LSST"]
    (frame,) = read_frames(file_of(array, bright, cards, planes, name, 0))
    assert np.array_equal(frame.mask, bright)


@pytest.mark.parametrize(
    "cards",
    [
        fits.Header({"HIERARCH MP_DETECTED": 0}),
        fits.Header({"MSKNAM00": "SOURCE", "MSKVAL00": 1}),
        fits.Header([("BIT00", 0, "OBJECT DETECTED")]),
    ],
)
def test_a_plane_whose_only_bit_is_of_detected_sources_masks_nothing_and_says_so(cards):
    detected = (np.arange(48).reshape(6, 8) % 3 == 0).astype("uint8")
    image = fits.ImageHDU(np.ones(detected.shape, "float32"), name="IMAGE")
    hdus = [fits.PrimaryHDU(), image, fits.ImageHDU(detected, cards, name="MASK")]
    with pytest.warns(FrameWarning, match="is not said to be bad"):
        (frame,) = read_frames(fits.HDUList(hdus))
    assert frame.mask is None
