"""Many pointings, and names to positions."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify.core import OptionalDependencyError, ParameterError
from astroclassify.datasets import body_at
from astroclassify.identify import Catalogue, CatalogueSource, find_position, identify, name_pointings


def test_pointings_have_the_body_that_a_round_field_has():
    rng = np.random.default_rng(1)
    near = [(10.7, 41.3), (23.5, 30.7), (13.5, -72.7), (83.8, -5.4), (202.5, 47.2), (80.0, -69.0)]
    places = np.array(near)[rng.integers(0, len(near), 40)] + rng.normal(0, 0.3, (40, 2))
    positions = SkyCoord(*places.T, unit="deg")
    named = name_pointings(positions)
    for position, row in zip(positions, named, strict=True):
        bodies = identify(position, margin=0)
        assert bodies.meta["likeliest"] == row["name"]
        assert bodies.meta["label"] == row["label"]
        if len(bodies):
            assert bodies["frame_in_body"][0] == pytest.approx(row["frame_in_body"], abs=0.01)


def test_the_table_of_known_bodies_gives_the_same_answer():
    for place in [(10.69, 40.88), (11.0, 41.5), (14.77, -72.18), (23.64, 30.785), (283.3962, 33.03)]:
        assert name_pointings(SkyCoord([place], unit="deg"))["name"][0] == body_at(*place).name


def test_no_pointing_and_no_body_are_no_error():
    assert len(name_pointings(SkyCoord([], [], unit="deg"))) == 0
    nothing = name_pointings(SkyCoord([200.0], [80.0], unit="deg"))[0]
    assert (nothing["name"], nothing["label"], nothing["frame_in_body"]) == ("", "", 0)
    with pytest.raises(ParameterError, match="a SkyCoord of one axis"):
        name_pointings(SkyCoord(200.0, 80.0, unit="deg"))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_index_finds_what_a_look_at_every_pair_finds(seed):
    rng = np.random.default_rng(seed)
    ra, dec = rng.uniform(0, 360, 300), np.degrees(np.arcsin(rng.uniform(-1, 1, 300)))
    major = rng.choice([0.0, 1.0, 30.0, 600.0, 7000.0], 300)
    bodies = Catalogue(
        QTable({"name": np.arange(300).astype(str), "ra": ra, "dec": dec, "major_axis": major})
    )
    fields = SkyCoord(rng.uniform(0, 360, 50), rng.uniform(-90, 90, 50), unit="deg")
    found = set(
        zip(*(part.tolist() for part in bodies.pairs(fields.ra.deg, fields.dec.deg, 0.1)[:2]), strict=True)
    )
    away = fields[:, None].separation(bodies.table["position"][None]).deg
    assert found == set(zip(*(i.tolist() for i in np.nonzero(away <= major / 120 + 0.1)), strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "M31",
        "m 31",
        "NGC 0224",
        "Andromeda Galaxy",
        "10.6846 41.2692",
        "10.6846, +41.2692",
        "00:42:44.3 +41:16:09",
        "0h42m44.3s +41d16m09s",
        "00 42 44.3 +41 16 09",
    ],
)
def test_names_and_positions_are_understood(text):
    assert find_position(text).separation(SkyCoord(10.6846, 41.2692, unit="deg")).arcsec < 5


def test_a_name_that_nobody_knows_is_told():
    with pytest.raises(ParameterError, match=r"neither a position .* nor a name in builtin"):
        find_position("Planet 9")
    with pytest.raises(ParameterError, match="is no position"):
        find_position("10.0 95.0")


def test_a_catalogue_whose_package_is_missing_is_passed_over():
    class Missing(CatalogueSource):
        def around(self, position, radius):
            raise OptionalDependencyError

        def resolve(self, name):
            raise OptionalDependencyError

    assert find_position("M31", catalogue=Missing()).ra.deg == pytest.approx(10.6846)


def test_the_chosen_catalogue_is_asked_for_a_name_first():
    table = QTable({"name": ["M31", "Mine 7"], "class": ["galaxy"] * 2, "ra": [1.0, 2.0], "dec": [3.0, 4.0]})
    assert find_position("M31", catalogue=table).ra.deg == 1
    assert find_position("Mine 7", catalogue=Catalogue(table)).dec.deg == 4
    assert find_position("M33", catalogue=table).ra.deg == pytest.approx(23.46, abs=0.01)
    with pytest.raises(ParameterError, match="nor a name in QTable, builtin"):
        find_position("Planet 9", catalogue=table)


@pytest.mark.parametrize("ra", [[10.68, np.nan], [np.nan, 10.68], [np.nan, np.nan]])
@pytest.mark.parametrize("margin", [0, 5])
def test_pointings_that_are_not_known_have_no_body(ra, margin):
    named = name_pointings(SkyCoord(ra, [41.27, 41.27], unit="deg"), margin=margin)
    assert named["name"].tolist() == ["M31" if np.isfinite(each) else "" for each in ra]
