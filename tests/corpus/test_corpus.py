"""Every odd input gives its right value, and what was read survives being written and read again."""

import importlib.util
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from astroclassify.core import FrameWarning
from astroclassify.io import read_frames

HERE = Path(__file__).parent / "cases"


def load():
    """Import the corpus as a package, wherever tests are run from."""
    spec = importlib.util.spec_from_file_location(
        "input_corpus", HERE / "__init__.py", submodule_search_locations=[str(HERE)]
    )
    package = sys.modules.setdefault("input_corpus", importlib.util.module_from_spec(spec))
    if not hasattr(package, "all_cases"):
        spec.loader.exec_module(package)
    return package


CORPUS = load()
CASES = CORPUS.all_cases()
READ = [case for case in CASES if not case.right.refused and case.kind != "arrays"]

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_odd_input_gives_its_right_value(case, tmp_path):
    CORPUS.check(case, tmp_path)


@pytest.mark.parametrize("case", READ, ids=str)
def test_what_was_read_survives_being_written_and_read_again(case, tmp_path):
    frames, told = CORPUS.read(case, tmp_path)
    for number, frame in enumerate(frames):
        frame.write(tmp_path / f"written{number}.fits")
        with warnings.catch_warnings():
            if told:  # what was wrong with the header is so again
                warnings.simplefilter("ignore", FrameWarning)
            (again,) = read_frames(tmp_path / f"written{number}.fits")
        assert np.array_equal(again.data, frame.data, equal_nan=True)
        assert (again.mask is None and frame.mask is None) or np.array_equal(again.mask, frame.mask)
        assert again.unit == frame.unit
        assert (again.wcs is None) == (frame.wcs is None)
        if frame.wcs is not None:
            assert np.allclose(again.wcs.wcs_pix2world([[3, 4]], 0), frame.wcs.wcs_pix2world([[3, 4]], 0))
        if frame.uncertainty is not None:
            assert np.allclose(again.uncertainty.array, frame.uncertainty.array, equal_nan=True)


def test_half_of_the_inputs_are_made_after_published_headers_and_layouts():
    sourced = [case for case in CASES if CORPUS.source_of(case)]
    assert len(sourced) >= len(CASES) / 2


def test_there_are_at_least_150_inputs_of_eight_kinds():
    assert len(CORPUS.KINDS) == 8
    assert len(CASES) >= 150
    assert len({str(case) for case in CASES}) == len(CASES)
