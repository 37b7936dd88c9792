"""Calibrated exposures of Euclid's VIS: 144 quadrants, each with its noise and flags.

After the Euclid Data Product Description (DpdVisCalibratedQuadFrame): extensions ``1-1.E.SCI``, ``1-1.E.RMS``
and ``1-1.E.FLG``, in any order, in ADU. Of FLG bit 0, INVALID, and bit 4, COSMIC, make a pixel unusable; bit
24 marks every object.
"""

from astropy import units as u

from astroclassify.io._mask_bits import EUCLID_VIS as PLANES
from astroclassify.io._mission import Mission, mission_reader

EUCLID_VIS = mission_reader(
    Mission(
        name="euclid-vis",
        description="Euclid VIS calibrated exposures, a frame for each quadrant",
        cards={"TELESCOP": "EUCLID", "INSTRUME": "VIS"},
        unit=u.adu,
        planes=PLANES,
    )
)
