"""Science images of the Zwicky Transient Facility (``_sciimg``), their masks (``_mskimg``) beside them.

After the ZTF Science Data System Explanatory Supplement, and the cards ``BITnn`` of a mask's header:
satellite tracks (bit 0), noisy pixels (4), spikes (7), dead pixels (9) and NaN (10) are unusable. Bits 1 and
11 mark every source.
"""

from astropy import units as u

from astroclassify.io._mask_bits import ZTF as PLANES
from astroclassify.io._mission import Mission, mission_reader

ZTF = mission_reader(
    Mission(
        name="ztf",
        description="Zwicky Transient Facility, science images",
        cards={"INSTRUME": "ZTF.*"},
        unit=u.adu,
        planes=PLANES,
        chip_cards=("CCDID",),
        beside={"flags": ("_mskimg",)},
        ends=("_sciimg",),
    )
)
