"""Images of the LSST science pipelines, of Rubin or any other camera: visits, exposures, coadds.

After the pipelines' own format: IMAGE, MASK and VARIANCE, and cards ``MP_NAME = bit`` in the header of MASK
that name its bits. BAD, CR, NO_DATA and UNMASKEDNAN make a pixel unusable; DETECTED, which covers every
object, does not.
"""

from astroclassify.io._mission import Mission, mission_reader

LSST = mission_reader(
    Mission(
        name="lsst",
        description="Images of the LSST science pipelines (visit images, calexp, coadds)",
        cards={"MP_DETECTED": r"\d+"},
        chip_cards=("DETECTOR", "CCDNUM"),
    )
)
