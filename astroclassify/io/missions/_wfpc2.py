"""Calibrated exposures of HST's WFPC2: four chips, as extensions (``_c0m``) or planes of a cube (``_c0f``).

After the WFPC2 Data Handbook: the quality images lie beside (``_c1m``, ``_c1f``); their bits are those of its
table 3.4. A cube's table has a row for each plane, with the keywords in which the chips differ (DETECTOR, the
WCS).
"""

from astropy import units as u
from astropy.io import fits

from astroclassify.io._headers import header_int, header_text
from astroclassify.io._mask_bits import WFPC2 as PLANES
from astroclassify.io._mission import Mission, mission_reader


def _unfolded(hdulist):
    """Make each plane of a cube an extension of its own."""
    cube = hdulist[0]
    if header_int(cube.header, "NAXIS", 0) != 3 or not header_text(cube.header, "CTYPE3").startswith("GROUP"):
        return hdulist
    tables = [hdu for hdu in hdulist[1:] if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)]
    hdus = [fits.PrimaryHDU(header=cube.header)]
    for number, plane in enumerate(cube.data):
        hdu = fits.ImageHDU(plane, name="SCI", ver=number + 1)
        hdu.header.update(_group(tables[0].data[number], tables[0].columns.names) if tables else {})
        hdus.append(hdu)
    return hdus


def _group(row, names):
    return {
        name: getattr(row[name], "item", lambda value=row[name]: value)() for name in names if len(name) < 9
    }


WFPC2 = mission_reader(
    Mission(
        name="hst-wfpc2",
        description="HST WFPC2 calibrated exposures (c0m, c0f), a frame for each chip",
        cards={"INSTRUME": "WFPC2"},
        unit=u.adu,
        planes=PLANES,
        chip_cards=("DETECTOR", "CCDCHIP"),
        beside={"flags": ("_c1m", "_c1f")},
        ends=("_c0m", "_c0f"),
        unfold=_unfolded,
    )
)
