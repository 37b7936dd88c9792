"""Fetching by processes that are killed, and by several at once."""

import signal
import subprocess
import sys
import threading
import time

import pytest
from astropy.io import fits
from astropy.table import Table

from astroclassify.archive import fetch_frames
from astroclassify.datasets import labelled_frames
from astroclassify.io import read_frames, write_raw

pytest.importorskip("requests")
OBSID = "iabc01xyq"
FILE = f"{OBSID}_raw.fits"
BEGUN = 2**17  # bytes, some of those written at a time
QUICK = {"backoff": 0.0, "progress": False}
_PROGRAM = """
import sys
from astropy.table import Table
from astroclassify.archive import fetch_frames
source, folder, *names = sys.argv[1:]
result = fetch_frames(Table({"OBSID": names}), folder, source=source, backoff=0.0)
print(result.made, result.kept, len(result.failures))
"""


def started(archive, folder, *names):
    command = [sys.executable, "-c", _PROGRAM, f"{archive.url}/files", str(folder), *names]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def waited(condition):
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise TimeoutError("it did not happen")


def test_a_killed_download_leaves_no_file_and_goes_on(archive, fault, big, tmp_path):
    silence = threading.Event()
    archive.faults[FILE] = [fault(cut=BEGUN, stall=silence)]
    process = started(archive, tmp_path, OBSID)
    part = tmp_path / ".fetch" / f"{OBSID}.part"
    waited(lambda: part.is_file() and part.stat().st_size == BEGUN)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    silence.set()
    assert not (tmp_path / FILE).exists()
    result = fetch_frames(Table({"OBSID": [OBSID]}), tmp_path, source=f"{archive.url}/files", **QUICK)
    assert result.paths[OBSID].read_bytes() == big
    assert archive.asked[FILE] == ["", f"bytes={BEGUN}-"]
    assert not part.exists()


def test_two_at_once_fetch_nothing_twice(archive, fault, raw_bytes, tmp_path):
    names = [f"iabc0{number}xyq" for number in range(1, 6)]
    gate = threading.Event()
    for seed, name in enumerate(names):
        archive.add(f"{name}_raw.fits", raw_bytes(seed))
    archive.faults[f"{names[0]}_raw.fits"] = [fault(cut=100, stall=gate)]
    process = started(archive, tmp_path, *names)
    waited(lambda: archive.asked[f"{names[0]}_raw.fits"])
    results = []
    thread = threading.Thread(
        target=lambda: results.append(
            fetch_frames(Table({"OBSID": names}), tmp_path, source=f"{archive.url}/files", **QUICK)
        )
    )
    thread.start()
    waited(lambda: (tmp_path / f"{names[-1]}_raw.fits").exists())
    gate.set()
    thread.join()
    said = [int(number) for number in process.communicate()[0].split()]
    assert [len(archive.asked[f"{name}_raw.fits"]) for name in names] == [1] * 5
    assert results[0].made + said[0] == 5
    assert results[0].kept + said[1] == 5
    for seed, name in enumerate(names):
        assert (tmp_path / f"{name}_raw.fits").read_bytes() == raw_bytes(seed)


def test_an_interrupt_ends_it_and_keeps_what_came(archive, fault, big, tmp_path, monkeypatch):
    silence, part = threading.Event(), tmp_path / ".fetch" / f"{OBSID}.part"
    archive.faults[FILE] = [fault(cut=BEGUN, stall=silence)]

    def interrupted(*_, **__):
        waited(lambda: part.is_file() and part.stat().st_size == BEGUN)
        threading.Timer(0.05, silence.set).start()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("astroclassify.core._executors.wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch_frames(Table({"OBSID": [OBSID]}), tmp_path, source=f"{archive.url}/files", **QUICK)
    assert part.stat().st_size >= BEGUN
    assert not (tmp_path / FILE).exists()
    assert fetch_frames(Table({"OBSID": [OBSID]}), tmp_path, source=f"{archive.url}/files", **QUICK).made == 1


@pytest.mark.parametrize("hdu", [1, 4])
def test_frames_of_a_cut_file_are_those_of_the_whole(archive, rng_chips, tmp_path, hdu):
    whole = tmp_path / "whole" / FILE
    whole.parent.mkdir()
    write_raw(whole, rng_chips, instrument="wfc3-uvis", band="F606W", exptime=500.0)
    archive.add(FILE, whole.read_bytes())
    manifest = Table(
        rows=[("M51", "WFC3/UVIS", OBSID, "F606W", 202.5, 47.2, hdu, "galaxy")],
        names=("ID", "Instrument", "OBSID", "Filter", "RA", "DEC", "HDU Index", "Label"),
    )
    folder = fetch_frames(manifest, tmp_path / "cut", source=f"{archive.url}/files", **QUICK).folder
    ours, theirs = (labelled_frames(manifest, frame_dir=each)[0] for each in (folder, whole.parent))
    assert archive.sent[FILE] < 0.6 * whole.stat().st_size
    assert (ours.array() == theirs.array()).all()
    chip = fits.getheader(whole, hdu)["CCDCHIP"]
    (alone,) = read_frames(folder / FILE)  # the other chip is not there, and not taken to be empty
    (same,) = read_frames(whole, chip=chip)
    assert (alone.data == same.data).all()
    assert alone.meta == same.meta


@pytest.fixture(scope="module")
def rng_chips():
    """Pixels of both chips, binned 3 x 3: the smallest file of two (dict)."""
    import numpy as np

    rng = np.random.default_rng(3)
    return {chip: rng.integers(2400, 2700, (690, 1402), dtype="uint16") for chip in (1, 2)}
