"""Images of the Roman Space Telescope's Wide Field Instrument: level 2 and 3 of romancal, in ASDF.

After the pages of romancal and roman_datamodels: the tree ``roman`` has ``data``, ``err``, ``dq``, ``weight``
and ``meta``. Needs the package asdf; with gwcs there is also the position on the sky. DO_NOT_USE is bit 0 of
``dq``.
"""

from astropy import units as u

from astroclassify.io._mask_bits import ROMAN as PLANES
from astroclassify.io._mission import Mission, mission_reader

ROMAN = mission_reader(
    Mission(
        name="roman",
        description="Roman WFI images (cal, coadd), from ASDF",
        cards={"TELESCOP": "ROMAN"},
        unit=u.adu / u.s,
        planes=PLANES,
        chip_cards=("WFINUM",),
    )
)
