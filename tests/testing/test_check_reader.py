"""The contract kit for readers: every registered reader keeps it, and each broken rule is named."""

import dataclasses

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData

from astroclassify.core import ReadError
from astroclassify.io import READERS, Reader
from astroclassify.testing import ContractError, check_reader


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image.fits"
    header = fits.Header([("TELESCOP", "Test"), ("BUNIT", "adu")])
    fits.PrimaryHDU(np.arange(400, dtype="i2").reshape(20, 20), header).writeto(path)
    return path


@pytest.mark.parametrize("name", list(READERS))
def test_every_registered_reader_keeps_the_contract(name):
    check_reader(name)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("hst-calibrated", "j94f05bgq_flt.fits"),
        ("hst-calibrated", "sample_svm_flc.fits"),
        ("hst-drizzled", "sample_mvm_drc.fits"),
        ("fits-image", "m13.fits"),
        ("fits-image", "cdfs_f814w_bin24.fits.gz"),
    ],
)
def test_readers_keep_the_contract_on_real_files(shared, name, file):
    check_reader(name, [shared / "fits" / file])


def is_test(headers):
    return bool(headers) and headers[0].get("TELESCOP") == "Test"


def read(hdulist, options):
    if hdulist[0].data is None:
        raise ReadError(f"{options.source}: no image")
    return [CCDData(hdulist[0].data.astype(options.dtype), unit="adu", meta=hdulist[0].header.copy())]


GOOD = Reader("test", "For tests", identify=is_test, read=read)


def test_a_good_reader_passes(image):
    check_reader(GOOD, [image])


def changed(**values):
    """Give a read function that changes attributes of the good one's frame."""

    def reading(hdulist, options):
        (frame,) = read(hdulist, options)
        for name, value in values.items():
            setattr(frame, name, value)
        return [frame]

    return reading


def writing(headers):
    if headers:
        headers[0]["TELESCOP"] = "Test"
    return is_test(headers)


def random_pixels(hdulist, options):
    (frame,) = read(hdulist, options)
    frame.data += np.random.default_rng().random(frame.shape).astype(options.dtype)
    return [frame]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"identify": lambda headers: headers[0]["TELESCOP"] == "Test"}, "identify.* raised IndexError"),
        ({"identify": lambda headers: "Test" if is_test(headers) else None}, "not a bool"),
        ({"identify": lambda headers: False}, "does not recognise"),
        ({"identify": writing}, "changed"),
        ({"read": lambda hdulist, options: read(hdulist, options)[0]}, "expected a list"),
        ({"read": lambda hdulist, options: []}, "expected a list of at least one"),
        ({"read": lambda hdulist, options: [np.ones((20, 20))]}, "not a CCDData"),
        ({"read": lambda hdulist, options: hdulist[3]}, "without images raised IndexError"),
        ({"read": lambda hdulist, options: [CCDData(np.ones((2, 9)), unit="adu")]}, "not float32"),
        ({"read": changed(data=np.ones(20, "f4"))}, "expected two axes"),
        ({"read": changed(meta={"TELESCOP": "Test"})}, "meta of frame 0"),
        ({"read": random_pixels}, "gave other pixels"),
    ],
)
def test_a_broken_rule_is_named(image, change, message):
    with pytest.raises(ContractError, match=message):
        check_reader(dataclasses.replace(GOOD, **change), [image])


def test_what_is_not_a_reader_is_named():
    with pytest.raises(ContractError, match="expected a Reader"):
        check_reader("fits-image".upper)
