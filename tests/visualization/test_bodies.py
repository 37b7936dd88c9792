"""Bodies on a frame: which outlines are drawn, and what is named where."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.nddata import CCDData
from astropy.wcs import WCS

from astroclassify.core import ParameterError
from astroclassify.identify import identify
from astroclassify.visualization import plot_bodies

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def sky(ra, dec, scale, side=200):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [ra, dec], [side / 2 + 0.5] * 2
    wcs.wcs.cdelt, wcs.array_shape = [-scale, scale], (side, side)
    return wcs


def test_outlines_lie_where_the_bodies_do():
    ax = plot_bodies(identify(sky(10.6846, 41.2692, 0.018)))  # 3.6 degrees
    m31 = next(line for line in ax.lines if line.get_linestyle() == "-")
    away = np.hypot(m31.get_xdata() - 99.5, m31.get_ydata() - 99.5) * 0.018 * 60
    assert (away.min(), away.max()) == (pytest.approx(30, abs=0.2), pytest.approx(95, abs=0.2))
    top = np.argmax(away * (m31.get_ydata() > 99.5))
    assert m31.get_xdata()[top] < 99.5  # the major axis leans to the east, which is left
    assert {text.get_text().strip() for text in ax.texts} >= {"M31", "M32", "M110"}
    assert ax.get_title() == "M31 (spiral galaxy)"


def test_a_body_around_the_whole_frame_is_named_in_the_corner():
    frame = CCDData(np.random.default_rng(1).normal(9, 1, (200, 200)), unit="adu", wcs=sky(10.3, 40.9, 1e-4))
    ax = plot_bodies(identify(frame), frame=frame)
    assert "all of the frame lies in M31" in [text.get_text() for text in ax.texts]
    assert len(ax.images) == 1


def test_an_empty_frame_is_said_to_be_one():
    assert plot_bodies(identify(sky(200, 80, 1e-4))).get_title() == "no catalogued body"


def test_a_field_without_pixels_cannot_be_drawn():
    with pytest.raises(ParameterError, match="identify a frame"):
        plot_bodies(identify(SkyCoord(10.3, 40.9, unit="deg")))
