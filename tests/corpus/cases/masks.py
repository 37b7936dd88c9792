"""Mask images of bits, as each observatory means them: what a pixel of each kind does to the mask."""

import numpy as np
from astropy.io import fits
from astropy.nddata import CCDData

from .case import IMAGE, Case, Right
from .make import encoded, image, primary

KIND = "masks"
#: LSST's planes as a visit image's MASK has them (dp1.lsst.io, mask planes of visit images).
LSST_PLANES = {
    **{"BAD": 0, "SAT": 1, "INTRP": 2, "CR": 3, "EDGE": 4, "DETECTED": 5, "DETECTED_NEGATIVE": 6},
    **{"SUSPECT": 7, "NO_DATA": 8, "CROSSTALK": 9, "UNMASKEDNAN": 10, "STREAK": 11},
}
#: The bits of JWST's DQ (jwst pipeline, data quality flags), and of Pan-STARRS (masks.16bit.config).
_JWST = {
    "DO_NOT_USE": 0,
    "SATURATED": 1,
    "JUMP_DET": 2,
    "PERSISTENCE": 5,
    "HOT": 11,
    "RC": 14,
    "OTHER_BAD": 30,
}
_PS1 = {
    "DETECTOR": 1,
    "FLAT": 2,
    "DARK": 4,
    "BLANK": 8,
    "CTE": 16,
    "SAT": 32,
    "LOW": 64,
    "CR": 256,
    "SPIKE": 512,
}
_HST_BAD = (1, 2, 4, 8, 16, 512, 4096, 8192)
_HST_LEFT = (32, 64, 128, 256, 1024, 2048)


def plane(value, dtype="int32"):
    """Give flags that are a value over two thirds of the image, as a source that was detected would be."""
    flags = np.zeros(IMAGE.shape, dtype)
    flags[4:20] = value
    return flags


OVER_TWO_THIRDS = plane(1) != 0


def _masked(bad):
    return OVER_TWO_THIRDS if bad else 0


def cases(kind):
    """Give the cases."""
    for name, hdus, right, options in (
        *_missions(),
        *_two_values(),
        *_unknown(),
        *_asked(),
        *_not_integers(),
    ):
        content = encoded(*hdus)
        yield Case(kind, name, lambda _, content=content: content, right, options)
    for telescope, cards in _TELESCOPES.items():
        right = Right(IMAGE, mask=OVER_TWO_THIRDS, sigma=4.0)
        yield Case(kind, f"what CCDData wrote, {telescope}", _ccddata(cards), right)


def _file(flags, *, name="MASK", planes=(), science="SCI", kind=fits.ImageHDU, **cards):
    mask = image(flags, name, kind=kind)
    mask.header.update(dict(planes))
    return primary(**cards), image(IMAGE, science), mask


def _missions():
    lsst = {f"MP_{name}": bit for name, bit in LSST_PLANES.items()}
    for name, bit in LSST_PLANES.items():
        bad = name in ("BAD", "CR", "NO_DATA", "UNMASKEDNAN", "STREAK")
        hdus = _file(plane(1 << bit), planes=lsst.items(), science="IMAGE")
        yield f"LSST {name}", hdus, Right(IMAGE, mask=_masked(bad), reader="lsst"), {}
    for name, bit in _JWST.items():
        hdus = _file(plane(1 << bit, "uint32"), name="DQ", TELESCOP="JWST")
        yield f"JWST {name}", hdus, Right(IMAGE, mask=_masked(bit == 0), reader="jwst"), {}
    for bit in (*_HST_BAD, *_HST_LEFT):
        hdus = _file(plane(bit, "int16"), name="DQ", TELESCOP="HST", INSTRUME="STIS")
        yield f"HST bit {bit}", hdus, Right(IMAGE, mask=_masked(bit in _HST_BAD)), {}
    for name, bit in {"INTERP": 1, "NOTCHECKED": 4, "OBJECT": 8, "BRIGHTOBJECT": 16, "CR": 512}.items():
        hdus = _file(plane(bit), ORIGIN="SDSS")  # classic.sdss.org, EDR paper, table 8
        yield f"SDSS {name}", hdus, Right(IMAGE, mask=_masked(bit in (4, 512))), {}
    named = {f"MSKNAM{i:02d}": name for i, name in enumerate(_PS1)}
    named |= {f"MSKVAL{i:02d}": value for i, value in enumerate(_PS1.values())}
    for name, value in _PS1.items():
        bad = name in ("DETECTOR", "FLAT", "DARK", "BLANK", "LOW", "CR")
        yield (
            f"Pan-STARRS {name}",
            _file(plane(value, "uint16"), planes=named.items()),
            Right(IMAGE, mask=_masked(bad)),
            {},
        )


def _two_values():
    """Planes that tell good from bad, and no more."""
    for value, dtype in ((1, "uint8"), (1, "int16"), (255, "uint8"), (-1, "int16"), (1, "int64")):
        yield f"0 and {value}, {dtype}", _file(plane(value, dtype)), Right(IMAGE, mask=OVER_TWO_THIRDS), {}
    yield (
        "a bad pixel mask of IRAF: any value",
        _file(plane(3), name="BPM"),
        Right(IMAGE, mask=OVER_TWO_THIRDS),
        {},
    )
    tiles = _file(plane(1), kind=fits.CompImageHDU)
    yield "0 and 1, tile-compressed", tiles, Right(IMAGE, mask=OVER_TWO_THIRDS), {}
    yield "all 0", _file(plane(0)), Right(IMAGE, mask=0), {}


def _unknown():
    """Bits of nobody known: they mask nothing, and a warning says so."""
    for value, told in ((32, "32"), (5, "1, 4"), (2, "2")):
        right = Right(IMAGE, mask=0, warns=rf"bits {told} of \('MASK', 1\).*67% of its pixels.*mask_bits=")
        yield f"bits {told} of an unknown telescope", _file(plane(value)), right, {}
    names = {"MP_MYBIT": 3, "MP_OTHER": 5}.items()
    right = Right(IMAGE, mask=0, warns="its header names MYBIT, OTHER")
    yield "names that say nothing of pixels", _file(plane(8), planes=names), right, {}


def _asked():
    """What the caller says goes before all that is known."""
    both = plane(32)
    both[0, :5] = 1
    five = (both & 1) != 0
    yield "mask_bits=1", _file(both), Right(IMAGE, mask=five), {"mask_bits": 1}
    yield "mask_bits=33", _file(both), Right(IMAGE, mask=both != 0), {"mask_bits": 33}
    yield "mask_bits=0", _file(both), Right(IMAGE, mask=0), {"mask_bits": 0}
    lsst = {f"MP_{name}": bit for name, bit in LSST_PLANES.items()}.items()
    named = _file(both, planes=lsst)
    yield "mask_bits='DETECTED'", named, Right(IMAGE, mask=OVER_TWO_THIRDS), {"mask_bits": "DETECTED"}
    yield "mask_bits=['bad', 'SAT']", named, Right(IMAGE, mask=five), {"mask_bits": ["bad", "SAT"]}
    yield "mask_bits='MOON'", named, Right(refused="no bit named 'MOON'"), {"mask_bits": "MOON"}
    yield "mask_bits=-1", named, Right(refused="mask_bits is -1"), {"mask_bits": -1}
    yield "mask_bits=1.5", named, Right(refused="mask_bits is 1.5"), {"mask_bits": 1.5}
    jwst = _file(plane(2, "uint32"), name="DQ", TELESCOP="JWST")
    yield "JWST, mask_bits=2", jwst, Right(IMAGE, mask=OVER_TWO_THIRDS), {"mask_bits": 2}


def _not_integers():
    """Masks that are no integers, or no masks; weights; blank pixels."""
    yield "a mask of floats 0 and 1", _file(plane(1, "float32")), Right(IMAGE, mask=OVER_TWO_THIRDS), {}
    fractions = _file(plane(0.5, "float32"))
    yield "a mask of fractions", fractions, Right(IMAGE, warns="not whole numbers"), {}
    weight = (OVER_TWO_THIRDS * 4).astype("float32")
    hdus = primary(), image(IMAGE, "SCI"), image(weight, "WHT")
    yield "no weight", hdus, Right(IMAGE, mask=~OVER_TWO_THIRDS), {}
    inverse = primary(), image(IMAGE, "SCI"), image(np.full(IMAGE.shape, 0.25, "f4"), "IVAR")
    yield "inverse variance", inverse, Right(IMAGE, sigma=2.0), {}
    variance = primary(), image(IMAGE, "SCI"), image(np.full(IMAGE.shape, 9, "f4"), "VARIANCE")
    yield "variance", variance, Right(IMAGE, sigma=3.0), {}
    holes = np.where(OVER_TWO_THIRDS, np.float32(np.nan), IMAGE)
    yield "NaN", (primary(holes),), Right(IMAGE, mask=OVER_TWO_THIRDS), {}
    endless = np.where(OVER_TWO_THIRDS, np.float32(np.inf), IMAGE)
    yield "infinite", (primary(endless),), Right(IMAGE, mask=OVER_TWO_THIRDS), {}


#: Whose header a CCDData may have kept: its mask is one of good and bad, whatever their bits mean.
_TELESCOPES = {
    "no telescope": {},
    "SDSS": {"ORIGIN": "SDSS"},
    "JWST": {"TELESCOP": "JWST", "INSTRUME": "NIRCAM"},
    "HST": {"TELESCOP": "HST", "INSTRUME": "STIS"},
    "LSST": {"TELESCOP": "LSST", "INSTRUME": "LSSTCam"},
    "Euclid": {"TELESCOP": "Euclid", "INSTRUME": "VIS"},
    "ZTF": {"INSTRUME": "ZTF/MOSAIC"},
    "DECam": {"INSTRUME": "DECam", "PROCTYPE": "InstCal", "PLVER": "V5.0"},
}


def _ccddata(cards):
    from astropy.nddata import StdDevUncertainty

    def make(folder):
        noise = StdDevUncertainty(IMAGE * 0 + 4)
        frame = CCDData(IMAGE, unit="adu", mask=OVER_TWO_THIRDS, uncertainty=noise, meta=dict(cards))
        frame.write(folder / "ccd.fits")
        return folder / "ccd.fits"

    return make
