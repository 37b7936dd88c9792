"""What is no sky, no catalogue and no frame is told in words, and stops no list."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.nddata import CCDData
from astropy.table import MaskedColumn, Table

from astroclassify.core import FrameError, ParameterError
from astroclassify.datasets import label_bodies
from astroclassify.identify import Catalogue, find_catalogue, identify, name_body, name_pointings


def _table(**columns):
    return Table({"name": ["one"], "ra": [1.0], "dec": [1.0], **columns})


@pytest.mark.parametrize(
    "columns",
    [
        {"major_axis": ["x"]},
        {"major_axis": [3] * u.m},
        {"major_axis": [-3.0]},
        {"ra": ["1h"]},
        {"ra": [np.nan]},
        {"dec": [99.0]},
        {"position": [1.0]},
    ],
)
def test_a_bad_table_is_told(columns):
    with pytest.raises(ParameterError, match=r"catalogue|minor axis"):
        Catalogue(_table(**columns))


def test_sizes_that_are_not_known_are_none():
    sizes = MaskedColumn([3.0], mask=[True])
    assert Catalogue(_table(major_axis=sizes)).table["major_axis"][0] == 0
    assert Catalogue(_table(major_axis=[np.inf])).table["major_axis"][0] == 0
    only_minor = Catalogue(_table(major_axis=sizes, minor_axis=[2.0])).table
    assert only_minor["major_axis"][0] == only_minor["minor_axis"][0] == 2 * u.arcmin


def test_hosts_in_a_circle_are_told():
    with pytest.raises(ParameterError, match="outermost host"):
        label_bodies([0], [0], [0.1], areas=[1, 1, 1], hosts=[1, 2, 0])


def test_a_wcs_without_inverse_names_nothing_and_stops_no_batch(world):
    wcs = world(1, 1)
    wcs.wcs.cd = np.zeros((2, 2))
    with pytest.raises(FrameError, match="right ascension"):
        identify(wcs)


@pytest.mark.parametrize("crval", [np.inf, 1e300])
def test_a_frame_beyond_the_sky_has_no_body(world, crval):
    frame = CCDData(np.zeros((9, 9)), unit="adu", wcs=world(crval, 0, shape=(9, 9)))
    assert name_body(frame).body == ""


@pytest.mark.parametrize("shape", [(0, 5), (5,), (5.5, 3), "ab", (np.nan, 2)])
def test_a_shape_that_is_none_is_told(world, shape):
    with pytest.raises(FrameError, match="rows and columns"):
        identify(world(1, 1), shape=shape)


@pytest.mark.parametrize("value", [-1, np.nan, np.inf, 1e9])
def test_margins_and_radii_that_are_none_are_told(world, value):
    place = SkyCoord([1.0], [1.0], unit="deg")
    for ask in (
        lambda: identify(world(1, 1), margin=value),
        lambda: identify(place[0], radius=value),
        lambda: name_pointings(place, margin=value),
        lambda: name_pointings(place, radius=value),
    ):
        with pytest.raises(ParameterError, match=r"margin is|radius is"):
            ask()


def test_pointings_without_a_place_have_no_body():
    places = SkyCoord([np.nan, 10.68, np.nan, 202.47], [np.nan, 41.27, 1, 47.2], unit="deg")
    assert name_pointings(places, margin=1)["name"].tolist() == ["", "M31", "", "M51"]
    with pytest.raises(ParameterError, match="not finite"):
        identify(places[0])


@pytest.mark.parametrize("dec", [-90, 90])
def test_a_frame_on_a_pole_is_named(world, dec):
    pole = Table({"name": ["Pole"], "ra": [77.0], "dec": [dec - np.sign(dec) * 0.01], "class": ["galaxy"]})
    pole["major_axis"] = 3.0
    assert identify(world(0, dec), catalogue=pole).meta["likeliest"] == "Pole"


def test_a_field_beside_bodies_is_named_by_the_nearest_in_units_of_its_size(world):
    names, sizes = ["far and small", "large"], [0.2, 10.0]
    table = Table({"name": names, "ra": [0.0, 0.0], "dec": [-1.7 / 60, 6.6 / 60], "major_axis": sizes})
    table["class"] = ["galaxy", "star cluster"]
    bodies = identify(SkyCoord(0, 0, unit="deg"), catalogue=table, margin=1)
    assert bodies["name"].tolist() == ["large", "far and small"]
    assert bodies.likeliest is None
    row = name_pointings(SkyCoord([0], [0], unit="deg"), catalogue=table, margin=1)[0]
    assert (row["name"], row["label"], row["frame_in_body"]) == ("large", "", 0)


def test_the_combined_catalogue_has_all_bodies_once():
    pytest.importorskip("pyongc")
    own, others, combined = (find_catalogue(name).catalogue for name in ("builtin", "openngc", "combined"))
    assert set(own.table["name"]) < set(combined.table["name"])
    assert len(others) < len(combined) + 10 < len(own) + len(others) - 300
    for name in ("NGC4302", "M5", "Lindsay 1", "NGC 224"):
        assert combined.resolve(name) is not None
    edge = SkyCoord(own.resolve("M5").ra, own.resolve("M5").dec + 11 * u.arcmin)
    assert identify(edge, catalogue="combined").meta["likeliest"] == "M5"
