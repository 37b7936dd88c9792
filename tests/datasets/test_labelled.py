"""Frames of a manifest: their files, chips and classes."""

import numpy as np
import pytest
from astropy.table import Table

from astroclassify.core import ParameterError, ReadError
from astroclassify.datasets import LabelledFrame, labelled_frames, read_frame, read_manifest
from astroclassify.io import read_frames, write_raw
from astroclassify.preprocess import frame_array

COLUMNS = ("ID", "Instrument", "OBSID", "Filter", "RA", "DEC", "HDU Index", "Label")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """A raw file of two chips, one of a subarray, and a list of them as the paper's."""
    folder, rng = tmp_path_factory.mktemp("set"), np.random.default_rng(0)
    raw = {chip: rng.integers(2000, 2100 + 500 * chip, (2068, 4144), dtype="uint16") for chip in (1, 2)}
    asked = {"instrument": "acs-wfc", "band": "F606W", "exptime": 100.0}
    write_raw(folder / "jtwochipq_raw.fits", raw, **asked)
    rows = [
        ("M 1", "ACS/WFC", "jtwochipq", "F606W", 0.0, 0.0, 1, "NSC"),
        ("M 1", "ACS/WFC", "jtwochipq", "F606W", 0.0, 0.0, 4, "NSC"),
    ]
    Table(rows=rows, names=COLUMNS).write(folder / "list.csv", format="ascii.csv")
    return folder / "list.csv"


def test_the_hdu_of_a_row_picks_the_chip(manifest):
    frames = labelled_frames(manifest)
    assert [str(frame) for frame in frames] == ["jtwochipq_raw.fits[1]", "jtwochipq_raw.fits[4]"]
    both = {frame.meta["CCDCHIP"]: frame_array(frame) for frame in read_frames(frames[0].frame)}
    np.testing.assert_array_equal(frames[0].array(), both[2])
    np.testing.assert_array_equal(frames[1].array(), both[1])
    assert [frame.label for frame in frames] == ["nsc", "nsc"]


def test_the_truth_beside_a_manifest_gives_the_finer_class(manifest, tmp_path):
    table = Table.read(manifest, format="ascii.csv")
    table.write(tmp_path / "manifest.ecsv", format="ascii.ecsv")
    Table({"OBSID": ["jtwochipq"], "class": ["nebula"]}).write(tmp_path / "truth.ecsv", format="ascii.ecsv")
    frames = labelled_frames(tmp_path / "manifest.ecsv", frame_dir=manifest.parent)
    assert {frame.label for frame in frames} == {"nebula"}


def test_a_folder_is_its_manifest(manifest, tmp_path):
    table = Table.read(manifest, format="ascii.csv")
    table.write(tmp_path / "manifest.ecsv", format="ascii.ecsv")
    (tmp_path / "jtwochipq_raw.fits").symlink_to(manifest.with_name("jtwochipq_raw.fits"))
    Table({"OBSID": ["jtwochipq"], "class": ["nebula"]}).write(tmp_path / "truth.ecsv", format="ascii.ecsv")
    for folder in (tmp_path, str(tmp_path)):
        assert [(str(frame), frame.label) for frame in labelled_frames(folder)] == [
            ("jtwochipq_raw.fits[1]", "nebula"),
            ("jtwochipq_raw.fits[4]", "nebula"),
        ]
    with pytest.raises(ReadError, match="manifest"):
        labelled_frames(manifest.parent)


def test_what_is_wrong_with_a_manifest_is_said(manifest, tmp_path):
    with pytest.raises(ReadError, match="no such manifest"):
        labelled_frames(tmp_path / "absent.csv")
    table = Table.read(manifest, format="ascii.csv")
    table[("OBSID", "Label")].write(tmp_path / "short.csv", format="ascii.csv")
    with pytest.raises(ReadError, match="no column 'ID'; found OBSID, Label"):
        labelled_frames(tmp_path / "short.csv")
    table.write(tmp_path / "alone.csv", format="ascii.csv")
    with pytest.raises(ReadError, match=r"1 of its files are not in .*jtwochipq_raw.fits"):
        labelled_frames(tmp_path / "alone.csv")


def test_a_file_of_two_frames_needs_the_number_of_an_hdu(manifest):
    frame = LabelledFrame(manifest.with_name("jtwochipq_raw.fits"), "nsc", "M 1")
    with pytest.raises(ReadError, match="2 frames"):
        frame.array()


def test_a_list_in_memory_or_at_an_address_needs_the_folder_of_its_files(manifest):
    listed = read_manifest(manifest)
    for source in (listed, manifest.as_uri()):
        with pytest.raises(ParameterError, match="give their folder: frame_dir="):
            labelled_frames(source)
        frames = labelled_frames(source, frame_dir=manifest.parent)
        assert [(frame.label, frame.hdu, frame.body) for frame in frames] == [
            ("nsc", 1, "M 1"),
            ("nsc", 4, "M 1"),
        ]
    listed["Label"] = ["nsc", "moon"]
    with pytest.raises(ReadError, match="row 2: the label is 'moon'"):
        labelled_frames(listed, frame_dir=manifest.parent)


def test_a_header_that_declares_a_billion_axes_is_refused_and_not_read_for_ever(tmp_path):
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                   16",
        "NAXIS   =            999999999",
        "END",
    ]
    path = tmp_path / "jabc01xyq_raw.fits"
    path.write_bytes("".join(card.ljust(80) for card in cards).ljust(2880).encode())
    with pytest.raises(ReadError, match="NAXIS = 999999999"):
        read_frame(path, 1)
