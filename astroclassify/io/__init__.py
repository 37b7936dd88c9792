"""FITS files and pictures to frames, and simulated frames to raw FITS files."""

from astroclassify.io._astropy import register_formats
from astroclassify.io._csst import CSST
from astroclassify.io._drizzled import HST_DRIZZLED
from astroclassify.io._electrons import in_electrons
from astroclassify.io._fits_image import FITS_IMAGE
from astroclassify.io._hst_calibrated import HST_CALIBRATED
from astroclassify.io._hst_raw import HST_RAW
from astroclassify.io._names import csst_name, hst_rootname
from astroclassify.io._read import READERS, find_reader, read_frames
from astroclassify.io._reader import Reader, ReadOptions
from astroclassify.io._write import write_raw

__all__ = [
    "CSST",
    "FITS_IMAGE",
    "HST_CALIBRATED",
    "HST_DRIZZLED",
    "HST_RAW",
    "READERS",
    "ReadOptions",
    "Reader",
    "csst_name",
    "find_reader",
    "hst_rootname",
    "in_electrons",
    "read_frames",
    "write_raw",
]

# So that CCDData.read(path, format="hst-raw") works; astropy never chooses these formats by itself.
register_formats()
