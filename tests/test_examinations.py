"""``benchmarks/examinations.py`` and what it makes sets of: shares, orders, checksums, scenes of GalSim."""

import hashlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from astroclassify.simulate import SimulationConfig

_BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
ASKED = SimpleNamespace(processes=1, pictures=None)


@pytest.fixture
def examinations(monkeypatch):
    monkeypatch.syspath_prepend(_BENCHMARKS)
    import examinations

    return examinations


@pytest.fixture
def scenes(monkeypatch):
    pytest.importorskip("galsim")
    monkeypatch.syspath_prepend(_BENCHMARKS)
    import galsim_scenes

    return galsim_scenes


@pytest.mark.parametrize(
    ("count", "share", "number"), [(750, 0.1, 75), (10, 0.01, 1), (133, 0.1, 14), (10, 1, 10)]
)
def test_a_share_has_its_part_of_the_bodies_and_one_at_least(examinations, count, share, number):
    assert examinations.first(count, share) == number


def test_every_configuration_says_the_command_that_makes_the_set(examinations):
    for examination in examinations.EXAMINATIONS.values():
        if isinstance(examination, examinations.Drawn):
            text = (_BENCHMARKS / examination.config).read_text()
            assert f"{examination.config} --count {examination.count} --seed {examination.seed}" in text
            assert SimulationConfig.read(_BENCHMARKS / examination.config)


def test_no_two_examinations_have_one_seed(examinations):
    seeds = [getattr(each, "seed", None) for each in examinations.EXAMINATIONS.values()]
    assert len(set(seeds)) == len(seeds)


def test_a_share_is_the_first_part_of_the_whole_byte_for_byte(examinations, tmp_path):
    config = tmp_path / "small.toml"
    config.write_text(
        'frames_per_body = 1\ninstruments = {acs-wfc = 1}\napertures = {acs-wfc = ["WFC1A-512"]}\n'
    )
    small = examinations.Drawn(str(config), 2, 5)
    small.make(tmp_path / "part", 0.5, ASKED)
    small.make(tmp_path / "whole", 1.0, ASKED)
    part, whole = small.files(tmp_path / "part"), small.files(tmp_path / "whole")
    assert (len(part), len(whole)) == (1, 2)
    assert examinations.checksum(part) == examinations.checksum(whole[:1])
    assert [frame.truth for frame in small.frames(tmp_path / "whole")] != []


def test_the_checksum_is_that_of_all_bytes_in_order(examinations, tmp_path):
    files = [tmp_path / name for name in ("b", "a")]
    for path in files:
        path.write_bytes(path.name.encode() * 3)
    assert examinations.checksum(files) == hashlib.sha256(b"bbbaaa").hexdigest()


def test_the_first_outlier_of_each_kind_comes_before_the_second_ones(examinations, tmp_path):
    for name in ("bias-acs-wfc-full-001", "dark-acs-wfc-full-000", "bias-acs-wfc-full-000"):
        (tmp_path / f"{name}_raw.fits").touch()
    names = [path.name[:-9] for path in examinations.Outliers(10).files(tmp_path)]
    assert names == ["bias-acs-wfc-full-000", "dark-acs-wfc-full-000", "bias-acs-wfc-full-001"]


def test_pictures_are_left_out_where_no_folder_of_them_is_given(examinations, tmp_path):
    assert "left out" in examinations.EXAMINATIONS["semireal"].make(tmp_path / "semireal", 1.0, ASKED)
    assert examinations.there(tmp_path) == {}


def test_a_share_of_pictures_has_all_views_of_the_first_ones(examinations, tmp_path, monkeypatch):
    (tmp_path / "labels.csv").write_text(
        "file,body,label\n" + "".join(f"{n}.jpg,{n},nsc\n" for n in range(20))
    )
    asked = []

    def made(pictures, folder, **options):
        assert [picture.path for picture in pictures[:2]] == ["0.jpg", "1.jpg"]  # wherever the folder lies
        asked.append((len(pictures), options["count"], options["config"].frames_per_body, options["each"]))
        return SimpleNamespace(failures=(), made=0, kept=0)

    monkeypatch.setattr("astroclassify.simulate.simulate_pictures", made)
    told = SimpleNamespace(processes=1, pictures=tmp_path)
    examinations.EXAMINATIONS["semireal"].make(tmp_path / "semireal", 0.1, told)
    assert asked == [(20, 6, 3, True)]


def test_changes_of_labels_are_counted_and_swaps_of_classes_apart(monkeypatch):
    monkeypatch.syspath_prepend(_BENCHMARKS)
    import invariance

    labels = {"as read": ["galaxy"] * 4, "turned": ["galaxy", "nsc", "uncertain", "galaxy"]}
    found = invariance.report(labels, {"as read": [0.9] * 4, "turned": [0.9, 0.1, 0.5, 0.9]}, [0, 0, 1, 1])
    (line,) = found.rows[1:]
    assert (line[1], line[3], line[4]) == ("2", "1", "0.3000")
    assert line[2].startswith("50.00% (")


# Scenes of GalSim -------------------------------------------------------------------------------


@pytest.fixture
def sheet(scenes):
    return scenes.Sheet((96, 128), *scenes.optics("acs-wfc", 600.0, 0.05, np.random.default_rng(1)))


@pytest.mark.parametrize("place", [(0.0, 0.0), (10.25, -20.5), (-0.75, 3.0)])
def test_a_star_is_where_it_was_put_with_its_light(sheet, place):
    sheet.add_stars(np.reshape(place, (2, 1)), np.array([100.0]))
    y, x = np.indices(sheet.shape) - np.reshape([(n - 1) / 2 for n in sheet.shape], (2, 1, 1))
    light = sheet.image.array
    near = light * (np.hypot(y - place[0], x - place[1]) < 15)
    found = np.array([(near * y).sum(), (near * x).sum()]) / near.sum()
    shift = sheet.core.centroid  # coma moves the middle of the light
    assert light.sum() == pytest.approx(100, rel=0.03)
    assert found - (shift.y, shift.x) == pytest.approx(np.array(place), abs=0.13)


def test_a_galaxy_is_where_it_was_put(scenes, sheet):
    sheet.add(scenes.galsim.Gaussian(sigma=4).withFlux(50.0), (7.0, -12.0), side=80)
    y, x = np.unravel_index(sheet.image.array.argmax(), sheet.shape)
    assert sheet.image.array.sum() == pytest.approx(50, rel=0.03)
    assert (y - 47.5, x - 63.5) == pytest.approx((7, -12), abs=0.9)


def test_stars_beyond_the_window_add_nothing_but_their_wings(sheet):
    sheet.add_stars(np.array([[400.0, -400.0], [0.0, 900.0]]), np.ones(2))
    assert not sheet.image.array.any()


def test_half_of_the_scenes_are_galaxies_and_cameras_do_not_tell(scenes):
    plans = scenes.GalSimPlans(3, 200)
    told = [plans.plan(index) for index in range(200)]
    galaxy = np.array([scenes.KINDS[plan.kind] == "galaxy" for plan in told])
    assert galaxy.mean() == 0.5
    for camera in ("acs-wfc", "wfc3-uvis", "csst-msc"):
        of_it = np.array([plan.setting["instrument"] == camera for plan in told])
        assert 0.35 < galaxy[of_it].mean() < 0.65


def test_fluxes_follow_their_power_law_within_their_limits(scenes):
    fluxes = scenes.pareto(np.random.default_rng(0), 20_000, 1.0, spread=1e3)
    assert 1 <= fluxes.min() < fluxes.max() <= 1e3
    assert np.mean(fluxes > 10) == pytest.approx((1 / 10 - 1e-3) / (1 - 1e-3), rel=0.1)
