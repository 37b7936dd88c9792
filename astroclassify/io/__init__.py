"""FITS files and pictures to frames, and simulated frames to raw FITS files."""

from astroclassify.io._astropy import register_formats
from astroclassify.io._colours import read_colours
from astroclassify.io._csst import CSST, parse_csst_name
from astroclassify.io._drizzled import HST_DRIZZLED
from astroclassify.io._electrons import in_electrons
from astroclassify.io._fits_image import FITS_IMAGE
from astroclassify.io._frame import make_frame
from astroclassify.io._headers import (
    band_name,
    header_int,
    header_number,
    header_text,
    header_value,
    merged_header,
    parse_unit,
)
from astroclassify.io._hst_calibrated import HST_CALIBRATED
from astroclassify.io._hst_raw import HST_RAW
from astroclassify.io._images import luminance
from astroclassify.io._inputs import FRAME_SUFFIXES, expand_inputs, is_address, names_several, told_apart
from astroclassify.io._mask_bits import BitPlanes
from astroclassify.io._mission import Mission, mission_reader
from astroclassify.io._names import csst_name, hst_rootname
from astroclassify.io._noise import AmplifierNoise, ReadoutNoise
from astroclassify.io._observation import OBSCORE, observation
from astroclassify.io._one_frame import check_chip, read_frame, read_header
from astroclassify.io._open import is_stream
from astroclassify.io._picture import is_picture
from astroclassify.io._read import READERS, find_reader, read_frames
from astroclassify.io._reader import Reader, ReadOptions
from astroclassify.io._sky_boxes import add_sky_boxes
from astroclassify.io._slices import amplifiers_of, slice_start
from astroclassify.io._walk import HduBytes, walk_hdus
from astroclassify.io._wcs import build_wcs
from astroclassify.io._write import raw_hdus, write_hdus, write_raw

__all__ = [
    "Mission",
    "READERS",
    "ReadOptions",
    "Reader",
    "build_wcs",
    "in_electrons",
    "make_frame",
    "merged_header",
    "mission_reader",
    "parse_unit",
    "register_formats",
]
