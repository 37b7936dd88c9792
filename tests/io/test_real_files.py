"""Every real file: what its frame is, or the error that says why there is none."""

from dataclasses import dataclass

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs.utils import proj_plane_pixel_scales

from astroclassify.core import FrameWarning, UnsupportedInstrumentError
from astroclassify.io import read_frames

RATE = u.electron / u.s
NO_UNIT = u.dimensionless_unscaled

# Catalogue positions (NED, SIMBAD; degrees) of what the frames show, or of the centre of the survey field.
M13 = (250.4235, 36.4613)
NGC_1316 = (50.6738, -37.2082)
NGC_104 = (6.0236, -72.0813)
HORSESHOE = (177.1381, 19.5008)
CDFS = (53.1167, -27.8083)
COSMOS = (150.1163, 2.2058)
PULCOVA = (88.687, 32.124)  # an asteroid: RA_TARG and DEC_TARG of the headers
IC_1848 = (42.80, 60.43)  # the cluster in W5


@dataclass(frozen=True)
class Expected:
    """What the frames of a real file must be like."""

    reader: str
    shape: tuple
    unit: u.UnitBase
    band: str = ""
    instrument: str = "generic"
    chips: tuple = (None,)
    masked: tuple = (0,)
    uncertainty: bool = False
    near: tuple = ()  # position, degrees
    within: float = 0.0  # degrees
    scale: float | tuple = 0.0  # arcsec per pixel (along x and y); 0: the file has no WCS


FILES = {
    "M51.fits": Expected("fits-image", (512, 512), NO_UNIT),
    "cdfs_f814w_bin24.fits.gz": Expected(
        "fits-image", (500, 500), NO_UNIT, near=CDFS, within=0.1, scale=2.88
    ),
    "cosmos_100610_f814w.fits": Expected(
        "hst-drizzled", (103, 103), u.electron, "F814W", "acs-wfc", near=COSMOS, within=1, scale=0.03
    ),
    **{
        f"hst_mos_1020228_wfc3_uvis_{band.lower()}_drz_cutout_20asec.fits": Expected(
            "fits-image", (500, 500), RATE, band, near=HORSESHOE, within=0.001, scale=0.04
        )
        for band in ("F475W", "F606W", "F814W")
    },
    "j94f05bgq_flt.fits": Expected(
        *("hst-calibrated", (1, 1), u.electron, "F606W", "acs-wfc"),
        chips=(1, 2),
        masked=(0, 0),
        near=NGC_104,
        within=0.2,
        scale=0.0495,
    ),
    **{
        f"{name}_raw.fits": Expected(
            *("hst-raw", (1024, 1024), u.adu, band, "acs-hrc"),
            chips=(1,),
            uncertainty=True,
            near=position,
            within=0.1,
            scale=(0.0284, 0.0248),  # HRC's pixels are no squares on the sky
        )
        for name, band, position in (("j6gp01lzq", "F550M", PULCOVA), ("j6gp01mkq", "F435W", PULCOVA))
    },
    "m13.fits": Expected("fits-image", (300, 300), NO_UNIT, near=M13, within=0.01, scale=1.0),
    "ngc1316.fits": Expected("fits-image", (300, 440), NO_UNIT, near=NGC_1316, within=0.05, scale=7.0),
    "ngc2274.fits": Expected("fits-image", (600, 600), NO_UNIT),
    "orion_1.fits": Expected("fits-image", (500, 650), NO_UNIT, "Red"),
    "orion_2.fits": Expected("fits-image", (500, 650), NO_UNIT, "Blue"),
    "sample_ipppssoot_flc.fits": Expected(
        *("hst-calibrated", (10, 10), u.electron, "F555W", "wfc3-uvis"),
        chips=(1, 2),
        masked=(30, 2),
        uncertainty=True,
        near=(137.86, -64.87),  # RA_TARG and DEC_TARG of its header
        within=0.05,
        scale=0.0396,
    ),
    "sample_mvm_drc.fits": Expected(
        *("hst-drizzled", (10, 10), RATE, "F435W", "acs-wfc"),
        masked=(100,),
        uncertainty=True,
        near=(179.5, 55.5),  # S_REGION of its header
        within=0.1,
        scale=0.04,
    ),
    "sample_svm_flc.fits": Expected(
        *("hst-calibrated", (10, 10), u.electron, "F555W", "wfc3-uvis"),
        chips=(1, 2),
        masked=(30, 1),
        uncertainty=True,
        near=(137.86, -64.87),  # RA_TARG and DEC_TARG of its header
        within=0.05,
        scale=0.0396,
    ),
    **{
        name: Expected("fits-image", (500, 500), NO_UNIT)
        for name in ("slacs_1_f814w.fits", *(f"slacs_{number}_post.fits" for number in range(2, 6)))
    },
    "w5.fits": Expected("fits-image", (1000, 1000), NO_UNIT, near=IC_1848, within=0.5, scale=10.8),
}
REFUSED = {
    "jbz504eoq_raw.fits": "ACS/SBC",
}
# Of the lens galaxies' three images, none says which is the picture, the noise or the PSF.
pytestmark = pytest.mark.filterwarnings("ignore:slacs.*do not say what they are")


@pytest.fixture
def read(shared):
    def read_real(name):
        path = shared / "fits" / name
        return read_frames(path) if path.is_file() else pytest.skip(f"there is no {name}")

    return read_real


@pytest.mark.parametrize(("name", "expected"), list(FILES.items()), ids=list(FILES))
def test_each_file_gives_its_frames(read, name, expected):
    frames = read(name)
    assert tuple(frame.meta.get("ACCHIP") for frame in frames) == expected.chips
    for frame in frames:
        assert frame.shape == expected.shape
        assert frame.unit == expected.unit
        assert frame.data.dtype == np.dtype("float32")
        assert frame.meta["ACREADER"] == expected.reader
        assert frame.meta["ACBAND"] == expected.band
        assert frame.meta["ACINSTR"] == expected.instrument
        assert (frame.uncertainty is not None) == expected.uncertainty


@pytest.mark.parametrize(("name", "expected"), list(FILES.items()), ids=list(FILES))
def test_each_frame_masks_what_cannot_be_used(read, name, expected):
    masks = [frame.mask for frame in read(name)]
    assert tuple(0 if mask is None else mask.sum() for mask in masks) == expected.masked


@pytest.mark.parametrize(("name", "expected"), list(FILES.items()), ids=list(FILES))
def test_each_frame_lies_where_its_object_is_in_the_sky(read, name, expected):
    for frame in read(name):
        assert (frame.wcs is not None) == bool(expected.scale)
        if frame.wcs is not None:
            centre = frame.wcs.pixel_to_world((frame.shape[1] - 1) / 2, (frame.shape[0] - 1) / 2)
            assert centre.icrs.separation(SkyCoord(*expected.near, unit="deg")).deg < expected.within
            assert np.allclose(proj_plane_pixel_scales(frame.wcs) * 3600, expected.scale, rtol=0.02)


@pytest.mark.parametrize(("name", "detector"), list(REFUSED.items()), ids=list(REFUSED))
def test_an_unsupported_detector_is_refused_by_name(read, name, detector):
    with pytest.raises(UnsupportedInstrumentError, match=rf"{name}.*{detector}"):
        read(name)


def test_no_real_file_is_left_out_here(shared):
    there = {path.name for path in (shared / "fits").iterdir() if ".fits" in path.name}
    assert there <= {*FILES, *REFUSED}


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("slacs")])
def test_the_noise_and_psf_of_a_lens_galaxy_are_left_out_with_a_note(read, name):
    with pytest.warns(FrameWarning, match="2 more images do not say what they are"):
        (frame,) = read(name)
    assert sum("left out" in line for line in frame.meta["HISTORY"]) == 2


def test_a_distorted_wcs_uses_its_lookup_tables(read):
    for frame in read("sample_svm_flc.fits"):
        assert frame.wcs.sip is not None
        assert frame.wcs.det2im1 is not None or frame.wcs.cpdis1 is not None
