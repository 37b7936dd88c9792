"""Headers that break the standard, or keep it in ways that few do."""

import numpy as np
from astropy.io import fits

from .case import IMAGE, Case, Right
from .make import SKY, encoded, image, primary, with_cards

KIND = "headers"

#: Cards as other programs write them; each is read, and can be written again.
_CARDS = {
    "a text without its second quote": "OBJECT  = 'NGC 1316",
    "a keyword in lower case": "exptime = 500.0",
    "a number with a letter behind": "EXPTIME = 1.0E+00X",
    "a date without quotes": "DATE-OBS= 2020-01-01",
    "a time without quotes (IRAF)": "UT      = 10:20:30.5",
    "a decimal comma": "AIRMASS =                  1,5 / as written in Europe",
    "NaN as a value (DS9, IDL)": "SEEING  =                  NaN",
    "infinity as a value": "LIMIT   =                  Inf",
    "a tabulator in a text": "OBSERVER= 'A\tB'",
    "a letter with an accent": "OBSERVER= 'Andr\xe9'",
    "a degree sign in a comment": "ROTATION=                 12.5 / [\xb0] from north",
    "a blank within a keyword": "BAD KEY =                    5",
    "no blank after the equals sign": "FOCUS=5",
    "a value that begins in column 10": "GAIN    =2.0",
    "no value": "TITLE   =",
    "an undefined value": "TITLE   =                      / not known",
    "ESO's hierarchical keyword": "HIERARCH ESO DET CHIP1 ID = 'CCD-44' / as VLT writes",
    "a long hierarchical keyword in lower case": "HIERARCH lsst butler dataid = 'visit' / as LSST writes",
    "COMMENT with an equals sign": "COMMENT = 'a comment'",
    "HISTORY with quotes": 'HISTORY it\'s been "flattened"',
    "a complex number": "PHASE   = (1.0, 2.0)",
    "an exponent D (Fortran)": "MJD     =        5.90000000D+04",
    "an integer of 30 digits": "SERIAL  = 123456789012345678901234567890",
    "a second SIMPLE": "SIMPLE  =                    T",
    "a keyword that begins like END": "END_OBS =                    5",
    "a text with doubled quotes": "OBJECT  = 'Barnard''s galaxy'",
    "a card of blanks": "",
    "a text that would go on, and does not": "OBJECT  = 'NGC 1316&'",
    "an INHERIT card in the primary HDU": "INHERIT =                    T",
    "control characters": "OBJECT  = 'M\x0131'",
    "a value without quotes (MAST user)": "ABCDEFGH= unquotedstringliteral",
    "letters of Unicode (UTF-8)": "SPT     = 'L0\xce\xb3    '           /Spectral type",
    "a line feed in a text (CASA 4.7)": "ORIGIN  = 'CASA 4.7.0-REL (r38335)\n'",
    "a card without an equals sign": "FIX4 2",
    "a slash without a blank (IDL)": "NPOINTS =                  216 /Real*4 (floating point)",
}

#: BUNIT as archives spell it, and the unit.
_UNITS = {
    **{"COUNTS": "adu", "Counts": "adu", "DN": "adu", "ADU": "adu", "adu": "adu", "COUNTS/S": "adu / s"},
    **{"DN/s": "adu / s", "counts/sec": "adu / s", "ELECTRONS": "electron", "electron": "electron"},
    **{"e-": "electron", "ELECTRONS/S": "electron / s", "e/s": "electron / s", "electron/s": "electron / s"},
    **{
        "MJy/sr": "MJy / sr",
        "nJy": "nJy",
        "Jy/beam": "Jy / beam",
        "UNITLESS": "",
        "nanomaggy": "nmgy",
        "": "",
    },
}


def cases(kind):
    """Give the cases."""
    plain = encoded(primary(IMAGE))
    for name, card in _CARDS.items():
        yield Case(kind, name, lambda _, card=card: with_cards(plain, card), Right(IMAGE))
    for text, unit in _UNITS.items():
        hdus = encoded(primary(IMAGE, BUNIT=text))
        yield Case(kind, f"BUNIT = {text!r}", lambda _, hdus=hdus: hdus, Right(IMAGE, unit=unit))
    for name, content, right in (*_skies(), *_storage(), *_dumps()):
        yield Case(kind, name, lambda _, content=content: content, right)


def _skies():
    """World coordinates, and what is left of those of a cube."""
    here = (150.1, -2.5)
    texts = SKY | {"CRVAL1": "150.1", "CRVAL2": "-2.5"}
    yield "CRVAL as text", encoded(primary(IMAGE, **texts)), Right(IMAGE, sky=here)
    sexagesimal = encoded(primary(IMAGE, **SKY | {"CRVAL1": "10:00:24"}))
    yield "CRVAL in hours", sexagesimal, Right(IMAGE, sky=(), warns="CRVAL1 is the text '10:00:24'")
    third = {"CTYPE3": "FREQ", "CRVAL3": 1e9, "CRPIX3": 1.0, "CDELT3": 1.0}
    yield "a third axis left over", encoded(primary(IMAGE, **SKY, **third)), Right(IMAGE, sky=here)
    three = encoded(primary(IMAGE, WCSAXES=3, **SKY, **third))
    yield "WCSAXES = 3 of an image", three, Right(IMAGE, sky=here)
    # WFPC2's stacked images, as the archive's GEIS converter leaves them
    matrix = {k: v for k, v in SKY.items() if "CDELT" not in k}
    matrix |= {"CD1_1": -1e-5, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 1e-5}
    group = encoded(primary(IMAGE, **matrix, CTYPE3="GROUP_NUMBER", CRVAL3=1.0, CRPIX3=1.0, CD3_3=1.0))
    yield "a mosaic of WFPC2, CTYPE3 = GROUP_NUMBER", group, Right(IMAGE, sky=here)
    yield "a cube of one plane", encoded(primary(IMAGE[None], **SKY, **third)), Right(IMAGE, sky=here)
    stokes = SKY | third | {"CTYPE4": "STOKES", "CRVAL4": 1.0, "CRPIX4": 1.0, "CDELT4": 1.0}
    yield "radio: frequency and Stokes", encoded(primary(IMAGE[None, None], **stokes)), Right(IMAGE, sky=here)
    stray = _with_stray_continue(encoded(primary(IMAGE, **SKY)))
    yield "a stray CONTINUE after CRVAL1", stray, Right(IMAGE, sky=here)
    yield "a CD matrix", encoded(primary(IMAGE, **matrix)), Right(IMAGE, sky=here)
    yield "CDELT and CROTA2 (AIPS)", encoded(primary(IMAGE, **SKY, CROTA2=30.0)), Right(IMAGE, sky=here)
    tpv = SKY | {"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV", "PV1_1": 1.0, "PV2_1": 1.0}
    yield "TPV distortion (DECam)", encoded(primary(IMAGE, **tpv)), Right(IMAGE, sky=here)
    sip = SKY | {
        "CTYPE1": "RA---TAN-SIP",
        "CTYPE2": "DEC--TAN-SIP",
        "A_ORDER": 2,
        "B_ORDER": 2,
        "A_2_0": 1e-7,
    }
    yield "SIP distortion (Spitzer)", encoded(primary(IMAGE, **sip)), Right(IMAGE, sky=here)
    galactic = SKY | {"CTYPE1": "GLON-CAR", "CTYPE2": "GLAT-CAR"}
    yield "galactic coordinates", encoded(primary(IMAGE, **galactic)), Right(IMAGE, sky=here)
    yield "pixel coordinates only (LINEAR)", encoded(primary(IMAGE, CTYPE1="LINEAR")), Right(IMAGE, sky=())
    singular = encoded(primary(IMAGE, **SKY | {"CDELT1": 0.0}))
    yield "CDELT1 = 0", singular, Right(IMAGE, sky=(), warns="WCS is broken")
    yield (
        "the WCS in the primary header, the image in an extension",
        encoded(primary(**SKY), image(IMAGE, "SCI", INHERIT=True)),
        Right(IMAGE, sky=here),
    )
    irafs = {"WAT0_001": "system=image", "WAT1_001": "wtype=tan axtype=ra", "LTV1": -10.0, "LTM1_1": 1.0}
    yield "IRAF's WAT and LTV cards", encoded(primary(IMAGE, **SKY, **irafs)), Right(IMAGE, sky=here)


def _storage():
    """How pixels are stored."""
    whole = np.rint(IMAGE).astype("int16")
    for dtype in ("uint8", "int16", "uint16", "int32", "uint32", "int64", "float64"):
        values = (np.arange(768).reshape(24, 32) % 200).astype(dtype)
        yield f"pixels of {dtype}", encoded(primary(values)), Right(values)
    scaled = primary(whole.copy())
    scaled.scale("int16", bscale=0.5, bzero=100)
    yield "BSCALE and BZERO", encoded(scaled), Right(IMAGE)
    blank = fits.PrimaryHDU(whole)
    blank.header["BLANK"] = int(whole[3, 4])
    marked = np.zeros(IMAGE.shape, bool)
    marked[3, 4] = True
    yield "BLANK", encoded(blank), Right(IMAGE, mask=marked)
    yield (
        "BUNIT in the primary header only",
        encoded(primary(BUNIT="ELECTRONS"), image(IMAGE)),
        Right(IMAGE, unit="electron"),
    )
    yield (
        "NAXIS3 left over",
        with_cards(encoded(primary(IMAGE)), "NAXIS3  =                    1"),
        Right(IMAGE),
    )
    yield "DATASUM that is wrong", encoded(primary(IMAGE, DATASUM="1")), Right(IMAGE)
    yield "300 lines of HISTORY", encoded(_with_history(300)), Right(IMAGE)


#: The WCS of a survey's map as IDL wrote it, after a report to astropy.
_IDL = """
CTYPE1  = 'GLON-CAR'           /
CTYPE2  = 'GLAT-CAR'           /
CRPIX1  =       108000.00000000 /
CRPIX2  =         3000.00000000 /
CRVAL1  =                  0.0 /
CRVAL2  =                  0.0 /
CDELT1  =   -0.001666666666666 /
CDELT2  =    0.001666666666666 /
CROTA2  =                    0 /
BUNIT   = 'MJy/sr  '           /"""
#: An image of the NOAO mosaic before the year 2000: dates, a doubtful reference system, sexagesimal texts.
_NOAO = """
OBJECT  = 'Dark    '           / Observation title
EXPTIME =               10.000 / Exposure time (sec)
RADECSYS= 'FK5?    '           / Default coordinate system
RA      = '13:38:47.00'        / RA of observation (hr)
DEC     = '13:04:02.00'        / DEC of observation (deg)
EQUINOX =  1.9976999510000E+03 / Equinox of coordinate system
DATE-OBS= '09/29/97'           / Date of observation start
DATE-NEW= '1997-29-09T23:57:44.0Z' / Future DATE-OBS keyword (UTC approximate)
TELESCOP= 'KPNO 0.9 meter telescope' / Telescope
DETSIZE = '[1:8176,1:8192]'    / Detector size for DETSEC
FILTER  = 'Halpha Mosaic'      / Filter name(s)"""


def _dumps():
    """Headers as they stand in published dumps."""
    plain = encoded(primary(IMAGE))
    galactic = with_cards(plain, *_IDL.strip().splitlines())
    yield "a galactic map of IDL", galactic, Right(IMAGE, sky=(0.0, 0.0), unit="MJy / sr")
    noao = with_cards(plain, *_NOAO.strip().splitlines())
    yield "a mosaic of NOAO, 1997", noao, Right(IMAGE, sky=(), cards={"ACBAND": "Halpha Mosaic"})


def _with_history(lines):
    hdu = fits.PrimaryHDU(IMAGE)
    for number in range(lines):
        hdu.header.add_history(f"step {number}")
    return hdu


def _with_stray_continue(content):
    place = content.index(b"CRVAL1") + 80
    header, rest = content[:2880], content[2880:]
    return header[:place] + b"CONTINUE  'stray'".ljust(80) + header[place:-80] + rest
