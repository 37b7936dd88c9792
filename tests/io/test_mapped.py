"""Raw files of which astropy makes no HDUList: the same frames as by the HDUList, and only of sound files."""

import gzip

import numpy as np
import pytest
from astropy.io import fits

from astroclassify.io import READERS, read_frames, write_raw
from astroclassify.io import _open as opening
from astroclassify.io._mapped import MappedFits
from astroclassify.io._open import open_fits


@pytest.fixture
def path(tmp_path):
    rng = np.random.default_rng(3)
    raw = {chip: rng.integers(2000, 3000, (2068, 4144), dtype="uint16") for chip in (1, 2)}
    write_raw(tmp_path / "j0000000q_raw.fits", raw, instrument="acs-wfc", band="F814W", exptime=500)
    return tmp_path / "j0000000q_raw.fits"


def test_frames_are_those_of_an_hdulist(path):
    with fits.open(path) as hdulist:
        for ours, theirs in zip(read_frames(path), read_frames(hdulist), strict=True):
            assert np.array_equal(ours.data, theirs.data)
            assert [card.image for card in ours.meta.cards] == [card.image for card in theirs.meta.cards]
            assert np.array_equal(ours.flags, theirs.flags)


def test_astropy_does_not_open_a_raw_file(path, monkeypatch):
    monkeypatch.setattr(opening.fits, "open", None)
    assert len(read_frames(path)) == 2


def test_a_reader_that_does_not_map_gets_an_hdulist(path):
    (frame, _) = read_frames(path, reader="fits-image")
    assert frame.shape == (2068, 4144)
    assert not READERS["fits-image"].maps


def test_hdus_lie_and_look_as_astropy_says(path):
    with fits.open(path) as hdulist:
        mapped = open_fits(path, path.name, mapped=True)
        for ours, theirs in zip(mapped, hdulist, strict=True):
            assert ours.header.tostring() == theirs.header.tostring()
            for key in ("hdrLoc", "datLoc", "datSpan"):
                assert ours.fileinfo()[key] == theirs.fileinfo()[key]
        assert np.array_equal(mapped[1].data, hdulist[1].data)
        mapped.close()


@pytest.mark.parametrize("change", ["truncated", "longer", "compressed"])
def test_a_file_that_is_not_sound_is_left_to_astropy(path, change):
    content = path.read_bytes()
    if change == "compressed":
        path.write_bytes(gzip.compress(content, 1))
    else:
        path.write_bytes(content[:-100] if change == "truncated" else content + b" " * 2880)
    with open_fits(path, path.name, mapped=True) as hdulist:
        assert not isinstance(hdulist, MappedFits)
