"""Which bodies a frame shows: by footprints, anywhere on the sky, from any catalogue."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.nddata import CCDData
from astropy.table import QTable
from astropy.wcs import WCS

from astroclassify.core import FrameError, ParameterError, UnknownNameError
from astroclassify.datasets import resolve_body
from astroclassify.identify import BodiesTable, Catalogue, identify


def one(ra, dec, major=1.0, minor=None, angle=0.0, kind="galaxy"):
    """A catalogue of one body; sizes in arcminutes."""
    minor = major if minor is None else minor
    columns = {"name": ["it"], "class": [kind], "ra": [ra], "dec": [dec], "major_axis": [major]}
    return QTable(columns | {"minor_axis": [minor], "position_angle": [angle]})


def test_a_frame_on_an_arm_of_m31_finds_m31(world):
    bodies = identify(world(10.3, 40.9))  # half a degree from the middle
    row = bodies.likeliest
    assert row["name"] == "M31"
    assert row["frame_in_body"] == pytest.approx(1)
    assert row["body_in_frame"] == pytest.approx(3.413 * 1.707 / (np.pi / 4 * 190 * 60), rel=0.01)
    assert row["separation"].to_value(u.arcmin) > 25
    assert bodies.meta["label"] == "galaxy"


def test_a_frame_off_the_minor_axis_of_m31_is_not_on_it(world):
    assert "M31" not in identify(world(11.4, 40.9))["name"]  # within its circle, beyond its ellipse


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ((23.6383, 30.785), ("NGC604", "nsc")),
        ((23.5, 30.6), ("M33", "galaxy")),
        ((14.7708, -72.1772), ("NGC346", "nsc")),
        ((13.2, -72.83), ("SMC", "galaxy")),
        ((10.6742, 40.8653), ("M32", "galaxy")),
        ((83.8792, -5.2675), ("M43", "nsc")),
    ],
)
def test_nested_bodies_are_told_apart(world, place, names):
    bodies = identify(world(*place))
    assert (bodies.meta["likeliest"], bodies.meta["label"]) == names
    assert bodies["name"][0] == names[0]
    assert bodies["likeliest"].sum() == 1


@pytest.mark.parametrize("sip", [False, True])
@pytest.mark.parametrize("place", [(0.01, 10.0), (359.999, -45.0), (123.0, 89.99), (77.0, -90.0)])
def test_any_place_of_the_sky_will_do(world, place, sip):
    ra, dec = place
    bodies = identify(world(*place, roll=30, sip=sip), catalogue=one(ra, dec, 0.5))
    assert bodies["frame_in_body"][0] == pytest.approx(np.pi / 4 * 0.25 / (3.413 * 1.707), rel=0.01)
    assert bodies["body_in_frame"][0] == pytest.approx(1)
    assert (bodies["x"][0], bodies["y"][0]) == pytest.approx((2047.5, 1023.5), abs=0.01)


def test_distortion_moves_the_outline(world):
    wcs = world(50, 20, sip=True)
    corner = wcs.pixel_to_world(4090.0, 2040.0)
    plain = wcs.wcs_pix2world([[4095.5, 2047.5]], 0)[0]
    assert corner.separation(SkyCoord(*plain, unit="deg")) > 0.5 * u.arcsec
    bodies = identify(wcs, catalogue=one(corner.ra.deg, corner.dec.deg, 0.0), margin=0)
    assert (bodies["x"][0], bodies["y"][0]) == pytest.approx((4090, 2040), abs=0.01)
    outside = wcs.pixel_to_world(4100.0, 2040.0)
    assert len(identify(wcs, catalogue=one(outside.ra.deg, outside.dec.deg, 0.0), margin=0)) == 0


def test_a_sky_in_galactic_coordinates_is_the_same_sky(world):
    m51 = SkyCoord(*(resolve_body("M51").ra, resolve_body("M51").dec), unit="deg").galactic
    bodies = identify(world(m51.l.deg, m51.b.deg, systems=("GLON-TAN", "GLAT-TAN")))
    assert bodies.meta["likeliest"] == "M51"
    assert (bodies["x"][0], bodies["y"][0]) == pytest.approx((2047.5, 1023.5), abs=0.1)


def test_latitude_may_come_first(world):
    wcs = world(40.0, 30.0, systems=("DEC--TAN", "RA---TAN"))
    bodies = identify(wcs, catalogue=one(30.0, 40.0))
    assert (bodies["x"][0], bodies["y"][0]) == pytest.approx((2047.5, 1023.5), abs=0.01)


def test_the_margin_says_how_far_beyond_the_frame_is_near(world):
    beyond = one(50.0, 20.0 + (1.707 / 2 + 0.5 + 0.8) / 60)  # its edge is 0.8 arcmin above the frame's
    assert len(identify(world(50, 20), catalogue=beyond, margin=0.7 * u.arcmin)) == 0
    bodies = identify(world(50, 20), catalogue=beyond, margin=0.9)
    assert len(bodies) == 1
    assert bodies["frame_in_body"][0] == bodies["body_in_frame"][0] == 0
    assert bodies.likeliest is None


def test_a_body_without_size_counts_where_nothing_else_is(world):
    bodies = identify(world(50, 20), catalogue=one(50.01, 20, 0.0, kind="nebula"))
    assert bodies.meta["label"] == "nsc"
    assert bodies["body_in_frame"][0] == 1
    assert bodies["frame_in_body"][0] == 0


def test_a_star_gives_no_label(world):
    bodies = identify(world(50, 20), catalogue=one(50, 20, 5.0, kind=""))
    assert len(bodies) == 1
    assert bodies.meta["likeliest"] == bodies.meta["label"] == ""


def test_a_frame_of_degrees_finds_small_and_huge_bodies(world):
    bodies = identify(world(83.8, -5.4, scale=5.0))
    assert {"M42", "M43", "NGC1999"} <= set(bodies["name"])
    assert bodies["body_in_frame"][bodies["name"] == "M43"][0] == pytest.approx(1)


def test_a_frame_and_its_wcs_and_a_wcs_of_a_given_size_agree(world):
    wcs = world(202.47, 47.195, shape=(200, 300))
    frame = CCDData(np.zeros((200, 300)), unit="adu", wcs=wcs)
    sizeless = wcs.deepcopy()
    sizeless.array_shape = None
    tables = identify(frame), identify(wcs), identify(sizeless, shape=(200, 300))
    assert len({str(table["frame_in_body"].tolist()) for table in tables}) == 1


def test_a_round_field_needs_no_frame():
    bodies = identify(SkyCoord(10.3, 40.9, unit="deg"), radius=3 * u.arcmin)
    assert bodies.meta["likeliest"] == "M31"
    assert np.isnan(bodies["x"]).all()
    near = SkyCoord(283.3962, 33.0292 + 0.1, unit="deg")
    assert len(identify(near, radius=1)) == 0
    assert len(identify(near, radius=6)) == 1


def test_what_a_frame_lacks_is_told(world):
    with pytest.raises(FrameError, match="no celestial WCS"):
        identify(CCDData(np.zeros((10, 10)), unit="adu"))
    with pytest.raises(FrameError, match=r"give shape=\(rows, columns\)"):
        identify(WCS(world(10, 10).to_header()))
    with pytest.raises(FrameError, match="degrees from its middle"):
        identify(world(10, 10, scale=200.0))
    with pytest.raises(UnknownNameError, match="did you mean 'openngc'"):
        identify(world(10, 10), catalogue="opengc")
    with pytest.raises(ParameterError, match="catalogue is a int"):
        identify(world(10, 10), catalogue=5)
    with pytest.raises(ParameterError, match="is no angle"):
        identify(world(10, 10), margin=3 * u.s)
    with pytest.raises(ParameterError, match="name_pointings takes many"):
        identify(SkyCoord([1, 2], [3, 4], unit="deg"))


def test_a_table_of_bodies_can_be_written_and_read_again(world, tmp_path):
    bodies = identify(world(202.47, 47.195, sip=True))
    bodies.write(tmp_path / "bodies.ecsv")
    again = QTable.read(tmp_path / "bodies.ecsv")
    assert again["name"].tolist() == bodies["name"].tolist()
    assert again.meta["likeliest"] == "M51"
    assert BodiesTable(again, meta=again.meta).wcs.sip is not None


def test_regions_lie_where_the_bodies_do(world):
    regions = pytest.importorskip("regions")
    wcs = world(10.7, 41.3, scale=3.0, shape=(4000, 4000))
    bodies = identify(wcs)
    ellipse = bodies[bodies["name"] == "M31"].to_regions()[0]
    assert isinstance(ellipse, regions.EllipseSkyRegion)
    assert ellipse.meta["text"] == "M31"
    middle = SkyCoord(10.6846, 41.2692, unit="deg")
    for angle, away, inside in [(35, 90, True), (125, 25, True), (125, 40, False), (35, 100, False)]:
        point = middle.directional_offset_by(angle * u.deg, away * u.arcmin)
        assert ellipse.contains(point, wcs)[()] == inside, angle
    assert "M31" in bodies.to_regions().serialize(format="ds9")


def test_the_ellipse_of_a_catalogue_is_the_region_of_the_table(world):
    wcs = world(10.3, 40.9, shape=(400, 600), scale=8.0, roll=20)
    bodies = identify(wcs, catalogue="builtin")
    mask = bodies[bodies["name"] == "M31"].to_regions()[0].to_pixel(wcs).to_mask(mode="exact")
    share = mask.to_image((400, 600)).mean()
    assert bodies["frame_in_body"][bodies["name"] == "M31"][0] == pytest.approx(share, abs=0.005)


def test_a_catalogue_that_cannot_be_one_says_why():
    with pytest.raises(ParameterError, match="needs a column 'name'"):
        Catalogue(QTable({"ra": [1.0]}))
    with pytest.raises(ParameterError, match="needs a column 'position'"):
        Catalogue(QTable({"name": ["it"]}))
    with pytest.raises(ParameterError, match="'asteroid'; it can be"):
        Catalogue(one(1, 2, kind="asteroid"))
    with pytest.raises(ParameterError, match="it: its minor axis"):
        Catalogue(one(1, 2, 1.0, 2.0))
    with pytest.raises(ParameterError, match="without a position"):
        Catalogue(one(1, np.nan))
