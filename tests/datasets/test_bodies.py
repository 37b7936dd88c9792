"""Bodies by name and position: all names of one body, and positions that agree with the paper's lists."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table

from astroclassify.core import ParameterError
from astroclassify.datasets import body_at, body_key, known_bodies, resolve_body
from astroclassify.simulate import KINDS

PAPER = ["LCID_test.csv", "blurry_validation.csv"]
#: Names in the paper's Table A1.
TABLE_A1 = ["NGC628", "NGC6302", "M101", "RMC136", "IC1954", "M32", "NGC1559", "NGC1982", "NGC1097", "M82"]
#: Arcminutes from the middle of a chip to its corner, for the larger of the two cameras (202" x 101").
CHIP = 1.9


@pytest.mark.parametrize(
    "names",
    [
        ("NGC1982", "NGC 1982", "ngc-1982", "M43", "Messier 43"),
        ("RMC136", "RMC 136", "R136", "NGC2070", "30 Dor", "30 Doradus"),
        ("M105", "NGC3379"),
        ("M82", "NGC3034"),
        ("M16", "NGC6611", "Eagle Nebula"),
        ("M5", "NGC5904", "M 05"),
        ("NGC4548", "M91"),
        ("NGC628", "NGC 0628", "M74"),
        ("Lindsay1", "LINDSAY 1", "L1"),
    ],
)
def test_all_names_of_a_body_are_one(names):
    assert len({resolve_body(name) for name in names}) == 1
    assert resolve_body(names[0]) is not None


def test_no_name_means_two_bodies():
    keys = [body_key(name) for body in known_bodies() for name in {body.name, *body.aliases}]
    assert len(keys) == len(set(keys))


def test_a_user_can_build_the_papers_two_classes():
    # Table 1 of the paper: 48 galaxies and 23 NSC.
    assert len(known_bodies(label="galaxy")) >= 48
    assert len(known_bodies(label="nsc")) >= 23
    with pytest.raises(ParameterError, match="'galaxy' or 'nsc'; got 'NSC'"):
        known_bodies(label="NSC")


def test_facts_are_of_the_size_that_the_kind_allows():
    for body in known_bodies():
        kind = KINDS[body.kind]
        assert body.body_class == kind.label
        assert 0 <= body.ra < 360
        assert abs(body.dec) <= 90
        if body.name in ("LMC", "SMC"):
            continue  # hosts, nearer than any galaxy that is simulated
        # A catalogue's diameter reaches farther out than the simulator's unit of radius; never by a digit.
        assert kind.distance[0] / 4 <= body.distance <= kind.distance[1] * 1.5, body.name
        assert kind.radius[0] / 8 <= body.radius <= kind.radius[1] * 8, body.name


@pytest.mark.parametrize("file", PAPER)
def test_the_lists_bodies_are_known_where_their_frames_are(shared, file):
    table = Table.read(shared / "lcid" / file)
    for name in set(table["ID"]):
        frames, body = table[table["ID"] == name], resolve_body(name)
        assert body.label == frames["Label"][0].lower()
        assert body.paper
        middle = np.mean(frames["RA"]), np.mean(frames["DEC"])
        assert body.separation(*middle) < body.diameter / 2 + CHIP, name
        assert body_at(*middle) is body


def test_table_a1_is_known():
    assert all(resolve_body(name).paper for name in TABLE_A1)
    # Middles of two chips of Table A1.
    assert body_at(258.422912, -37.091733) is resolve_body("NGC6302")
    assert body_at(84.734141, -69.193331) is resolve_body("RMC136")


def test_a_frame_is_of_the_smallest_body_that_covers_a_fifth_of_it():
    m32, m31 = resolve_body("M32"), resolve_body("M31")
    assert m31.separation(m32.ra, m32.dec) < m31.diameter / 2
    assert body_at(m32.ra, m32.dec) is m32
    assert body_at(m31.ra, m31.dec) is m31


def test_a_frame_that_a_body_covers_less_than_a_fifth_of_is_of_its_host():
    cluster, remnant = resolve_body("NGC 1786"), resolve_body("SNR0509-67.5")
    assert body_at(cluster.ra, cluster.dec) is cluster
    assert body_at(remnant.ra, remnant.dec).name == "LMC"  # 0.5 arcmin, in a frame of 2.7
    assert body_at(remnant.ra, remnant.dec, radius=0.4) is remnant


def test_a_small_body_without_a_host_stands_for_itself():
    nebula = resolve_body("NGC 7027")
    assert body_at(nebula.ra, nebula.dec, radius=3.0) is nebula


def test_the_radius_says_how_far_out_a_position_may_lie():
    body = resolve_body("M57")
    dec = body.dec + (body.diameter / 2 + 3) / 60
    assert body_at(body.ra, dec) is None
    assert body_at(body.ra, dec, radius=3.1) is body
    assert body_at(body.ra + 360, body.dec) is body
    with pytest.raises(ParameterError, match="no position"):
        body_at(np.nan, 0)


def test_the_clouds_are_no_answer_where_they_are_not_asked_for():
    assert body_at(80.9, -69.76).name == "LMC"
    assert body_at(80.9, -69.76, clouds=False) is None


def test_every_host_is_a_known_galaxy_around_its_bodies():
    inside = [body for body in known_bodies() if body.host]
    assert {body.host for body in inside} == {"LMC", "SMC", "M33"}
    for body in inside:
        host = resolve_body(body.host)
        assert host.body_class == "galaxy"
        # Some clusters of the Clouds lie beyond RC3's outline of them.
        assert host.separation(body.ra, body.dec) < host.diameter * 0.8, body.name
        assert body.diameter < host.diameter / 5


def test_a_position_and_a_radius_are_numbers_or_quantities():
    assert body_at(0.71 * u.hourangle, 2452.8 * u.arcmin, radius=81 * u.arcsec) == body_at(10.65, 40.88)
