"""Images of JWST: exposures (``_cal``, ``_rate``) and resampled ones (``_i2d``).

After the pages on data products and data quality flags of the jwst pipeline: SCI, ERR and DQ (exposures), or
SCI, ERR, CON, WHT (resampled), each beside VAR_POISSON and others. Of the 30 bits of DQ only DO_NOT_USE makes
a pixel unusable; pixels outside a resampled image's footprint have no weight, or are NaN.
"""

from astropy import units as u

from astroclassify.io._mask_bits import JWST as PLANES
from astroclassify.io._mission import Mission, mission_reader

JWST = mission_reader(
    Mission(
        name="jwst",
        description="JWST images (cal, i2d): MIRI, NIRCam, NIRISS",
        cards={"TELESCOP": "JWST"},
        unit=u.MJy / u.sr,
        planes=PLANES,
    )
)
