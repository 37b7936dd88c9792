"""Exposures of the Dark Energy Camera as its community pipeline, or that of the survey, reduced them.

Community pipeline (``_ooi_``): a frame for each CCD; the quality image ``_ood_`` and the weight ``_oow_`` lie
beside it. Until version 3.5 the quality image held bits, since then it holds one code for each pixel (NOAO
Data Handbook; legacypipe's ``decam.py``). Survey: SCI, MSK and WGT in one file, with bits of their own
(pixcorrect,
``mask_bits.h``).
"""

import re

from astropy import units as u

from astroclassify.io._headers import first_text, header_text
from astroclassify.io._mask_bits import DECAM_BITS, DECAM_CODES, DES
from astroclassify.io._mission import Mission, mission_reader


def _planes(headers):
    if any(header_text(header, "DES_EXT") for header in headers):
        return DES
    version = re.match(r"V?(\d+)\.(\d+)", first_text(headers, "PLVER"))
    return DECAM_CODES if version and (int(version[1]), int(version[2])) >= (3, 5) else DECAM_BITS


def _refusal(headers):
    raw = first_text(headers, "PROCTYPE") == "RAW"
    return "a raw exposure of DECam, with bias and overscan; read the reduced one (_ooi_)" if raw else ""


DECAM = mission_reader(
    Mission(
        name="decam",
        description="Dark Energy Camera, reduced exposures (community pipeline, DES)",
        cards={"INSTRUME": "DECAM"},
        unit=u.adu,
        planes=_planes,
        chip_cards=("CCDNUM",),
        beside={"flags": ("_ood_",), "inverse variance": ("_oow_",)},
        ends=("_ooi_",),
        refuse=_refusal,
    )
)
