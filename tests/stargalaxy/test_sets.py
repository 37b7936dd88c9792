"""Sets of sources on disk, and sources matched with what was simulated."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable

from astroclassify.core import ParameterError, ReadError
from astroclassify.stargalaxy import SourceSample, SourceSet, measure_sources, simulate_sources, with_truth
from astroclassify.stargalaxy._sample import TRUTH_COLUMNS
from astroclassify.stargalaxy._simulated import plan_field

from .conftest import frame_of, gaussians

SMALL = {"bands": ("g", "i"), "shape": (200, 200), "limit": 25.5}


def _truth(**columns):
    number = len(columns["x"])
    usual = {
        "class": ["galaxy"] * number,
        "kind": ["disk"] * number,
        "redshift": np.ones(number),
        "half_light_radius": np.full(number, 0.3) * u.arcsec,
        "separation": np.zeros(number) * u.arcsec,
        "mag_r": np.full(number, 21.0) * u.mag,
    }
    return QTable(usual | columns)


@pytest.fixture
def measured():
    sources = [(40.0, 40.0, 9000.0, 1.5), (40.0, 100.0, 9000.0, 1.5)]
    return measure_sources({"r": frame_of(gaussians(sources, (80, 140)), 1)})


def test_a_source_gets_the_object_at_its_place(measured):
    truth = _truth(x=[101.0, 40.5], y=[40.0, 40.0], kind=["disk", "irregular"], redshift=[0.5, 1.5])
    found = with_truth(measured, truth).catalogue
    left, right = np.argsort(found["x"])
    assert (found["true_kind"][left], found["true_kind"][right]) == ("irregular", "disk")
    assert found["true_redshift"][left] == 1.5


def test_the_brighter_of_two_objects_at_a_place_is_the_source_and_the_other_is_blended(measured):
    truth = _truth(x=[40.0, 41.0], y=[40.0, 40.0], mag_r=[22.0, 21.0] * u.mag)
    found = with_truth(measured, truth).catalogue
    left = np.argmin(found["x"])
    assert found["true_x"][left] == 41.0
    assert found["true_blend"][left] == pytest.approx(1 / (1 + 10**0.4), rel=1e-3)


def test_what_is_no_object_is_a_fragment_near_a_large_one_else_noise(measured):
    truth = _truth(x=[15.0], y=[40.0], half_light_radius=[0.6] * u.arcsec)
    found = with_truth(measured, truth).catalogue
    assert list(found["true_class"]) == ["", ""]
    assert list(found["true_kind"][np.argsort(found["x"])]) == ["fragment", "noise"]
    assert np.isnan(found["true_redshift"]).all()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources") / "set"
    return simulate_sources(folder, count=10, seed=3, **SMALL)


def test_a_set_has_the_sources_asked_for_with_their_truth(made):
    assert len(made) == len(made.catalogue) >= 10
    assert set(made.catalogue["true_class"]) <= {"star", "galaxy", "quasar", ""}
    assert {"field", "latitude", "true_mag_i", "flag_g", *TRUTH_COLUMNS} <= set(made.catalogue.colnames)


def test_most_sources_are_objects_and_as_bright_as_these(made):
    found = made.catalogue[made.catalogue["true_class"] != ""]
    assert len(found) > 0.6 * len(made)
    clean = (found["flag"] == 0) & (found["snr_i"] > 8)
    assert np.abs(np.nanmedian((found["mag_i"] - found["true_mag_i"])[clean].value)) < 0.35


def test_cutouts_are_read_back_to_three_digits(made, tmp_path):
    sample = made.sample([1, 0])
    scaled = made.scaled_cutouts()
    assert scaled.dtype == np.float16
    noise = sample.noise[:, :, None, None]
    assert np.nanmax(np.abs(sample.cutouts / noise - scaled[[1, 0]])) < 1e-2 * np.nanmax(np.abs(scaled))
    assert sample.catalogue["id"][0] == made.catalogue["id"][1]
    assert sample.catalogue["mag_i"].unit == u.mag


def test_a_set_grows_and_what_was_there_stays(made):
    before = made.catalogue
    again = simulate_sources(made.folder, count=len(made) + 1, seed=3, **SMALL)
    assert len(again) > len(before)
    assert (again.catalogue["flux_i"][: len(before)] == before["flux_i"]).all()


def test_the_same_seed_gives_the_same_sources(made, tmp_path):
    again = simulate_sources(tmp_path / "again", count=5, seed=3, **SMALL)
    number = min(len(again), len(made))
    assert (again.catalogue["x"][:number] == made.catalogue["x"][:number]).all()


def test_the_folder_of_another_set_is_refused(made):
    with pytest.raises(ParameterError, match="seed is 3, not 4"):
        simulate_sources(made.folder, count=5, seed=4, **SMALL)


def test_fields_for_which_no_machine_has_memory_are_refused_before_the_folder_is_made(tmp_path):
    with pytest.raises(ParameterError, match="shape is 1000000 x 1000000 pixels"):
        simulate_sources(tmp_path / "set", count=1, shape=(10**6, 10**6))
    assert not (tmp_path / "set").exists()


def test_fields_of_a_set_have_several_densities_and_places():
    plans = [plan_field(1, number) for number in range(200)]
    latitudes = np.abs([plan.latitude for plan in plans])
    assert latitudes.min() > 19.9
    assert (latitudes < 30).mean() > 0.15
    assert (latitudes > 50).mean() > 0.2
    assert np.std([plan.place for plan in plans]) > 0.4
    assert plan_field(1, 7) == plans[7]


def test_a_folder_without_a_set_is_refused(tmp_path):
    with pytest.raises(ReadError, match=r"sources\.json"):
        SourceSet.open(tmp_path)


def test_a_sample_whose_parts_do_not_belong_together_is_refused():
    with pytest.raises(ParameterError, match="2 sources and 1 bands"):
        SourceSample(QTable({"id": [1, 2]}), np.zeros((3, 1, 8, 8)), ("r",), 0.05)


def test_a_part_of_a_sample_keeps_rows_and_cutouts_together(made):
    sample = made.sample()
    part = sample[[2, 0]]
    assert list(part.catalogue["x"]) == list(sample.catalogue["x"][[2, 0]])
    assert np.array_equal(part.cutouts[0], sample.cutouts[2], equal_nan=True)
    assert len(sample[1]) == 1
