"""`classify_sources`: one call from images, a catalogue, or both, to a table."""

import numpy as np
import pytest
import torch
from astropy.io import fits
from astropy.nddata import CCDData
from astropy.table import QTable, Table
from safetensors.torch import save_file

from astroclassify import classify_sources
from astroclassify.core import FrameWarning, ParameterError, ReadError
from astroclassify.models import MODELS, STAR_GALAXY_IMAGE, Calibration, Model, built_module
from astroclassify.simulate import survey_field


class Wide(torch.nn.Module):
    """Call a galaxy what is wider than a point, by its measured width."""

    def forward(self, cutouts, bands, source):
        wide = 8 * (source[:, 5] - 0.2)
        return torch.stack([-wide, wide], dim=1)


@pytest.fixture(scope="module")
def model():
    return Model(STAR_GALAXY_IMAGE, Wide(), {}, Calibration(), "none", "cpu")


@pytest.fixture(scope="module")
def field():
    return survey_field(5, bands=("r", "i"), shape=(220, 260), latitude=15.0)


@pytest.fixture(scope="module")
def files(field, tmp_path_factory):
    folder = tmp_path_factory.mktemp("field")
    for band, image in field.images.items():
        image.write(folder / f"{band}.fits")
    return folder


@pytest.fixture(scope="module")
def table(field, model):
    return classify_sources(field.images, model=model)


def test_images_give_a_labelled_table_with_positions(table, field):
    assert len(table) > 5
    assert set(table["label"]) <= {"star", "galaxy", "uncertain"}
    x, y = field.images["i"].wcs.world_to_pixel(table["sky_centroid"])
    np.testing.assert_allclose([x, y], [table["x"], table["y"]], atol=1e-3)


def test_files_give_what_images_give(table, files, model):
    read = classify_sources([files / "r.fits", files / "i.fits"], model=model)
    np.testing.assert_allclose(read["probability"], table["probability"], atol=1e-3)


def test_one_band_is_enough(field, model):
    single = classify_sources({"i": field.images["i"]}, model=model)
    assert single.meta["bands"] == ["i"]
    assert len(single) > 3


def test_the_band_of_a_single_image_is_that_of_its_header(field, model):
    assert classify_sources(field.images["i"], model=model).meta["bands"] == ["i"]


def test_sources_of_one_s_own_are_answered_in_their_order(table, field, model):
    own = QTable({"id": [7, 3], "sky_centroid": table["sky_centroid"][[2, 0]]})
    told = classify_sources(field.images, catalogue=own, model=model)
    assert told["id"].tolist() == [7, 3]
    np.testing.assert_allclose(told["x"], table["x"][[2, 0]], atol=1)


def test_a_catalogue_alone_is_enough(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file(built_module(MODELS["star-galaxy-catalogue"]).state_dict(), path)
    told = classify_sources(
        catalogue=QTable({"mag_g": [22.0], "mag_i": [21.0]}), model="star-galaxy-catalogue", weights=path
    )
    assert told.meta["model"] == "star-galaxy-catalogue"
    assert len(told) == 1


def test_sources_that_no_image_shows_are_answered_as_not_observed(table, field, model):
    own = QTable({"id": [7, 3], "x": [1e4, table["x"][0]], "y": [20.0, table["y"][0]]})
    with pytest.warns(FrameWarning, match="1 of 2"):
        told = classify_sources(field.images, catalogue=own, model=model)
    assert told["label"][0] == "uncertain"
    assert np.isnan(told["probability"]).tolist() == [True, False]
    assert np.isnan(told["p_class_star"]).tolist() == [True, False]


@pytest.mark.parametrize("suffix", ["ecsv", "csv", "fits", "parquet"])
def test_a_catalogue_may_be_a_file(table, field, model, tmp_path, suffix):
    path = tmp_path / f"own.{suffix}"
    Table({"id": [7, 3], "x": table["x"][[2, 0]], "y": table["y"][[2, 0]]}).write(path)
    told = classify_sources(field.images, catalogue=path, model=model)
    assert told["id"].tolist() == [7, 3]
    np.testing.assert_allclose(told["x"], table["x"][[2, 0]], atol=1)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"images": 3}, "images is a int"),
        ({"images": [3]}, "an image is a int"),
        ({"images": {"i": QTable({"x": [1]})}}, "an image is a QTable"),
        ({"catalogue": 3}, "the catalogue is a int"),
        ({"catalogue": QTable({"mag_i": ["bright"]})}, "column mag_i holds"),
        ({"catalogue": QTable({"mag_i": [[20.0, 21.0]]})}, r"shape \(1, 2\)"),
    ],
)
def test_what_is_neither_image_nor_catalogue_is_refused(asked, said, model):
    with pytest.raises(ParameterError, match=said):
        classify_sources(**asked, model=model)


@pytest.mark.parametrize("prior", ["foo", {"star": 1.0}, {"galaxy": 0.8, "nsc": 0.2}])
def test_a_prior_is_checked_before_anything_is_measured(prior, model):
    with pytest.raises(ParameterError, match="prior"):
        classify_sources({"i": "not read.fits"}, prior=prior, model=model)


def test_a_catalogue_file_that_cannot_be_read_is_told(field, model, tmp_path):
    with pytest.raises(ReadError, match="expected a catalogue of sources"):
        classify_sources(field.images, catalogue=tmp_path / "none.ecsv", model=model)


def test_nothing_to_classify_is_refused():
    with pytest.raises(ParameterError, match="neither images nor a catalogue"):
        classify_sources()


def test_two_images_of_one_band_are_refused(field, model):
    with pytest.raises(ParameterError, match="two images are of the band 'i'"):
        classify_sources([field.images["i"], field.images["i"]], model=model)


def test_an_image_that_says_no_band_must_be_named(model):
    frame = CCDData(np.ones((64, 64)), unit="adu", meta=fits.Header())
    with pytest.raises(ParameterError, match="expected images by band"):
        classify_sources(frame, model=model)


def test_a_model_for_frames_is_refused(field):
    with pytest.raises(ParameterError, match="expected one for the task 'source'"):
        classify_sources(field.images, model="patchnet")
