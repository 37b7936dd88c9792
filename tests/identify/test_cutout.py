"""Pieces of surveys by hips2fits: what is asked for, and what becomes of the answer."""

from io import BytesIO

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astroclassify.core import ParameterError, ReadError
from astroclassify.identify import identify, survey_frame

M51 = SkyCoord(202.4696, 47.1953, unit="deg")


@pytest.fixture
def piece(world):
    """The bytes of a FITS file such as the service sends (bytes)."""
    image = np.random.default_rng(1).normal(100, 5, (64, 64)).astype("float32")
    header = world(202.4696, 47.1953, scale=3.0, shape=(64, 64)).to_header()
    content = BytesIO()
    fits.PrimaryHDU(image, header).writeto(content)
    return content.getvalue()


def test_a_piece_of_a_survey_is_a_frame_with_a_place(service, piece):
    service.offer("hips2fits", piece)
    frame = survey_frame(M51, survey="CDS/P/DSS2/red", size=4 * u.arcmin, pixels=64)
    assert frame.shape == (64, 64)
    assert frame.meta["ACSOURCE"] == "CDS/P/DSS2/red at 202.4696 47.1953"
    assert identify(frame).meta["likeliest"] == "M51"
    _, asked = service.asked[-1]
    assert (asked["hips"], asked["width"], asked["format"]) == (["CDS/P/DSS2/red"], ["64"], ["fits"])
    assert float(asked["fov"][0]) == pytest.approx(4 / 60)
    assert float(asked["ra"][0]) == pytest.approx(202.4696)


def test_what_the_service_complains_of_is_told(service):
    service.status = 400
    with pytest.raises(ReadError, match=r"hips2fits does not answer .*check the name of the survey"):
        survey_frame(M51, survey="no/such/survey")


@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_bytes_that_are_no_image_are_told(service):
    service.offer("hips2fits", b"<html>maintenance</html>")
    with pytest.raises(ReadError):
        survey_frame(M51, survey="CDS/P/DSS2/red")


def test_sizes_out_of_range_are_refused():
    with pytest.raises(ParameterError, match="pixels 16 to 4096"):
        survey_frame(M51, survey="x", pixels=5)
    with pytest.raises(ParameterError, match="one position"):
        survey_frame(SkyCoord([1, 2], [3, 4], unit="deg"), survey="x")
