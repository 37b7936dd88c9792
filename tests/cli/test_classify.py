"""``classify`` gives a row for each chip, whatever happens to the others."""

import json

import pytest
from astropy.table import QTable

from astroclassify.core import conf


def test_labels_go_to_standard_output_as_a_plain_table(command, frame_file, bright_is_galaxy):
    bright, dark = frame_file("bright.fits", 1000), frame_file("dark.fits", -1000)
    status, out, err = command("classify", bright, dark, *bright_is_galaxy)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert "galaxy" in lines[2]
    assert "nsc" in lines[3]


def test_a_bad_file_is_a_failed_row_and_the_others_are_done(command, frame_file, bright_is_galaxy, tmp_path):
    bad = tmp_path / "bad.fits"
    bad.write_bytes(b"not a FITS file")
    status, out, err = command("classify", bad, frame_file("good.fits"), *bright_is_galaxy)
    assert status == 1
    assert "failed" in out.splitlines()[2]
    assert "galaxy" in out.splitlines()[3]
    assert "bad.fits" in err


def test_the_terminal_is_told_why_labels_are_uncertain(command, frame_file, bright_is_galaxy):
    files = [frame_file(f"{number}.fits") for number in range(12)]
    with conf.set_temp("uncertain_below", 1.0):
        _, out, err = command("classify", *files, *bright_is_galaxy)
        _, rows, quiet = command("classify", *files, *bright_is_galaxy, "--format", "json")
    assert err.count("0.fits: uncertain: ") == 1
    assert err.count(" is below ") == 10
    assert "2 more are uncertain" in err
    assert " is below " not in out
    assert all(" is below " in row["reason"] for row in json.loads(rows))
    assert quiet == ""


def test_what_is_said_of_a_frame_cannot_steer_the_terminal(command, frame_file, bright_is_galaxy):
    with conf.set_temp("uncertain_below", 1.0):
        _, _, err = command("classify", frame_file("red\x1b[31m.fits"), *bright_is_galaxy)
    assert "uncertain: " in err
    assert "\x1b" not in err


def test_json_keeps_the_error_in_its_row(command, bright_is_galaxy, tmp_path):
    status, out, _ = command("classify", tmp_path / "missing.fits", *bright_is_galaxy, "--format", "json")
    (row,) = json.loads(out)
    assert status == 1
    assert row["error"]
    assert row["probability"] is None


def test_a_folder_into_a_file(command, frame_file, bright_is_galaxy, tmp_path):
    for number in range(3):
        frame_file(f"night/{number}.fits")
    labels = tmp_path / "labels.ecsv"
    status, out, _ = command("classify", tmp_path / "night", *bright_is_galaxy, "-o", labels)
    table = QTable.read(labels, format="ascii.ecsv")
    assert (status, out) == (0, "")
    assert list(table["label"]) == ["galaxy"] * 3
    assert table.meta["model"] == "cli-test-brightness"


def test_an_output_that_cannot_be_written_is_refused_before_the_work(
    command, frame_file, bright_is_galaxy, tmp_path, monkeypatch
):
    monkeypatch.setattr("astroclassify.classify_many", lambda *a, **k: pytest.fail("it went to work"))
    one = frame_file("one.fits")
    for output in (tmp_path, one / "labels.csv"):
        status, out, err = command("classify", one, *bright_is_galaxy, "-o", output)
        assert (status, out) == (2, "")
        assert "cannot be written" in err


def test_a_pattern_without_files_is_a_failed_input(command, frame_file, bright_is_galaxy, tmp_path):
    status, out, err = command("classify", f"{tmp_path}/*.fz", frame_file("one.fits"), *bright_is_galaxy)
    assert status == 1
    assert "galaxy" in out
    assert "*.fz" in err


def test_json_of_nothing_is_an_empty_list(command, bright_is_galaxy, tmp_path):
    status, out, _ = command("classify", f"{tmp_path}/*.fz", *bright_is_galaxy, "--format", "json")
    assert (status, json.loads(out)) == (1, [])


def test_a_chip_that_is_not_there_is_a_failed_row(command, frame_file, bright_is_galaxy):
    status, out, err = command(
        "classify", frame_file("one.fits"), "--chip", 3, *bright_is_galaxy, "--format", "json"
    )
    (row,) = json.loads(out)
    assert (status, row["chip"], row["label"]) == (1, 3, "")
    assert "no chip 3" in row["error"]
    assert "no chip 3" in err


def test_a_prior_moves_the_probabilities(command, frame_file, bright_is_galaxy):
    rows, one = [], frame_file("one.fits", 30)
    for options in ((), ("--prior", "galaxy=0.2, nsc=0.8")):
        _, out, _ = command("classify", one, *bright_is_galaxy, "--format", "json", *options)
        rows += json.loads(out)
    odds = [row["p_galaxy"] / (1 - row["p_galaxy"]) for row in rows]
    assert odds[1] == pytest.approx(odds[0] / 4)


def test_the_options_reach_the_work(command, frame_file, bright_is_galaxy, monkeypatch):
    import astroclassify

    asked, honest = {}, astroclassify.classify_many
    monkeypatch.setattr("astroclassify.classify_many", lambda *a, **k: asked.update(k) or honest(*a, **k))
    options = ("--no-flips", "--batch-size", 3, "--precision", "float32", "--device", "cpu")
    assert command("classify", frame_file("one.fits"), *bright_is_galaxy, *options)[0] == 0
    expected = {"flips": False, "batch_size": 3, "precision": "float32", "device": "cpu", "prior": None}
    assert {name: asked[name] for name in expected} == expected


@pytest.mark.parametrize(
    "options",
    [
        ["--prior", "galaxy"],
        ["--prior", "galaxy=1.5,nsc=0.1"],
        ["--batch-size", "0"],
        ["--precision", "float12"],
    ],
)
def test_an_option_that_makes_no_sense_is_wrong_usage(command, frame_file, bright_is_galaxy, options):
    status, out, err = command("classify", frame_file("one.fits"), *bright_is_galaxy, *options)
    assert (status, out) == (2, "")
    assert "error" in err


@pytest.mark.parametrize(
    "options",
    [
        ["--model", "no-such-model"],
        ["--model", "hr-celestialnet"],
        ["--model", "hr-celestialnet", "--weights", "missing.safetensors"],
        ["--device", "no-such-device"],
    ],
)
def test_what_no_file_could_be_classified_with_is_wrong_usage(command, frame_file, options):
    status, out, err = command("classify", frame_file("one.fits"), *options)
    assert (status, out) == (2, "")
    assert err.startswith("astroclassify: error: ")
