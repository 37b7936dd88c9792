"""The package's own catalogue against the lists that it must hold, and against OpenNGC."""

import sys

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from astroclassify.core import OptionalDependencyError, ReadError
from astroclassify.datasets import known_bodies, resolve_body
from astroclassify.identify import CATALOGUES, CatalogueSource, LocalCatalogue, identify
from astroclassify.identify._openngc import load_openngc


@pytest.fixture(scope="module")
def builtin():
    return CATALOGUES["builtin"].catalogue


@pytest.fixture(scope="module")
def openngc():
    pytest.importorskip("pyongc")
    return CATALOGUES["openngc"].catalogue


def test_every_catalogue_is_one():
    assert set(CATALOGUES) >= {"builtin", "openngc", "simbad", "ned", "vizier"}
    assert all(isinstance(CATALOGUES[name], CatalogueSource) for name in CATALOGUES)


@pytest.mark.parametrize(
    "names", [[f"M{i}" for i in range(1, 111)], [f"Caldwell {i}" for i in range(1, 110)]]
)
def test_messier_and_caldwell_are_complete(builtin, names):
    assert [name for name in names if builtin.resolve(name) is None] == []


def test_no_name_means_two_bodies_of_the_package(builtin):
    rows = builtin.table
    names = [name for row in rows for name in (row["name"], *filter(None, row["other_names"].split(";")))]
    assert len(builtin.numbers) == len(set(names)) == len(names)


def test_every_known_body_is_in_it_with_its_class_and_source(builtin):
    for body in known_bodies():
        row = builtin.table[builtin.numbers[body.name.lower().replace(" ", "").replace("-", "")]]
        assert row["class"] == body.body_class
    assert all(builtin.table["source"])
    unsourced = {row["name"] for row in builtin.table if row["source"].startswith("not sourced")}
    assert unsourced == {"M40", "Coalsack"}


def test_it_lies_where_openngc_has_it(builtin, openngc):
    far = {}
    for row in builtin.table:
        there = next(filter(None, map(openngc.resolve, (row["name"], *row["other_names"].split(";")))), None)
        if (
            there is not None and row["name"] != "M102"
        ):  # NGC 5866 here, M 101 once more there: an old quarrel
            away = there.separation(row["position"]).arcmin
            if away > max(2, 0.15 * row["major_axis"].value):
                far[row["name"]] = round(away, 1)
    # Nebulae whose middle is a matter of taste: the whole or its brightest part.
    assert set(far) == {
        *("M17", "M20", "NGC1333", "NGC2237", "NGC3324", "IC2944", "Sh2-155", "Coalsack"),
    }, far


def test_a_name_that_openngc_lists_twice_leads_to_the_body(openngc):
    assert openngc.resolve("IC 11").separation(openngc.resolve("NGC 281")).arcsec == 0
    assert openngc.resolve("M102").separation(openngc.resolve("NGC5457")) < 1 * u.arcsec
    assert openngc.resolve("M31").separation(SkyCoord(10.68, 41.27, unit="deg")) < 1 * u.arcmin


def test_openngc_knows_thousands_of_galaxies(openngc):
    assert np.sum(openngc.table["class"] == "galaxy") > 10_000
    assert set(openngc.table["class"]) == {"", "galaxy", "nebula", "star cluster"}


def test_without_pyongc_the_extra_is_named(monkeypatch, world):
    monkeypatch.setitem(sys.modules, "pyongc", None)
    with pytest.raises(OptionalDependencyError, match=r"pip install 'astroclassify\[catalogue\]'"):
        identify(world(10, 40), catalogue=LocalCatalogue(load_openngc))


def test_a_damaged_openngc_is_told(monkeypatch, tmp_path):
    pyongc = pytest.importorskip("pyongc")
    (tmp_path / "ongc.db").write_bytes(b"no database, but longer than a header of one" * 40)
    monkeypatch.setattr(pyongc, "DBPATH", str(tmp_path / "ongc.db"))
    with pytest.raises(ReadError, match="install pyongc again"):
        load_openngc()


def test_a_plugin_names_bodies_too(world):
    m51 = resolve_body("M51")
    table = QTable({"name": ["Mine"], "class": ["galaxy"], "ra": [m51.ra], "dec": [m51.dec]})
    CATALOGUES.register("mine", LocalCatalogue(lambda: table))
    try:
        assert identify(world(m51.ra, m51.dec), catalogue="mine").meta["likeliest"] == "Mine"
    finally:
        CATALOGUES.unregister("mine")
