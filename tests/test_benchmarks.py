"""Every script in ``benchmarks``: its help, and a run as small as it can be (slow: ``pytest --slow``)."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from astroclassify.training import FramePool

_BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
#: What other scripts import.
_MODULES = {"designs_networks", "judge_frames", "judge_tables", "galsim_scenes", "sources_tables"}
SCRIPTS = sorted(path.stem for path in _BENCHMARKS.glob("*.py") if path.stem not in _MODULES)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_benchmark_says_what_it_does(name, monkeypatch, capsys):
    if name == "galsim_compare":
        pytest.importorskip("galsim")
    monkeypatch.syspath_prepend(_BENCHMARKS)
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--help"])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(_BENCHMARKS / f"{name}.py"), run_name="__main__")
    assert stopped.value.code == 0
    assert "usage:" in capsys.readouterr().out


def ran(name, *arguments):
    """Run a benchmark; give what it printed."""
    command = [sys.executable, _BENCHMARKS / f"{name}.py", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Labelled pictures of nothing real: a smooth disc for a galaxy, points for a cluster."""
    folder, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(3)
    y, x = np.mgrid[-1:1:120j, -1:1:120j]
    for number in range(8):
        disc = 200 * np.exp(-5 * np.hypot(y, (1 + number) * x))
        image = disc if number % 2 else 200 * (rng.random(disc.shape) > 0.99)
        Image.fromarray(np.uint8(image)).save(folder / f"{number}.png")
    rows = "".join(f"{n}.png,body {n},{'galaxy' if n % 2 else 'nsc'},,\n" for n in range(8))
    (folder / "labels.csv").write_text("file,body,label,kind,subclass\n" + rows)
    return folder


@pytest.fixture(scope="module")
def exams(tmp_path_factory, pictures):
    """A thousandth of those examinations that are made of windows."""
    folder = tmp_path_factory.mktemp("exams")
    only = [word for name in ("csst_clear", "fields", "semireal") for word in ("--only", name)]
    said = ran("examinations", "make", folder, "--share", 0.001, *only, "--pictures", pictures)
    assert "FAILED" not in said
    return folder


@pytest.mark.slow
def test_examinations_are_made_and_have_checksums(exams):
    lines = ran("examinations", "checksum", exams).splitlines()
    assert [line.split()[:2] for line in lines] == [["csst_clear", "1"], ["fields", "2"], ["semireal", "3"]]


@pytest.mark.slow
def test_a_model_is_judged_by_the_examinations(exams, tmp_path):
    said = ran("judge", "--exams", exams, "--csv", tmp_path / "answers.csv")
    for title in ("Every frame", "Coverage", "2 frames of fields answered as a body"):
        assert title in said


@pytest.mark.slow
def test_pictures_as_raw_frames_are_classified(pictures):
    assert "balanced accuracy" in ran("semireal", pictures, "--limit", 2)


@pytest.mark.slow
def test_raw_frames_that_were_made_from_another_working_folder_are_taken(pictures, tmp_path, monkeypatch):
    few = ["--limit", 1, "--frames", tmp_path]
    said = ran("semireal", pictures, *few)
    monkeypatch.chdir(pictures)
    assert ran("semireal", ".", *few) == said


@pytest.mark.slow
def test_detectors_are_judged_by_fields_bodies_and_photographs(pictures, tmp_path):
    few = ["--count", 1, "--real-count", 1, "--detectors", "segmentation"]
    said = ran("detection", "--kept", tmp_path, *few, "--pictures", pictures, "--photographs", pictures)
    for title in ("simulated: 1 images", "real bodies: 1 images", "photographs: 8 of one body each"):
        assert title in said


def test_the_size_of_every_built_in_detector_is_known():
    size_of = runpy.run_path(str(_BENCHMARKS / "detection.py"))["_size_of"]
    sizes = {name: float(size_of(name)) for name in ("heatmap", "segmentation", "starless", "xrai", "yolo")}
    assert min(sizes.values()) > 1
    # The default model's weights, and those of the network that removes stars (0.4 MB).
    assert sizes["starless"] - sizes["heatmap"] == pytest.approx(0.42, abs=0.1)
    # Beside the default model xrai asks one that says whether there is an object.
    assert sizes["xrai"] - sizes["heatmap"] == pytest.approx(6.5, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("invariance", ["--count", 1]),
        ("house", []),
        ("journeys", ["classify"]),
        ("simulate", ["--kinds", "globular", "--repeat", 1]),
    ],
)
def test_a_small_run_ends_well(name, arguments):
    assert ran(name, *arguments)


@pytest.mark.slow
def test_stars_and_galaxies_are_judged(source_set, tmp_path):
    pytest.importorskip("sklearn")
    few = ["--baseline", "size-magnitude", "--answers", tmp_path / "answers.npz", "--figures", tmp_path]
    said = ran("sources", source_set, source_set, *few, "--main", "size-magnitude")
    assert "Balanced accuracy by signal-to-noise in i" in said
    assert (tmp_path / "size-magnitude.png").is_file()


@pytest.mark.slow
def test_the_sources_of_a_field_are_timed(tmp_path):
    from astroclassify.simulate import survey_field

    survey_field(5, bands=("i",), shape=(200, 200), latitude=15.0).images["i"].write(tmp_path / "i.fits")
    assert "detecting and measuring" in ran("sources_field", f"i={tmp_path / 'i.fits'}")


@pytest.mark.slow
def test_pictures_are_compared_with_drawn_bodies(pictures):
    pytest.importorskip("sklearn")
    assert "points" in ran("realism", pictures, "--raw", "--no-network")


@pytest.mark.slow
def test_styles_of_pictures_are_compared(pictures):
    assert ran("styles", pictures)


@pytest.mark.slow
def test_what_labels_gain_is_measured(pictures):
    assert "balanced accuracy" in ran("calibrate", pictures, "--labels", 4, "--draws", 2)


@pytest.mark.slow
def test_a_survey_field_is_drawn_and_measured(tmp_path):
    assert "stars, b = 90" in ran("survey", "counts")
    assert "objects" in ran("survey", "chip", tmp_path, "--side", 200)
    assert "sources in" in ran("survey", "measure", tmp_path)


@pytest.mark.slow
def test_a_scene_of_galsim_becomes_a_frame(tmp_path):
    pytest.importorskip("galsim")
    ran("examinations", "make", tmp_path, "--share", 0.005, "--only", "galsim")
    assert len(ran("examinations", "checksum", tmp_path).split()) == 3


@pytest.mark.slow
def test_sets_are_screened_and_cached(exams, tmp_path):
    manifest = exams / "csst_clear" / "manifest.ecsv"
    assert "csst_clear" in ran("screening", manifest, "--kept", tmp_path / "kept")


@pytest.fixture(scope="module")
def shrunk_chips(tmp_path_factory):
    """Ten chips of 224 x 448 pixels, of as many bodies: a smooth disc for a galaxy, noise for a cluster."""
    folder, rng = tmp_path_factory.mktemp("shrunk"), np.random.default_rng(3)
    y, x = np.mgrid[-1:1:224j, -2:2:448j]
    rows = ["ID,OBSID,Label"]
    for number in range(10):
        chip = rng.normal(100, 3, y.shape) + (number % 2) * 500 * np.exp(-5 * np.hypot(y, x))
        fits.writeto(folder / f"chip-{number}.fits", chip.astype(np.float32))
        rows.append(f"body {number},chip-{number},{'galaxy' if number % 2 else 'nsc'}")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder / "manifest.csv"


@pytest.mark.slow
def test_designs_for_shrunk_chips_are_compared(shrunk_chips, tmp_path):
    said = ran(
        "resized", shrunk_chips, tmp_path, "--samples", 8, "--designs", "3 x 3 only", "standardised, arcsinh"
    )
    assert "578,722" in said
    assert "2 of 2" in said


@pytest.mark.slow
def test_the_weights_of_shrunk_chips_are_made_in_two_parts(shrunk_chips, tmp_path):
    said = ran("train_resized", shrunk_chips, tmp_path, "--minutes", 0.01, 0.01)
    assert said.splitlines()[0].startswith("small")
    card = json.loads((tmp_path / "whole" / "weights.json").read_text())
    assert card["preprocessing_options"] == {"height": 224, "width": 448, "scale": "noise"}
    assert card["model"] == "resnet18-resize"


@pytest.fixture
def pools(tmp_path):
    """Pools of a training and held-out ones: a smooth disc for a galaxy, noise for a nebula."""
    y, x = np.mgrid[-1:1:192j, -1:1:192j]

    def source(rng):
        noise = rng.normal(100, 3, y.shape).astype(np.float32)
        return [(noise + 500 * np.exp(-5 * np.hypot(y, x)), 0), (noise, 1)]

    for name in ("pools/small", "held/small"):
        FramePool(tmp_path / name, capacity=8).produce(source, seed=1, limit=8)
    return tmp_path


@pytest.mark.slow
def test_designs_of_the_default_model_are_compared(pools):
    few = ["--samples", 64, "--designs", "everything", "from random numbers", "--as-drawn"]
    said = ran("designs", pools, *few)
    assert "views (8)" in said
    assert ran("designs", pools, *few).splitlines()[-6:] == said.splitlines()[-6:]


@pytest.mark.slow
def test_chips_are_drawn_in_several_details(tmp_path):
    ran("designs_chips", tmp_path, "--camera", "acs-wfc", "--limit", 2, "--capacity", 2)
    pools = sorted((tmp_path / "pools").iterdir())
    assert [FramePool(pool).shape for pool in pools] == [(128, 256), (192, 384), (256, 512), (384, 256)]
    assert all(FramePool(pool).filled == 2 for pool in pools)
