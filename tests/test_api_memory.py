"""Large frames take little memory, and get the answer that they get when held as a whole."""

import json
import subprocess
import sys

import numpy as np
import pytest

from astroclassify import _work
from astroclassify.models import MODELS
from astroclassify.preprocess import FrameRows, frame_array

# One model for each preprocessing.
BY_ROWS = sorted(
    {
        (MODELS[name].preprocessing, MODELS[name].preprocessing_options): name
        for name in sorted(MODELS, reverse=True)
        if MODELS[name].by_rows
    }.values()
)

# A frame of CSST's size in a memory-mapped file of big-endian 16-bit counts; 340 MB as float32.
MEASURE = """
import json, resource, sys, tracemalloc
import numpy as np
from astroclassify import _work
from astroclassify.models import MODELS
frame = np.memmap(sys.argv[1], dtype=">u2", mode="r", shape=(9216, 9232))
spec = MODELS[sys.argv[2]]
spec.planes(np.ones((64, 64), dtype=np.float32))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
tracemalloc.start()
planes = spec.planes(_work.pixels_of(frame, spec))
traced = tracemalloc.get_traced_memory()[1]
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
json.dump([traced / 1e6, (after - before) / 1e3, frame.nbytes / 1e6, planes.nbytes / 1e6], sys.stdout)
"""


@pytest.fixture(scope="module")
def csst_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("csst") / "frame.raw"
    block = np.random.default_rng(0).integers(900, 1100, (256, 9232)).astype(">u2")
    with path.open("wb") as stream:
        for _ in range(9216 // 256):
            stream.write(block.tobytes())
    yield path
    path.unlink()


@pytest.mark.parametrize("name", ["patchnet", "resnet18-resize"])
def test_a_csst_frame_takes_much_less_than_its_own_size(csst_file, name):
    run = [sys.executable, "-c", MEASURE, str(csst_file), name]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    traced, resident, file, planes = json.loads(done.stdout)
    # One float32 copy would be 340 MB; pages of the file count as resident, but are the system's to drop.
    assert traced < 50 + 2 * planes
    assert resident < file + 80 + 2 * planes


@pytest.mark.parametrize("name", BY_ROWS)
@pytest.mark.parametrize("shape", [(1500, 700), (301, 2003)])
def test_taken_by_rows_a_frame_gives_the_same_planes(name, shape):
    rng = np.random.default_rng(1)
    frame = rng.integers(500, 700, shape).astype(">u2")
    frame[shape[0] // 3, :: shape[1] // 9] = 65000
    masked = np.ma.masked_array(frame, mask=False)
    masked.mask[200:290, 300:333] = True
    spec = MODELS[name]
    whole, by_rows = spec.planes(frame_array(masked)), spec.planes(FrameRows(masked))
    assert whole.dtype == by_rows.dtype == np.float32
    np.testing.assert_allclose(by_rows, whole, atol=1e-3)


def test_only_large_frames_are_taken_by_rows(monkeypatch):
    spec = next(MODELS[name] for name in BY_ROWS)
    frame = np.ones((100, 100), dtype="u2")
    assert isinstance(_work.pixels_of(frame, spec), np.ndarray)
    monkeypatch.setattr(_work, "HELD_PIXELS", 9_999)
    assert isinstance(_work.pixels_of(frame, spec), FrameRows)
