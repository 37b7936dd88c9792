"""What `read_frames` takes, whom it asks, and how it fails."""

import errno
import gzip
import io
import os
import sys
import tempfile
import warnings
from importlib.metadata import EntryPoint

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData

from astroclassify.core import (
    AstroclassifyError,
    AstroclassifyWarning,
    DuplicateNameError,
    Entry,
    FrameError,
    FrameWarning,
    ParameterError,
    PluginError,
    ReadError,
    UnknownNameError,
)
from astroclassify.io import (
    FITS_IMAGE,
    HST_RAW,
    READERS,
    Reader,
    find_reader,
    read_frame,
    read_frames,
    write_raw,
)


@pytest.fixture(scope="module")
def raw_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("raw") / "jtest0001_raw.fits"
    pixels = np.random.default_rng(1).integers(2190, 2210, (512, 534), dtype="uint16")
    write_raw(
        path, {1: pixels}, instrument="acs-wfc", band="F606W", exptime=10, header={"CCDAMP": "B", "GAIN": 1}
    )
    return path


@pytest.fixture
def expected(raw_file):
    return read_frames(raw_file)[0].data


@pytest.fixture
def plugin(request):
    """Register a reader for one test."""

    def register(name, identify):
        reader = Reader(name, "for a test", identify, FITS_IMAGE.read)
        READERS.register(name, reader)
        request.addfinalizer(lambda: READERS.unregister(name))
        return reader

    return register


# Sources -------------------------------------------------------------------------------------


@pytest.mark.parametrize("convert", [str, lambda path: path, bytes, bytearray, memoryview])
def test_paths_and_buffers_give_the_same_frame(raw_file, expected, convert):
    source = str(raw_file) if convert is str else raw_file
    if convert in (bytes, bytearray, memoryview):
        source = convert(raw_file.read_bytes())
    (frame,) = read_frames(source)
    np.testing.assert_array_equal(frame.data, expected)


def test_a_file_object_is_read_and_left_open(raw_file, expected):
    with raw_file.open("rb") as stream:
        (frame,) = read_frames(stream)
        assert not stream.closed
        np.testing.assert_array_equal(read_frames(stream)[0].data, frame.data)
    np.testing.assert_array_equal(frame.data, expected)
    assert frame.meta["ACSOURCE"] == raw_file.name


def test_a_stream_that_cannot_seek_is_read(raw_file, expected):
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.stream = io.BytesIO(raw_file.read_bytes())

        def readable(self):
            return True

        def readinto(self, buffer):
            return self.stream.readinto(buffer)

    np.testing.assert_array_equal(read_frames(io.BufferedReader(Pipe()))[0].data, expected)


@pytest.mark.parametrize(
    ("source", "said"),
    [("", "the path is empty"), (b"", "there are no bytes"), (io.BytesIO(), r"at its end.*file.seek\(0\)")],
)
def test_what_gives_no_byte_is_refused_with_the_reason(source, said):
    with pytest.raises(ReadError, match=said):
        read_frames(source)


def test_a_file_just_written_is_refused_with_the_advice_to_go_to_its_start(raw_file):
    with tempfile.TemporaryFile() as file:
        file.write(raw_file.read_bytes())
        with pytest.raises(ReadError, match="at its end"):
            read_frames(file)


def test_an_hdulist_stays_open_and_its_changes_count(raw_file, expected):
    with fits.open(raw_file) as hdulist:
        hdulist["SCI"].data[7, 9] += 100
        (frame,) = read_frames(hdulist)
        assert hdulist[0].header["INSTRUME"] == "ACS"
        assert hdulist["SCI"].data.shape == (512, 534)
    assert np.argwhere(frame.data - expected > 50).tolist() == [[7, 9]]


def test_compressed_files_are_read(raw_file, expected, tmp_path):
    zipped = tmp_path / "jtest0001_raw.fits.gz"
    zipped.write_bytes(gzip.compress(raw_file.read_bytes()))
    tiled = tmp_path / "jtest0001_raw.fits.fz"
    with fits.open(raw_file) as hdulist:
        science = fits.CompImageHDU(hdulist["SCI"].data, hdulist["SCI"].header, compression_type="RICE_1")
        fits.HDUList([hdulist[0], science, *hdulist[2:]]).writeto(tiled)
    for path in (zipped, tiled):
        (frame,) = read_frames(path)
        np.testing.assert_array_equal(frame.data, expected)
        assert frame.meta["ACREADER"] == "hst-raw"


def test_the_frame_does_not_depend_on_the_file_any_more(raw_file, tmp_path, expected):
    path = tmp_path / "jgone_raw.fits"
    path.write_bytes(raw_file.read_bytes())
    (frame,) = read_frames(path)
    path.write_bytes(b"")
    np.testing.assert_array_equal(frame.data, expected)


def test_every_real_file_gives_frames_or_a_clear_error(shared):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FrameWarning)
        for path in sorted((shared / "fits").glob("*.fits*")):
            try:
                frames = read_frames(path)
            except AstroclassifyError as error:
                assert path.name in str(error)  # noqa: PT017 - either outcome is right
            else:
                assert all(frame.data.ndim == 2 and frame.data.dtype == np.float32 for frame in frames)


# Options -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", ">f4", np.float64])
def test_the_type_is_the_one_asked_for_in_native_order(raw_file, dtype):
    (frame,) = read_frames(raw_file, dtype=dtype)
    assert frame.data.dtype == np.dtype(dtype).newbyteorder("=")
    assert frame.data.dtype.isnative


@pytest.mark.parametrize(
    "options",
    [
        {"bias": "prescan"},
        {"rows": 2048},
        {"dtype": "int16"},
        {"dtype": "nonsense"},
        {"chip": "1"},
        {"chip": ()},
        {"chip": 1.5},
    ],
)
def test_wrong_options_are_refused(raw_file, options):
    with pytest.raises(ParameterError):
        read_frames(raw_file, **options)


def test_one_chip_or_several_can_be_chosen(raw_file):
    assert len(read_frames(raw_file, chip=1)) == len(read_frames(raw_file, chip=[1])) == 1


def test_chips_come_in_order_and_once():
    image = np.zeros((3, 4), "f4")
    science = [fits.ImageHDU(image, fits.Header({"CCDCHIP": chip}), name="SCI", ver=chip) for chip in (1, 2)]
    frames = read_frames(fits.HDUList([fits.PrimaryHDU(), *science]), chip=[2, 1, 2])
    assert [frame.meta["ACCHIP"] for frame in frames] == [1, 2]


def test_the_instrument_of_a_file_that_does_not_say_is_the_one_given(raw_file):
    cut_out = fits.HDUList([fits.PrimaryHDU(np.zeros((3, 4), "f4"))])
    assert read_frames(cut_out)[0].meta["ACINSTR"] == "generic"
    assert read_frames(cut_out, instrument="wfc3-uvis")[0].meta["ACINSTR"] == "wfc3-uvis"
    assert read_frames(raw_file, instrument="acs-wfc")[0].meta["ACINSTR"] == "acs-wfc"


def test_a_name_may_hold_control_characters(raw_file, tmp_path):
    path = tmp_path / "red\x1b[31m\n.fits"
    path.write_bytes(raw_file.read_bytes())
    assert read_frames(path)[0].meta["ACSOURCE"] == r"red\x1b[31m\n.fits"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_what_the_system_refuses_is_not_called_corrupt(raw_file, monkeypatch, number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("astroclassify.io._open.check_structure", refuse)
    with pytest.raises(ReadError, match=f"does not let it be read: {os.strerror(number)}") as caught:
        read_frames(raw_file)
    assert "corrupt" not in str(caught.value)


# Dispatch ------------------------------------------------------------------------------------


def test_no_reader_says_what_was_seen(raw_file):
    with pytest.raises(ReadError, match=r"no reader of csst-msc.*INSTRUME = 'ACS'.*DETECTOR = 'WFC'.*'SCI'"):
        read_frames(raw_file, instrument="csst-msc")


def test_two_readers_that_match_are_both_named(raw_file, plugin):
    plugin("my-raw", lambda headers: True)
    with pytest.raises(ReadError, match=r"'hst-raw' and 'my-raw' both recognise"):
        read_frames(raw_file)
    assert read_frames(raw_file, reader="my-raw")[0].shape == (512, 534)
    assert read_frames(raw_file, reader=HST_RAW)[0].shape == (512, 512)


def test_a_reader_that_fails_to_identify_is_named(raw_file, plugin):
    plugin("my-raw", lambda headers: headers[99])
    with pytest.raises(PluginError, match=r"'my-raw' failed.*IndexError"):
        read_frames(raw_file)


def test_a_broken_reader_costs_a_warning_only_of_files_that_no_own_reader_knows(raw_file, monkeypatch):
    point = EntryPoint("my-raw", "no_such_module:READER", READERS.group)
    declared = {**READERS._declared(), Entry("my-raw", "broken-dist", point.value): point}
    monkeypatch.setattr(READERS, "_found", (tuple(sys.path), declared))
    assert len(read_frames(raw_file)) == 1  # without a warning: nobody imported it
    plain = fits.HDUList([fits.PrimaryHDU(np.zeros((3, 4), "f4"))])
    with pytest.warns(AstroclassifyWarning, match=r"'my-raw' is left out.*broken-dist.*no_such_module"):
        assert len(read_frames(plain)) == 1


def test_a_registered_reader_is_forgotten_when_it_is_unregistered(raw_file):
    READERS.register("my-raw", Reader("my-raw", "", lambda headers: True, lambda hdulist, options: []))
    with pytest.raises(DuplicateNameError):
        READERS.register("my-raw", HST_RAW)
    READERS.unregister("my-raw")
    assert len(read_frames(raw_file)) == 1


def test_an_unknown_reader_or_instrument_is_refused(raw_file):
    with pytest.raises(UnknownNameError, match="did you mean 'hst-raw'"):
        read_frames(raw_file, reader="hst-row")
    with pytest.raises(UnknownNameError, match="did you mean 'acs-wfc'"):
        read_frames(raw_file, instrument="acs-wfx")


def test_identifying_opens_and_changes_nothing(raw_file):
    with fits.open(raw_file) as hdulist:
        headers = [hdu.header for hdu in hdulist]
    before = [header.tostring() for header in headers]
    assert find_reader(headers) is HST_RAW
    assert find_reader([fits.PrimaryHDU(np.zeros((3, 4))).header]) is FITS_IMAGE
    assert [header.tostring() for header in headers] == before


# Faults --------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ReadError, match=r"nothing.fits: there is no such file"):
        read_frames(tmp_path / "nothing.fits")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ReadError, match="this is a folder; expected one file"):
        read_frames(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"hello, world", "neither FITS, ASDF nor"), (b"SIMPLE", "x.fits")],
)
def test_other_content_is_refused(tmp_path, content, message):
    (tmp_path / "x.fits").write_bytes(content)
    with pytest.raises(ReadError, match=message):
        read_frames(tmp_path / "x.fits")


@pytest.mark.parametrize("source", [3, None, np.zeros((3, 3)), io.StringIO("SIMPLE")])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(ParameterError):
        read_frames(source)


def test_errors_of_a_reader_become_ours_and_name_the_file(raw_file, plugin):
    def broken(hdulist, options):
        return hdulist[99]

    reader = Reader("broken", "", lambda headers: False, broken)
    with pytest.raises(ReadError, match=r"jtest0001_raw.fits: cannot be read.*IndexError") as caught:
        read_frames(raw_file, reader=reader)
    assert isinstance(caught.value.__cause__, IndexError)


def test_warnings_point_at_the_caller(tmp_path):
    path = tmp_path / "i_raw.fits"
    pixels = np.full((512, 512), 2500, "uint16")
    write_raw(path, {2: pixels}, instrument="wfc3-uvis", band="F606W", exptime=1, header={"CCDAMP": "C"})
    with pytest.warns(FrameWarning) as caught:
        read_frames(path)
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize(
    ("numbers", "told"), [((1, 2), r"chips 1, 2\); choose one with chip="), ((None, None), "extension=")]
)
def test_several_frames_are_told_with_how_to_choose_one(numbers, told, monkeypatch):
    frames = [CCDData(np.ones((20, 20)), unit="adu", meta={"ACCHIP": n} if n else {}) for n in numbers]
    monkeypatch.setattr("astroclassify.io._one_frame.read_frames", lambda *args, **asked: frames)
    with pytest.raises(FrameError, match=f"<HDUList> holds 2 frames.*{told}"):
        read_frame(fits.HDUList())
