"""Building a list: what is asked of MAST, which frames are proposed, and with which label."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time

from astroclassify.archive import (
    complete_positions,
    fetch_frames,
    paper_bodies,
    query_archive,
    summarise_query,
)
from astroclassify.archive._mast import band_of, proposed_class
from astroclassify.cli import main
from astroclassify.core import ParameterError, ReadError
from astroclassify.datasets import known_bodies, read_manifest, resolve_body, write_manifest

pytest.importorskip("astroquery.mast")
QUICK = {"backoff": 0.0, "progress": False}
FULL, SUBARRAY = 34_300_000, 8_600_000
M51, NGC346 = resolve_body("M51"), resolve_body("NGC346")


@pytest.fixture
def mast(archive, monkeypatch):
    """Let astroquery ask the local archive, which does not know any name (Archive)."""
    from astroquery.mast import utils
    from astroquery.mast.discovery_portal import PortalAPI

    monkeypatch.setattr(PortalAPI, "MAST_REQUEST_URL", f"{archive.url}/api/v0/invoke")
    monkeypatch.setattr(PortalAPI, "COLUMNS_CONFIG_URL", f"{archive.url}/portal/columnsconfig")
    monkeypatch.setattr(PortalAPI, "_column_configs", {})
    archive.names = {}
    monkeypatch.setattr(utils, "_simple_request", lambda url, params=None: _Resolved(archive, params["name"]))
    return archive


class _Resolved:
    """What MAST's resolver of names answers."""

    def __init__(self, archive, names):
        self._found = [
            {"searchString": name.lower(), "ra": place[0], "decl": place[1], "resolver": "NED"}
            for name in names
            if (place := archive.names.get(name))
        ]

    def raise_for_status(self):
        pass

    def json(self):
        return {"resolvedCoordinate": self._found}


@pytest.fixture
def observe(mast):
    """Give a function that adds an observation of some exposures to the archive (callable)."""

    def observed(*obsids, at=M51, size=FULL, **changes):
        number = 1000 + len(mast.observations)
        row = {
            **{"obs_collection": "HST", "project": "HST", "intentType": "science", "dataRights": "PUBLIC"},
            **{"dataproduct_type": "image", "instrument_name": "ACS/WFC", "filters": "F606W;CLEAR2L"},
            **{"target_name": "NGC5194", "target_classification": "GALAXY;SPIRAL", "obs_id": obsids[0]},
            **{"s_ra": at.ra, "s_dec": at.dec, "t_exptime": 500.0 * len(obsids), "t_obs_release": 53000.0},
            **{"t_min": 52000.0, "proposal_id": "10452", "obsid": number},
        }
        mast.observations.append(row | changes)
        for obsid in obsids:
            for kind in ("raw", "flt", "spt"):
                mast.products.append(_product(obsid, kind, number, size))

    return observed


def _product(obsid, kind, number, size):
    return {
        **{"obsID": str(number), "parent_obsid": str(number), "obs_id": obsid, "dataRights": "PUBLIC"},
        **{"productFilename": f"{obsid}_{kind}.fits", "productSubGroupDescription": kind.upper()},
        **{"dataURI": f"mast:HST/product/{obsid}_{kind}.fits", "size": size, "obs_collection": "HST"},
    }


def found(*names, **options):
    return query_archive(names, **QUICK, **options)


# Which frames ----------------------------------------------------------------------------------


def test_frames_of_a_known_body_are_listed_as_manifests_are(observe, tmp_path):
    observe("j97c11abq")
    table = found("NGC 5194")
    write_manifest(table, tmp_path / "list.ecsv")
    again = read_manifest(tmp_path / "list.ecsv")
    assert list(again["ID"]) == ["M51", "M51"]
    assert list(again["HDU Index"]) == [1, 4]
    row = dict(zip(again.colnames, again[0], strict=True))
    assert (row["Instrument"], row["OBSID"], row["Filter"], row["Label"]) == (
        *("ACS/WFC", "j97c11abq", "F606W"),
        "galaxy",
    )
    assert (row["Exptime"], row["Size"], row["Proposal"], row["Released"]) == (
        *(500.0, FULL, "10452"),
        Time(53000, format="mjd").iso[:10],
    )
    assert (row["Class"], row["Target"]) == ("galaxy", "NGC5194")
    assert list(table["Proposed"]) == ["", ""]
    assert summarise_query(again)["proposed"][0] == 0
    assert (row["RA"], row["DEC"]) == pytest.approx((M51.ra, M51.dec))


def test_a_subarray_is_listed_with_its_only_image(observe):
    observe("j97c11abq", size=SUBARRAY)
    assert list(found("M51")["HDU Index"]) == [1]


def test_only_public_science_images_of_hst_are_asked_for(observe, mast):
    observe("j97c11abq")
    found("M51")
    asked = {each["paramName"]: each["values"] for each in mast.calls[0]["params"]["filters"]}
    assert asked == {
        **{"obs_collection": ["HST"], "project": ["HST"], "intentType": ["science"]},
        **{"dataproduct_type": ["image"], "dataRights": ["PUBLIC"]},
        "instrument_name": ["ACS/WFC", "WFC3/UVIS"],
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"dataRights": "EXCLUSIVE_ACCESS"},
        {"t_obs_release": float(Time.now().mjd) + 10},
        {"intentType": "calibration"},
        {"project": "HAP"},
        {"instrument_name": "ACS/HRC"},
        {"dataproduct_type": "spectrum"},
        {"filters": "G800L;CLEAR2L"},
        {"filters": "F606W;POL0V"},
        {"s_dec": M51.dec + 1},
    ],
)
def test_other_observations_are_not_listed(observe, changes):
    observe("j97c11abq", **changes)
    observe("j97c11acq")
    assert set(found("M51")["OBSID"]) == {"j97c11acq"}


def test_an_exclusive_file_of_a_public_observation_is_not_listed(observe, mast):
    observe("j97c11abq", "j97c11acq")
    for product in mast.products:
        if product["obs_id"] == "j97c11abq":
            product["dataRights"] = "EXCLUSIVE_ACCESS"
    assert set(found("M51")["OBSID"]) == {"j97c11acq"}


def test_the_circle_of_the_body_or_the_radius_is_where_it_looks(observe):
    observe("j97c11abq", s_dec=M51.dec + (M51.diameter / 2 - 0.2) / 60)
    observe("j97c11acq", s_dec=M51.dec + 0.5 / 60)
    assert len(set(found("M51")["OBSID"])) == 2
    assert set(found("M51", radius=1.0)["OBSID"]) == {"j97c11acq"}


def test_what_lies_in_another_known_body_is_not_of_this_one(observe):
    m31, m32 = resolve_body("M31"), resolve_body("M32")
    observe("j97c11abq", at=m31)
    observe("j97c11acq", at=m32)
    assert {row["OBSID"]: row["ID"] for row in found("M31", "M32")} == {
        "j97c11abq": "M31",
        "j97c11acq": "M32",
    }
    assert set(found("M31")["OBSID"]) == {"j97c11abq"}


def test_a_body_named_twice_is_asked_for_once(observe, mast):
    observe("j97c11abq")
    assert len(found("M51", "NGC5194", "m 51")) == 2
    assert len(mast.calls) == 2  # observations and products


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"filters": "F814W"}, {"i97c12abq"}),
        ({"filters": ["f606w", "F814W"]}, {"j97c11abq", "i97c12abq"}),
        ({"instruments": "WFC3/UVIS"}, {"i97c12abq"}),
        ({"exptime": (600, None)}, {"i97c12abq"}),
        ({"exptime": (None, 600)}, {"j97c11abq"}),
        ({"exptime": (400, 1000)}, {"j97c11abq", "i97c12abq"}),
    ],
)
def test_criteria_choose(observe, options, expected):
    observe("j97c11abq")
    observe("i97c12abq", instrument_name="WFC3/UVIS", filters="F814W", t_exptime=700.0)
    assert set(found("M51", **options)["OBSID"]) == expected


def test_an_association_has_the_mean_time_of_its_exposures(observe):
    observe("j97c11abq", "j97c11acq", obs_id="j97c11010", t_exptime=1400.0)
    assert set(found("M51", exptime=(690, 710))["Exptime"]) == {700.0}


def test_an_exposure_in_two_observations_is_listed_once_with_its_own_time(observe):
    observe("j97c11abq", "j97c11acq", obs_id="j97c11010", t_exptime=1400.0)
    observe("j97c11abq", t_exptime=900.0)
    table = found("M51")
    assert len(table) == 4
    assert dict(zip(table["OBSID"], table["Exptime"], strict=True)) == {
        "j97c11abq": 900.0,
        "j97c11acq": 700.0,
    }


def test_a_limit_is_spread_over_the_visits(observe):
    for visit, count in (("11", 6), ("12", 2), ("13", 1)):
        for exposure in range(count):
            observe(f"j97c{visit}a{exposure}q")
    chosen = {row["OBSID"] for row in found("M51", max_per_body=5)}
    assert sorted(obsid[4:6] for obsid in chosen) == ["11", "11", "12", "12", "13"]


# Which label -----------------------------------------------------------------------------------


def test_labels_of_known_bodies_are_those_of_the_table(observe):
    observe("j97c11abq")
    observe("j97c12abq", at=NGC346, target_classification="ISM;HII REGION")
    table = found("M51", "NGC 346")
    assert {(row["ID"], row["Label"], row["Class"]) for row in table} == {
        ("M51", "galaxy", "galaxy"),
        ("NGC346", "nsc", "nebula"),
    }


def test_a_contradiction_is_told(observe):
    observe("j97c11abq", target_classification="STELLAR CLUSTER;GLOBULAR CLUSTER")
    table = found("M51")
    assert set(table["Label"]) == {"galaxy"}
    assert set(table["Proposed"]) == {"MAST: STELLAR CLUSTER;GLOBULAR CLUSTER"}


def test_an_unknown_body_is_found_by_mast_and_its_label_is_proposed(observe, mast):
    mast.names["Somewhere 7"] = (200.0, 80.0)
    for number, kind in enumerate(["ISM;PN", "ISM;PN", "STAR;B0"]):
        observe(f"j97c1{number}abq", s_ra=200.0, s_dec=80.0, target_classification=kind)
    table = found("Somewhere 7")
    assert set(table["ID"]) == {"Somewhere 7"}
    assert set(table["Label"]) == {"nsc"}
    assert set(table["Proposed"]) == {"MAST: 2 of 3 exposures are of a nebula"}


def test_what_has_no_class_is_left_out_and_counted(observe, mast):
    mast.names["Somewhere 7"] = (200.0, 80.0)
    observe("j97c11abq", s_ra=200.0, s_dec=80.0, target_classification="STAR;B0")
    table = found("Somewhere 7")
    assert len(table) == 0
    assert table.meta["left_out"] == {"Somewhere 7": 1}


def test_a_class_finds_targets_everywhere(observe, mast):
    observe("j97c11abq", target_name="NGC5194-POS1")
    observe(
        "j97c12abq", s_ra=200.0, s_dec=80.0, target_name="NGC9999-A", target_classification="GALAXY;SPIRAL"
    )
    observe("j97c13abq", s_ra=201.0, s_dec=80.0, target_name="QSO-1", target_classification="GALAXY;QUASAR")
    observe("j97c14abq", at=NGC346, target_name="NGC-346", target_classification="ISM;HII REGION")
    table = query_archive(classes="galaxy", **QUICK)
    assert {(row["ID"], row["Proposed"]) for row in table} == {
        ("M51", ""),
        ("NGC9999", "MAST: GALAXY;SPIRAL"),
    }
    assert set(query_archive(classes="nsc", **QUICK)["ID"]) == {"NGC346"}


def test_a_class_can_be_limited_to_bodies_with_most_visits(observe):
    for number in range(3):
        observe(f"j97c1{number}abq", s_ra=200.0, s_dec=80.0, target_name="NGC9999")
    observe("j97c13abq")
    assert set(query_archive(classes="galaxy", max_bodies=1, **QUICK)["ID"]) == {"NGC9999"}


def test_classes_choose_among_bodies(observe):
    observe("j97c11abq")
    observe("j97c12abq", at=NGC346)
    assert set(found("M51", "NGC346", classes="nebula")["ID"]) == {"NGC346"}


@pytest.mark.parametrize(
    ("classification", "expected"),
    [
        ("GALAXY;SPIRAL", "galaxy"),
        ("STELLAR CLUSTER;GLOBULAR CLUSTER", "star cluster"),
        ("Stellar Cluster; Young star clusters", "star cluster"),
        ("ISM;HII REGION;STAR", "nebula"),
        ("CLUSTER OF GALAXIES;GRAVITATIONAL LENS;GALAXY", ""),
        ("EXT-CLUSTER;GLOBULAR CLUSTER", ""),
        ("STAR;WOLF RAYET;STELLAR CLUSTER", ""),
        ("GALAXY;QUASAR", ""),
        ("A,101", ""),
        ("", ""),
    ],
)
def test_categories_of_the_archive_become_classes(classification, expected):
    assert proposed_class(classification) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("CLEAR1L;F814W", "F814W"),
        ("F606W;CLEAR2L", "F606W"),
        ("F275W", "F275W"),
        ("F606W;POL0V", "F606W;POL0V"),
    ],
)
def test_bands_are_named_without_the_empty_wheel(filters, expected):
    assert band_of(filters) == expected


def test_the_paper_has_48_and_23_bodies_those_it_names_first():
    bodies = paper_bodies()
    labels = [body.label for body in bodies]
    assert (labels.count("galaxy"), labels.count("nsc")) == (48, 23)
    assert set(known_bodies(paper=True)) <= set(bodies)


# What goes wrong -------------------------------------------------------------------------------


def test_a_busy_archive_is_asked_again(observe, mast, fault):
    observe("j97c11abq")
    mast.faults["invoke"] = [fault(503), fault(500)]
    assert len(found("M51")) == 2


def test_an_archive_that_fails_is_told(observe, mast, fault):
    observe("j97c11abq")
    mast.faults["invoke"] = [fault(503)] * 9
    with pytest.raises(ReadError, match="MAST cannot be asked"):
        found("M51", retries=1)


def test_a_name_that_nobody_knows_is_told(mast):
    with pytest.raises(ParameterError, match="nobody knows a body 'Nowhere 1'"):
        found("Nowhere 1")


@pytest.mark.parametrize(
    "wrong",
    [
        {"classes": "planet"},
        {"instruments": "ACS/HRC"},
        {"exptime": (100, 10)},
        {"exptime": 100},
        {"max_per_body": 0},
        {"max_bodies": 0},
        {"radius": -1.0},
    ],
)
def test_wrong_arguments_are_told(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        found("M51", **wrong)


def test_something_must_be_looked_for():
    with pytest.raises(ParameterError, match="bodies, or classes"):
        query_archive()


# Afterwards ------------------------------------------------------------------------------------


def test_the_summary_counts_each_file_once(observe):
    observe("j97c11abq", "j97c11acq", obs_id="j97c11010")
    observe("i97c12abq", instrument_name="WFC3/UVIS", filters="F814W", target_classification="ISM;PN")
    (row,) = summarise_query(found("M51"))
    assert tuple(row) == ("M51", "galaxy", 2, 3, 6, 2, pytest.approx(3 * FULL / 1e9), 2)


def test_positions_are_completed_from_the_files(observe, mast, tmp_path):
    observe("j97c11abq")
    header = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 50.5, "CRPIX2": 20.5, "CRVAL1": 202.0}
    header |= {"CRVAL2": 47.0, "CD1_1": -1e-5, "CD2_2": 1e-5, "CD1_2": 0.0, "CD2_1": 0.0}
    hdus = [fits.PrimaryHDU(header=fits.Header({"NEXTEND": 6, "EXPTIME": 512.5}))]
    for version in (1, 2):
        cards = fits.Header(header | {"CRVAL2": 46.0 + version})
        hdus.append(fits.ImageHDU(np.zeros((40, 100), "uint16"), cards, name="SCI", ver=version))
        hdus += [fits.ImageHDU(name=name, ver=version) for name in ("ERR", "DQ")]
    fits.HDUList(hdus).writeto(tmp_path / "served.fits")
    mast.add("j97c11abq_raw.fits", (tmp_path / "served.fits").read_bytes())
    table = found("M51")
    fetch_frames(table, tmp_path / "frames", source=f"{mast.url}/files", progress=False)
    done = complete_positions(table, tmp_path / "frames")
    assert list(done["DEC"]) == [47.0, 48.0]
    assert list(done["RA"]) == [202.0, 202.0]
    assert list(done["Exptime"]) == [512.5, 512.5]
    assert list(table["DEC"]) == pytest.approx([M51.dec] * 2)


def test_positions_need_the_files(observe, tmp_path):
    observe("j97c11abq")
    with pytest.raises(ReadError, match=r"row 1: .*fetch it first"):
        complete_positions(found("M51"), tmp_path)


# The command -----------------------------------------------------------------------------------


def test_the_command_writes_a_list_that_fetch_takes(observe, mast, raw_bytes, tmp_path, capsys):
    observe("j97c11abq")
    observe("j97c12abq", at=NGC346)
    assert main(["datasets", "query", "M51", "NGC346", "--filter", "F606W", "--exptime", "100", "1000"]) == 0
    said = capsys.readouterr().out
    assert "M51" in said
    assert "2 exposures, 4 frames of 2 bodies, 0.1 GB" in said
    output, folder = str(tmp_path / "list.ecsv"), str(tmp_path / "frames")
    assert main(["datasets", "query", "M51", "NGC346", "-o", output, "--no-progress"]) == 0
    assert main(["datasets", "fetch", output, "--output", folder, "--dry-run"]) == 0
    assert "2 files (2 missing); to fetch: 0.1 GB" in capsys.readouterr().out
    mast.add("j97c11abq_raw.fits", raw_bytes())
    fetch_it = ["datasets", "fetch", output, "--output", folder, "--source", f"{mast.url}/files"]
    assert main([*fetch_it, "--retries", "0"]) == 1
    out, err = capsys.readouterr()
    assert "1 files (1 new, 0 kept, 1 failed)" in out
    assert "j97c12abq_raw.fits" in err
    assert "run the same command again" in err
    mast.add("j97c12abq_raw.fits", raw_bytes())
    assert main(fetch_it) == 0
    assert "2 files (1 new, 1 kept)" in capsys.readouterr().out


def test_the_command_says_what_it_leaves_out(observe, mast, tmp_path, capsys):
    mast.names["Somewhere 7"] = (200.0, 80.0)
    observe("j97c11abq", s_ra=200.0, s_dec=80.0, target_classification="STAR;B0")
    assert main(["datasets", "query", "Somewhere 7", "-o", str(tmp_path / "list.ecsv")]) == 0
    out, err = capsys.readouterr()
    assert "nothing was found" in out
    assert "Somewhere 7: 1 exposures are left out" in err
    assert not (tmp_path / "list.ecsv").exists()


def test_a_list_of_another_address_is_fetched_by_the_command(mast, raw_bytes, tmp_path, capsys):
    Table({"OBSID": ["jabc01xyq"], "HDU Index": [1]}).write(tmp_path / "list.csv")
    mast.add("jabc01xyq_raw.fits", raw_bytes())
    command = ["datasets", "fetch", (tmp_path / "list.csv").as_uri(), "--output", str(tmp_path / "frames")]
    assert main([*command, "--source", f"{mast.url}/files"]) == 0
