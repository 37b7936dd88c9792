"""Names beside the label: what the catalogue says, whether the pixels agree, and that it changes nothing."""

import json

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.nddata import CCDData
from astropy.table import Table
from astropy.wcs import WCS

from astroclassify import Classification, classify, classify_many
from astroclassify.core import ParameterError, PluginError, UnknownNameError
from astroclassify.datasets import resolve_body
from astroclassify.identify import CatalogueSource, find_catalogue
from astroclassify.simulate import random_frames


def at(name, kind, seed=8):
    """A simulated frame of a kind, at the place of a body."""
    body = resolve_body(name)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [body.ra, body.dec]
    wcs.wcs.crpix, wcs.wcs.cdelt = [128.5, 128.5], [-1.4e-5, 1.4e-5]
    return CCDData(random_frames(seed, kind=kind, shape=(256, 256))[0].array, unit="adu", wcs=wcs)


GALAXY, CLUSTER = at("M51", "spiral"), at("M13", "globular")
DISCOVERY = at("M51", "globular")


def test_the_body_stands_beside_the_label():
    answer = classify(GALAXY, identify=True)
    assert (answer.label, answer.body, answer.agrees) == ("galaxy", "M51", True)
    assert answer.meta["body_class"] == "galaxy"
    assert answer.meta["frame_in_body"] == pytest.approx(1)
    assert "in the catalogue: M51 (galaxy)" in str(answer)
    assert answer.to_header()["ACBODY"] == "M51"


@pytest.mark.parametrize("frame", [GALAXY, DISCOVERY, GALAXY.data], ids=["agrees", "not", "no place"])
def test_the_table_of_an_answer_is_the_row_of_many(frame):
    one, many = (
        classify(frame, identify=True).to_table(),
        classify_many([frame], identify=True, progress=False),
    )
    assert one.colnames == many.colnames
    for column in ("body", "body_class", "frame_in_body", "agrees", "body_note"):
        assert one[column].tolist() == many[column].tolist()
    assert "body" not in classify(frame).to_table().colnames


def test_files_of_an_answer_keep_the_body(tmp_path):
    answer = classify(GALAXY, identify=True)
    for suffix in ("ecsv", "csv"):
        answer.write(tmp_path / f"answer.{suffix}")
        (row,) = Table.read(tmp_path / f"answer.{suffix}", format=f"ascii.{suffix}")
        assert (row["body"], row["body_class"], row["agrees"]) == ("M51", "galaxy", "yes")
    answer.write(tmp_path / "answer.json")
    told = json.loads((tmp_path / "answer.json").read_text())
    assert (told["body"], told["agrees"], told["frame_in_body"]) == ("M51", "yes", pytest.approx(1))
    cards = answer.to_header()
    assert (cards["ACBCLASS"], cards["ACAGREES"]) == ("galaxy", True)
    assert "ACAGREES" not in classify(GALAXY).to_header()


def test_a_disagreement_is_told():
    assert classify(DISCOVERY, identify="builtin").agrees is False


def test_the_catalogue_changes_nothing_that_pixels_say():
    plain, named = classify(DISCOVERY), classify(DISCOVERY, identify=True)
    assert plain.body == ""
    assert plain.agrees is None
    assert (plain.label, plain.probabilities) == (named.label, named.probabilities)


def test_the_catalogue_is_a_prior_where_it_is_asked_for():
    plain, moved = classify(DISCOVERY), classify(DISCOVERY, prior="catalogue")
    assert moved.body == "M51"
    assert moved.meta["prior"] == {"galaxy": 0.95, "nsc": pytest.approx(0.05)}
    same = classify(DISCOVERY, prior={"galaxy": 0.95, "nsc": 0.05})
    assert moved.p_galaxy == pytest.approx(same.p_galaxy)
    assert moved.p_galaxy > plain.p_galaxy


def test_a_frame_without_a_place_has_no_body_and_no_prior():
    answer = classify(GALAXY.data, identify=True, prior="catalogue")
    assert (answer.body, answer.agrees, answer.meta["prior"]) == ("", None, None)
    assert "no celestial WCS" in answer.meta["body_note"]
    assert answer.probabilities == classify(GALAXY.data).probabilities


def test_an_uncertain_answer_agrees_with_nothing():
    shares = {"galaxy": 0.6, "nsc": 0.4}
    answer = Classification("uncertain", 0.6, "galaxy", shares, meta={"body_label": "galaxy", "body": "M51"})
    assert answer.agrees is None


def test_a_table_has_the_bodies_of_its_frames():
    frames = [GALAXY, DISCOVERY, CLUSTER, GALAXY.data, "nothing.fits"]
    table = classify_many(frames, identify=True, progress=False)
    assert table["body"].tolist() == ["M51", "M51", "M13", "", ""]
    assert table["agrees"].tolist() == ["yes", "no", "yes", "", ""]
    assert table["body_class"][2] == "star cluster"
    plain = classify_many(frames, progress=False)
    assert "body" not in plain.colnames
    np.testing.assert_array_equal(plain["probability"], table["probability"])
    assert classify_many([], identify=True).colnames == table.colnames


def test_world_coordinates_that_are_none_stop_no_list():
    wcs = GALAXY.wcs.deepcopy()
    wcs.wcs.cd = np.zeros((2, 2))
    broken = CCDData(GALAXY.data, unit=GALAXY.unit, wcs=wcs)
    table = classify_many([broken, GALAXY], identify=True, progress=False)
    assert table["body"].tolist() == ["", "M51"]
    assert "gives no right ascension" in table["body_note"][0]


def damaged(**changes):
    wcs = GALAXY.wcs.deepcopy()
    for name, value in changes.items():
        setattr(wcs.wcs, name, value)
    return CCDData(GALAXY.data, unit=GALAXY.unit, wcs=wcs)


BROKEN = [
    {"cd": np.zeros((2, 2))},
    {"crval": [np.nan, 5]},
    {"crval": [5, 95]},
    {"ctype": ["RA---XXX", "DEC--XXX"]},
    {"ctype": ["RA---XXX", "DEC--TAN"]},
    {"cdelt": [0, 1e-5]},
]


@pytest.mark.parametrize("changes", BROKEN, ids=str)
def test_a_broken_wcs_costs_one_frame_its_body_and_no_answer(changes):
    table = classify_many([damaged(**changes), GALAXY], identify=True, progress=False)
    assert table["body"].tolist() == ["", "M51"]
    assert table["label"].tolist() == ["galaxy"] * 2
    assert table["body_note"][0]


class Failing(CatalogueSource):
    """Fails at M13, by an error or by nothing."""

    def __init__(self, error):
        self.error = error

    def around(self, position, radius):
        if position.dec.deg > 40:
            return find_catalogue("builtin").around(position, radius)
        if self.error:
            raise self.error
        return None

    def resolve(self, name):
        return None


@pytest.mark.parametrize(
    ("error", "note"), [(KeyError("dec"), "KeyError"), (None, "NoneType; expected a Catalogue")]
)
def test_a_catalogue_that_fails_costs_one_frame_its_body_and_no_answer(error, note):
    table = classify_many([CLUSTER, GALAXY], identify=Failing(error), progress=False)
    assert table["body"].tolist() == ["", "M51"]
    assert table["label"].tolist() == ["nsc", "galaxy"]
    assert note in table["body_note"][0]
    with pytest.raises(PluginError, match=note):
        classify_many([CLUSTER], identify=Failing(error), on_error="raise", progress=False)


def test_a_catalogue_without_bodies_is_one():
    empty = Table(names=["name", "ra", "dec", "class"], dtype=[str, float, float, str])
    table = classify_many([GALAXY], identify=empty, progress=False)
    assert table["body"].tolist() == [""]


def test_wrong_usage_is_told():
    with pytest.raises(UnknownNameError, match="no catalogue is named"):
        classify(GALAXY, identify="nothing")
    with pytest.raises(ParameterError, match="got a str"):
        classify(GALAXY, prior="stars")
    with pytest.raises(ParameterError, match="a position has no pixels: give survey="):
        classify(SkyCoord(10, 20, unit="deg"))


def test_a_position_and_a_survey_are_classified_and_named(monkeypatch):
    monkeypatch.setattr("astroclassify._work.survey_frame", lambda position, survey: GALAXY)
    position = SkyCoord(202.47, 47.195, unit="deg")
    answer = classify(position, survey="CDS/P/DSS2/red")
    assert (answer.label, answer.body) == ("galaxy", "M51")
    table = classify_many(position, survey="CDS/P/DSS2/red", identify=True)
    assert table["body"].tolist() == ["M51"]
