"""``calibrate`` writes weights of one's own; ``check`` says whether frames resemble what was learnt."""

import json

import pytest

HEADER = "file,body,label\n"


@pytest.fixture
def labelled(frame_file, tmp_path):
    """Give a folder of 12 frames that are all too bright, and a table of labels."""
    rows = [
        (f"night/{i}.fits", f"body {i}", *(("galaxy", 260.0) if i % 2 else ("nsc", 60.0))) for i in range(12)
    ]
    for name, _, _, level in rows:
        frame_file(name, level)
    labels = tmp_path / "labels.csv"
    labels.write_text(HEADER + "".join(f"{name},{body},{label}\n" for name, body, label, _ in rows))
    return tmp_path, labels


def test_weights_of_ones_own_work_with_classify(command, labelled, bright_is_galaxy):
    folder, labels = labelled
    mine = folder / "mine.safetensors"
    status, out, err = command("calibrate", folder, labels, *bright_is_galaxy, "-o", mine)
    assert (status, out.strip()) == (0, str(mine))
    assert "12 labelled frames of 12 bodies" in err
    assert "balanced accuracy" in err
    model = bright_is_galaxy[:2]
    status, out, _ = command(
        "classify", folder / "night" / "0.fits", *model, "--weights", mine, "--format", "json"
    )
    before = command("classify", folder / "night" / "0.fits", *bright_is_galaxy, "--format", "json")[1]
    assert json.loads(out)[0]["p_galaxy"] < json.loads(before)[0]["p_galaxy"]


def test_without_labels_only_shares_are_estimated(command, labelled, bright_is_galaxy):
    folder, _ = labelled
    status, _, err = command(
        "calibrate", folder / "night", *bright_is_galaxy, "-o", folder / "mine.safetensors"
    )
    assert status == 0
    assert "without labels" in err
    assert "share of galaxy" in err


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("file,body\nnight/0.fits,a\n", 1, "no column label"),
        (HEADER + "night/none.fits,a,galaxy\n", 1, "files are not there"),
        (HEADER + "night/0.fits,a,galaxy\n", 2, "a calibration needs 3 of each"),
    ],
)
def test_labels_that_cannot_calibrate_are_refused(command, labelled, bright_is_galaxy, text, status, said):
    folder, labels = labelled
    labels.write_text(text)
    found = command("calibrate", folder, labels, *bright_is_galaxy, "-o", folder / "mine.safetensors")
    assert (found[0], found[1]) == (status, "")
    assert said in found[2]
    assert not (folder / "mine.safetensors").exists()


# check ---------------------------------------------------------------------------------------


def with_card(bright_is_galaxy, **changes):
    card = bright_is_galaxy[3].with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))


def test_frames_that_are_as_learnt_exit_with_0(command, labelled, bright_is_galaxy):
    status, out, err = command("check", labelled[0] / "night", *bright_is_galaxy)
    assert status == 0
    assert "12 frames resemble" in err
    assert out.count("as learnt") == 12


def test_frames_that_are_novel_exit_with_3_and_say_what_to_do(command, labelled, bright_is_galaxy):
    with_card(bright_is_galaxy, novelty={"score": "energy", "above": -99.0})
    status, out, err = command("check", labelled[0] / "night", *bright_is_galaxy)
    assert status == 3
    assert "12 frames do not resemble" in err
    assert "12 of 12 novel: look at them" in err
    assert "novelty" in out


def test_planes_out_of_range_are_told(command, labelled, bright_is_galaxy):
    with_card(bright_is_galaxy, planes={"mean": [[-10.0, 10.0]], "spread": [[0.0, 10.0]]})
    status, out, err = command("check", labelled[0] / "night", *bright_is_galaxy)
    assert status == 3
    assert "12 of 12 unusual planes: were they stretched" in err
    assert "the mean of plane 0 is" in out


def test_a_file_that_cannot_be_read_exits_with_1(command, labelled, bright_is_galaxy):
    (labelled[0] / "night" / "bad.fits").write_bytes(b"nothing")
    status, _, err = command("check", labelled[0] / "night", *bright_is_galaxy)
    assert status == 1
    assert "bad.fits" in err


def test_doubt_about_most_frames_asks_for_labels(command, labelled, bright_is_galaxy):
    with_card(bright_is_galaxy, uncertain_below=1.0)
    status, _, err = command("check", labelled[0] / "night", *bright_is_galaxy)
    assert status == 3
    assert "unsure: label 20 of them" in err
