"""SIMBAD, NED and VizieR through astroquery: what is asked of them, and what becomes of the answers."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table

from astroclassify.core import ParameterError, ReadError
from astroclassify.identify import NED, SIMBAD, VIZIER, identify, name_pointings

M51 = (202.4696, 47.1953)


def simbad_table():
    return Table(
        {
            "main_id": ["M  51", "NGC  5195", "[X] 1"],
            "otype": ["GiP", "GiP", "HII"],
            "ra": [202.4696, 202.4983, 202.47],
            "dec": [47.1953, 47.2661, 47.19],
            "galdim_majaxis": MaskedColumn([11.2, 5.8, 0], mask=[False, False, True]),
            "galdim_minaxis": MaskedColumn([6.9, 4.6, 0], mask=[False, False, True]),
            "galdim_angle": MaskedColumn([163, 79, 0], mask=[False, False, True]),
            "ids": ["NGC  5194|M  51", "NGC  5195", "[X] 1"],
        }
    )


def test_simbad_is_asked_for_a_cone_and_names_the_body(service, world):
    service.offer("sim-tap", simbad_table())
    bodies = identify(world(*M51), catalogue="simbad")
    assert set(bodies["name"]) == {"M 51", "[X] 1"}
    assert bodies.likeliest["class"] == "galaxy"
    assert bodies["other_names"][0] == "NGC 5194;M 51"
    path, asked = service.asked[-1]
    assert path == "/simbad/sim-tap/sync"
    assert "CIRCLE('ICRS', 202.469" in asked["QUERY"][0]
    assert "'GiP'" in asked["QUERY"][0]


def test_simbad_knows_where_a_name_is(service):
    service.offer("sim-tap", Table({"ra": [10.5], "dec": [-3.25]}))
    assert SIMBAD.resolve("Barnard's  star").to_string() == "10.5 -3.25"
    assert "id = 'Barnard''s star'" in service.asked[-1][1]["QUERY"][0]
    service.offer("sim-tap", Table({"ra": np.zeros(0), "dec": np.zeros(0)}))
    assert SIMBAD.resolve("nothing") is None


def test_what_ned_has_besides_galaxies_nebulae_and_clusters_is_left_out(service, world):
    service.offer(
        "ned",
        Table(
            {
                **{"No.": [1, 2], "Object Name": ["MESSIER 051", "SN 2005cs"], "RA": [202.4696, 202.47]},
                **{"DEC": [47.1953, 47.19], "Type": ["G", "SN"]},
            }
        ),
    )
    bodies = identify(world(*M51), catalogue="ned")
    assert bodies["name"].tolist() == ["MESSIER 051"]
    assert bodies["source"].tolist() == ["NED"]
    assert float(service.asked[0][1]["lon"][0]) == pytest.approx(202.4696 / 15, abs=1e-4)  # hours


def test_ned_knows_where_a_name_is(service):
    service.offer("ned", Table({"Object Name": ["X"], "RA": [10.5], "DEC": [-3.25], "Type": ["G"]}))
    assert NED.resolve("X").to_string() == "10.5 -3.25"


def test_hyperleda_has_diameters_as_logarithms(service, world):
    service.offer(
        "vizier",
        Table(
            {
                **{"PGC": [47404], "_RAJ2000": [202.4696], "_DEJ2000": [47.1953], "OType": ["G"]},
                **{"logD25": [2.05], "logR25": [0.21], "PA": [163.0], "ANames": ["NGC5194 MESSIER051"]},
            },
            meta={"name": "VII/237/pgc"},
        ),
    )
    bodies = identify(world(*M51), catalogue="vizier")
    assert bodies["name"].tolist() == ["PGC47404"]
    assert bodies["major_axis"][0].to_value(u.arcmin) == pytest.approx(11.2, abs=0.1)
    assert bodies["minor_axis"][0].to_value(u.arcmin) == pytest.approx(6.9, abs=0.1)
    assert VIZIER.resolve("M51") is None


def test_an_empty_answer_is_a_frame_without_bodies(service, world):
    service.offer("sim-tap", simbad_table()[:0])
    bodies = identify(world(*M51), catalogue="simbad")
    assert len(bodies) == 0
    assert bodies.likeliest is None
    assert bodies.meta["label"] == ""


@pytest.mark.parametrize("catalogue", ["simbad", "ned", "vizier"])
def test_a_service_that_fails_says_what_else_there_is(service, world, catalogue):
    service.status = 500
    with pytest.raises(ReadError, match=r"does not answer .*'builtin' or 'openngc'"):
        identify(world(*M51), catalogue=catalogue)


def test_a_service_is_not_asked_for_many_places_at_once():
    with pytest.raises(ParameterError, match="position by position"):
        name_pointings(SkyCoord([1, 2], [3, 4], unit="deg"), catalogue="simbad")
