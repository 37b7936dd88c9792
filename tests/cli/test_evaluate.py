"""``evaluate`` writes answers, tables, figures and a page, prints the main table, and says what failed."""

import pytest
from astropy.io import fits
from astropy.table import Table


@pytest.fixture
def manifest(tmp_path, frame_file):
    """Four frames of four bodies; bright ones are galaxies."""
    rows = []
    for number in range(4):
        label = ("galaxy", "nsc")[number % 2]
        name = f"jzz{number:03d}01q"
        frame_file(f"{name}_raw.fits", 100 if label == "galaxy" else -100)
        rows.append((f"body {number}", "ACS/WFC", name, "F814W", label))
    table = Table(rows=rows, names=("ID", "Instrument", "OBSID", "Filter", "Label"))
    table.write(tmp_path / "list.csv")
    return tmp_path / "list.csv"


@pytest.fixture
def model(bright_is_galaxy):
    _, name, _, weights = bright_is_galaxy
    return f"{name}={weights}"


def test_it_prints_the_main_table_and_writes_the_page(command, manifest, model, tmp_path):
    status, out, err = command("evaluate", model, "--data", manifest, "--output", tmp_path / "out")
    assert status == 0
    line = out.splitlines()[1].split()
    assert line[:3] == ["cli-test-brightness", "4", "100.00"]
    assert "the page is" in err
    assert (tmp_path / "out" / "report.html").is_file()
    assert {"performance.ecsv", "confusion.ecsv", "misclassified.ecsv"} <= {
        path.name for path in (tmp_path / "out" / "tables").iterdir()
    }


def test_tables_only_means_no_figures(command, manifest, model, tmp_path):
    status, _, err = command(
        *("evaluate", f"mine={model}", "--data", manifest, "--output", tmp_path / "out"),
        *("--tables-only", "--no-timing", "--max-frames", 2),
    )
    assert (status, err) == (0, "")
    assert not (tmp_path / "out" / "report.html").exists()
    assert Table.read(tmp_path / "out" / "tables" / "performance.ecsv")["model", "frames"][
        0
    ].as_void().tolist() == (*("mine", 2),)


def test_a_reference_list_is_what_rules_are_learnt_on(command, manifest, model, tmp_path):
    Table.read(manifest)["Instrument", "Filter", "Label"].write(tmp_path / "train.csv")
    _, out, _ = command(
        *("evaluate", model, "--data", manifest, "--output", tmp_path / "out", "--tables-only"),
        *("--reference", tmp_path / "train.csv"),
    )
    assert "instrument, learnt on the reference list" in out


def test_a_frame_that_fails_is_told_and_gives_another_status(command, manifest, model, tmp_path):
    fits.PrimaryHDU().writeto(tmp_path / "jzz00001q_raw.fits", overwrite=True)
    status, out, err = command(
        "evaluate", model, "--data", manifest, "--output", tmp_path / "out", "--tables-only"
    )
    assert status == 1
    assert out.splitlines()[1].split()[:2] == ["cli-test-brightness", "3"]
    assert "error: cli-test-brightness: jzz00001q: " in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing-like-it",), "no model is named"),
        (("patchnet", "--max-frames", 0), "expected at least 1 frame"),
    ],
)
def test_wrong_usage_is_told(command, manifest, tmp_path, arguments, said):
    status, _, err = command("evaluate", *arguments, "--data", manifest, "--output", tmp_path / "out")
    assert status == 2
    assert said in err


def test_robustness_goes_into_the_same_folder(command, manifest, model, tmp_path):
    status, _, _ = command(
        *("evaluate", model, "--data", manifest, "--output", tmp_path / "out", "--tables-only"),
        *("--robustness", "cut-out", "--robustness-frames", 2),
    )
    assert status == 0
    table = Table.read(tmp_path / "out" / "robustness.ecsv")
    assert set(table["quantity"]) == {"cut-out"}
    assert set(table["model"]) == {"cli-test-brightness"}
