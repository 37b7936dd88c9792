"""``datasets split``: the files it writes, and what it refuses."""

import re
import warnings

import pytest

from astroclassify.datasets import find_leakage, read_manifest

COLUMNS = "ID,Instrument,OBSID,Filter,RA,DEC,HDU Index,Label"


@pytest.fixture
def listed(tmp_path):
    """Six galaxies and six clusters, ten degrees apart."""
    rows = []
    for body in range(12):
        camera, letter = ("ACS/WFC", "j") if body % 3 else ("WFC3/UVIS", "i")
        label = "galaxy" if body % 2 else "NSC"
        for exposure in range(4):
            obsid = f"{letter}aaa{body:02d}{exposure:02d}q"
            rows.append(f"body {body},{camera},{obsid},F606W,{10 * body},30.0,1,{label}")
    path = tmp_path / "list.csv"
    path.write_text("\n".join([COLUMNS, *rows]) + "\n")
    return path


def test_the_parts_are_written_whole_and_share_no_body(command, listed, tmp_path):
    status, out, _ = command(
        "datasets", "split", listed, "--output", tmp_path / "parts", "--fraction", "0.25"
    )
    parts = [read_manifest(tmp_path / "parts" / f"{part}.ecsv") for part in ("train", "test")]
    assert status == 0
    assert sum(len(part) for part in parts) == 48
    assert find_leakage(*parts).level is None
    assert f"{len(parts[0])} frames to learn from, {len(parts[1])} to test on" in out
    assert parts[1].meta["split"]["by"] == "body"


def test_folds_have_a_folder_each_and_the_seed_says_which(command, listed, tmp_path):
    def tested(folder, seed):
        asked = ("--by", "body", "--folds", "3", "--seed", seed, "--output", tmp_path / folder)
        assert command("datasets", "split", listed, *asked)[0] == 0
        folds = sorted((tmp_path / folder).iterdir())
        assert [fold.name for fold in folds] == ["fold1", "fold2", "fold3"]
        return [(fold / "test.ecsv").read_bytes() for fold in folds]

    assert tested("first", 0) == tested("again", 0)
    assert tested("other", 1) != tested("first", 0)


def test_a_split_by_frame_needs_a_word(command, listed, tmp_path):
    asked = ("datasets", "split", listed, "--by", "frame", "--output", tmp_path / "parts")
    status, _, err = command(*asked)
    assert status == 2
    assert err.strip().endswith("say --allow-leakage")
    assert not (tmp_path / "parts").exists()
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        status, out, err = command(*asked, "--allow-leakage")
    assert status == 0
    assert "the split is by frame" in err
    assert re.search(r"shared: \d+ bodies .*; \d+ visits", out)
