"""``astroclassify sources``: from files to a table of stars and galaxies."""

import json

import pytest
from astropy.table import QTable
from pyarrow.parquet import read_table
from safetensors.torch import save_file

from astroclassify.models import MODELS, built_module
from astroclassify.simulate import survey_field


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "catalogue.safetensors"
    save_file(built_module(MODELS["star-galaxy-catalogue"]).state_dict(), path)
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("field")
    field = survey_field(5, bands=("r", "i"), shape=(200, 200), latitude=15.0)
    for band, image in field.images.items():
        image.write(folder / f"{band}.fits")
    return folder


@pytest.fixture
def sources(command, weights):
    def run(*arguments):
        return command("sources", *arguments, "--model", "star-galaxy-catalogue", "--weights", weights)

    return run


def test_images_give_a_table_and_a_summary(sources, images):
    status, out, err = sources(images / "r.fits", images / "i.fits")
    assert status == 0
    assert out.split()[:8] == ["id", "x", "y", "ra", "dec", "label", "probability", "snr"]
    assert "sources: " in err


@pytest.mark.parametrize("suffix", ["parquet", "ecsv", "fits"])
def test_a_file_holds_all_columns(sources, images, tmp_path, suffix):
    path = tmp_path / f"out.{suffix}"
    status, _, _ = sources(f"i={images / 'i.fits'}", "-o", path)
    assert status == 0
    names = read_table(path).column_names if suffix == "parquet" else QTable.read(path).colnames
    assert {"ra", "dec", "label", "p_class_star", "mag_i", "flux_err_i"} <= set(names)


def test_only_a_complete_table_replaces_an_older_one(sources, command, images, tmp_path):
    output = tmp_path / "sources.ecsv"
    output.write_text("of an earlier run")
    assert sources(tmp_path / "missing.fits", "-o", output)[0] != 0
    assert output.read_text() == "of an earlier run"
    assert sources(images / "i.fits", "-o", output)[0] == 0
    assert "label" in QTable.read(output).colnames
    assert "an older one is replaced" in " ".join(command("sources", "--help")[1].split())


def test_a_catalogue_alone_is_enough(sources, tmp_path):
    path = tmp_path / "mine.ecsv"
    QTable({"mag_g": [22.0, 23.0], "mag_i": [21.0, 21.5]}).write(path)
    status, out, _ = sources("--catalogue", path, "--prior", "star=0.3,galaxy=0.7", "--format", "json")
    assert status == 0
    assert len(json.loads(out)) == 2


def test_all_images_are_named_or_none(sources, images):
    status, _, err = sources(f"i={images / 'i.fits'}", images / "r.fits")
    assert status == 2
    assert "expected BAND=IMAGE of each" in err


def test_neither_images_nor_catalogue_is_wrong_usage(sources):
    status, _, err = sources()
    assert status == 2
    assert "neither images nor a catalogue" in err


def test_a_catalogue_that_cannot_be_read_is_told(sources, tmp_path):
    path = tmp_path / "broken.ecsv"
    path.write_text("no table")
    status, _, err = sources("--catalogue", path)
    assert status == 1
    assert "expected a catalogue of sources" in err


def test_a_prior_by_catalogue_makes_no_sense(sources, images):
    status, _, err = sources(images / "i.fits", "--prior", "catalogue")
    assert status == 2
    assert "nothing of single sources" in err
