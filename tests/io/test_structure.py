"""The walk over a file's headers before astropy opens it: what it refuses, and what it leaves alone."""

import bz2
import gzip
import io
import lzma
import zipfile

import numpy as np
import pytest
from astropy.io import fits

from astroclassify.core import ReadError, conf
from astroclassify.io import read_frames
from astroclassify.io._structure import check_structure


def content(**cards):
    buffer = io.BytesIO()
    hdu = fits.ImageHDU(np.zeros((3, 4), "int16"))
    fits.HDUList([fits.PrimaryHDU(), hdu, fits.ImageHDU(np.ones((2, 2)))]).writeto(buffer)
    damaged = buffer.getvalue()
    for keyword, value in cards.items():
        start = damaged.rindex(f"{keyword:8}=".encode())
        damaged = damaged[:start] + f"{keyword:8}= {value:20}".ljust(80).encode() + damaged[start + 80 :]
    return damaged


def test_a_sound_file_passes_and_keeps_its_position():
    stream = io.BytesIO(b"before" + content())
    stream.seek(6)
    check_structure(stream, "sound.fits")
    assert stream.tell() == 6


@pytest.mark.parametrize(
    "cards", [{"NAXIS": 1_000_000_000}, {"NAXIS": -1}, {"GCOUNT": -1}, {"PCOUNT": -(10**9)}]
)
def test_an_impossible_header_of_any_hdu_is_refused(cards):
    with pytest.raises(ReadError, match=r"bad\.fits.*corrupt"):
        check_structure(io.BytesIO(content(**cards)), "bad.fits")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_are_walked_too(compress):
    check_structure(io.BytesIO(compress(content())), "sound.fits.gz")
    with pytest.raises(ReadError, match="NAXIS = 1000000000"):
        check_structure(io.BytesIO(compress(content(NAXIS=1_000_000_000))), "bad.fits.gz")


@pytest.mark.parametrize("end", [0, 100, 2880, 6000, 8640])
def test_a_truncated_file_is_left_to_the_reader(end):
    check_structure(io.BytesIO(content()[:end]), "short.fits")


def test_a_truncated_compressed_file_is_left_to_the_reader():
    check_structure(io.BytesIO(gzip.compress(content())[:-40]), "short.fits.gz")


def test_a_size_beyond_any_file_is_refused():
    with pytest.raises(ReadError, match="bytes of data"):
        check_structure(io.BytesIO(content(NAXIS1=10**18, NAXIS2=10**18)), "huge.fits")


def test_a_compressed_file_that_ends_early_is_refused():
    with pytest.raises(ReadError, match="compressed file ends"):
        check_structure(io.BytesIO(gzip.compress(content(NAXIS1=40_000, NAXIS2=40_000))), "huge.fits.gz")


def test_a_path_is_read_and_closed(tmp_path):
    path = tmp_path / "sound.fits"
    path.write_bytes(content())
    check_structure(path, path.name)


# What unpacks to more than it may ---------------------------------------------------------------

CARD = "COMMENT and so on".ljust(80).encode()


def zipped(content):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.fits", content)
    return stream.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zipped])
def test_a_header_without_end_is_refused_and_not_read_for_ever(pack):
    endless = content()[:320] + CARD * 150_000
    with pytest.raises(ReadError, match=r"header at byte \d+ has no END"):
        read_frames(pack(endless))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zipped])
def test_a_file_that_unpacks_to_many_times_its_size_is_refused(pack, monkeypatch):
    monkeypatch.setattr("astroclassify.io._bounds._ALWAYS", 10**5)
    image = fits.HDUList([fits.PrimaryHDU(np.zeros((1000, 1000), "int16"))])
    stream = io.BytesIO()
    image.writeto(stream)
    with pytest.raises(ReadError, match=r"times its size.*conf\.max_expansion"):
        read_frames(pack(stream.getvalue()))
    with conf.set_temp("max_expansion", 1e5):
        assert read_frames(pack(stream.getvalue()))[0].shape == (1000, 1000)


def test_a_small_file_may_unpack_to_much_since_dark_frames_do():
    check_structure(io.BytesIO(gzip.compress(content() + bytes(0))), "dark.fits.gz")
    stream = io.BytesIO()
    fits.PrimaryHDU(np.zeros((4000, 4000), "int16")).writeto(stream)
    check_structure(io.BytesIO(gzip.compress(stream.getvalue())), "dark.fits.gz")


def test_memory_has_a_bound_that_can_be_raised():
    stream = io.BytesIO()
    fits.PrimaryHDU(np.zeros((2000, 2000), "int16")).writeto(stream)
    packed = gzip.compress(stream.getvalue())
    with conf.set_temp("max_unpacked_mb", 5), pytest.raises(ReadError, match=r"more than 5 MB"):
        check_structure(io.BytesIO(packed), "huge.fits.gz")


def test_unpacking_may_not_take_for_ever():
    with conf.set_temp("max_unpack_seconds", 0.0), pytest.raises(ReadError, match=r"for more than 0 s"):
        check_structure(io.BytesIO(gzip.compress(content())), "slow.fits.gz")


@pytest.mark.parametrize("keyword", ["ZNAXIS1", "NPIX1"])
def test_an_image_that_is_only_declared_is_refused(keyword):
    cards = {"NPIX1": {"PIXVALUE": 0, "NPIX1": 10**6, "NPIX2": 10**6}}.get(keyword) or {
        **{"ZIMAGE": True, "ZBITPIX": -32, "ZNAXIS": 2},
        **{"ZNAXIS1": 10**6, "ZNAXIS2": 10**6},
    }
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(header=fits.Header(cards))]).writeto(stream)
    with pytest.raises(ReadError, match="unpack to 3814698 MB"):
        check_structure(io.BytesIO(stream.getvalue()), "declared.fits")


def test_a_file_of_thousands_of_hdus_is_refused_before_any_is_opened():
    empty = content()[:2880]
    with pytest.raises(ReadError, match=r"more than 1000 HDUs.*conf\.max_hdus"):
        check_structure(io.BytesIO(empty * 1001), "many.fits")


def test_a_file_of_compress_is_named_as_such():
    with pytest.raises(ReadError, match=r"\.Z"):
        read_frames(b"\x1f\x9d\x90" + bytes(100))
