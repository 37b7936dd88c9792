"""The walk over a file's headers before astropy opens it: what it refuses, and what it leaves alone."""

import bz2
import gzip
import io
import lzma

import numpy as np
import pytest
from astropy.io import fits

from astroclassify.core import ReadError
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
