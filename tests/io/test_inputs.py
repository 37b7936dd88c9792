"""Files, folders and patterns become paths."""

import pytest

from astroclassify.io import expand_inputs, names_several


@pytest.fixture
def night(tmp_path):
    for name in ("b_raw.fits", "a_raw.fits.gz", "photo.JPG", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "c.fits").touch()
    return tmp_path


def names(paths):
    return [path.name for path in paths]


def test_a_folder_means_its_frames_in_order_and_not_deeper(night):
    paths, errors = expand_inputs([str(night)])
    assert names(paths) == ["a_raw.fits.gz", "b_raw.fits", "photo.JPG"]
    assert not errors


def test_a_pattern_is_expanded(night):
    assert names(expand_inputs([f"{night}/*_raw.*"])[0]) == ["a_raw.fits.gz", "b_raw.fits"]


def test_a_pattern_may_go_deeper(night):
    assert names(expand_inputs([f"{night}/**/c.fits"])[0]) == ["c.fits"]


def test_a_file_is_taken_as_named_even_if_it_is_not_there():
    assert names(expand_inputs(["missing.fits"])[0]) == ["missing.fits"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(night):
    odd = night / "m[13].fits"
    odd.touch()
    assert expand_inputs([str(odd)]) == ([odd], [])


def test_each_file_is_taken_once(night):
    paths, _ = expand_inputs([str(night / "b_raw.fits"), str(night)])
    assert names(paths) == ["b_raw.fits", "a_raw.fits.gz", "photo.JPG"]


@pytest.mark.parametrize("nothing", ["deeper/*.png", "empty"])
def test_what_names_no_file_is_an_error_beside_the_others(night, nothing):
    (night / "empty").mkdir()
    paths, errors = expand_inputs([str(night / nothing), str(night / "b_raw.fits")])
    assert names(paths) == ["b_raw.fits"]
    assert len(errors) == 1
    assert nothing in str(errors[0])


def test_an_empty_name_is_an_error_and_not_the_working_folder():
    assert not names_several("")
    paths, (error,) = expand_inputs([""])
    assert paths == []
    assert "the path is empty" in str(error)


def test_files_of_a_folder_that_are_left_out_are_told(tmp_path, caplog):
    for name in ("a.fits", "notes.txt", "list.csv"):
        (tmp_path / name).write_bytes(b"")
    with caplog.at_level("INFO", logger="astroclassify"):
        assert expand_inputs([tmp_path])[0] == [tmp_path / "a.fits"]
    assert "2 files are left out" in caplog.text
