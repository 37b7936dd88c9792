"""Files of further missions, laid out as their data products are described."""

import gzip

import numpy as np
from astropy.io import fits

from .case import IMAGE, Case, Right
from .make import SKY, encoded, image, in_file, primary
from .masks import LSST_PLANES, OVER_TWO_THIRDS, plane

KIND = "missions"
_PIXELS = [IMAGE + 1000 * n for n in range(4)]


def cases(kind):
    """Give the cases."""
    for name, make, right in (*_space(), *_ground(), *_hst(), *_roman()):
        yield Case(kind, name, make, right)


def _space():
    # jwst-pipeline.readthedocs.io, science products: cal and i2d
    nircam = {"TELESCOP": "JWST", "INSTRUME": "NIRCAM", "DETECTOR": "NRCB4", "FILTER": "F200W"}
    noise = np.full(IMAGE.shape, 2, "float32")
    cal = (
        primary(**nircam),
        image(IMAGE, "SCI", BUNIT="MJy/sr", **SKY),
        image(noise, "ERR"),
        image(plane(1, "uint32"), "DQ"),
        image(noise, "AREA"),
        *(image(noise * 9, name) for name in ("VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")),
        fits.BinTableHDU.from_columns([fits.Column("ASDF_METADATA", "B", array=[1])], name="ASDF"),
    )
    right = Right(IMAGE, mask=OVER_TWO_THIRDS, reader="jwst", unit="MJy / sr", sigma=2.0, sky=(150.1, -2.5))
    yield "JWST cal", lambda _: encoded(*cal), right
    i2d = (
        primary(**nircam),
        image(np.where(OVER_TWO_THIRDS, IMAGE, np.nan), "SCI", BUNIT="MJy/sr"),
        image(noise, "ERR"),
        image(np.ones((1, *IMAGE.shape), "uint32"), "CON"),
        image(OVER_TWO_THIRDS.astype("float32"), "WHT"),
    )
    yield "JWST i2d", lambda _: encoded(*i2d), Right(IMAGE, mask=~OVER_TWO_THIRDS, reader="jwst", sigma=2.0)
    # euclid.esac.esa.int, DPDD: VIS calibrated quad frame; extensions in any order
    euclid = [primary(TELESCOP="Euclid", INSTRUME="VIS", FILTER="VIS")]
    for number, chip in enumerate(("1-1.E", "1-1.F", "1-1.G", "1-1.H")):
        flags = plane(1 if number == 2 else 8 + 32 + 2**24)  # INVALID; else SAT, GHOST, OBJECTS
        parts = (_PIXELS[number], "SCI"), (noise * (number + 1), "RMS"), (flags, "FLG")
        parts = parts[::-1] if number % 2 else parts
        euclid += [image(pixels, f"{chip}.{role}") for pixels, role in parts]
    masks = [0, 0, OVER_TWO_THIRDS, 0]
    yield (
        "Euclid VIS quadrants",
        lambda _: encoded(*euclid),
        Right(_PIXELS, mask=masks, reader="euclid-vis", unit="adu", chips=(1, 2, 3, 4)),
    )


def _ground():
    # dp1.lsst.io, visit images: IMAGE, MASK, VARIANCE and tables of the pipelines' own
    lsst = (
        primary(TELESCOP="LSST", INSTRUME="LSSTComCam"),
        image(IMAGE, "IMAGE", BUNIT="nJy", **SKY),
        image(plane(1 << LSST_PLANES["DETECTED"]), "MASK", **{f"MP_{k}": v for k, v in LSST_PLANES.items()}),
        image(np.full(IMAGE.shape, 4, "float32"), "VARIANCE"),
        fits.BinTableHDU.from_columns([fits.Column("id", "J", array=[1])], name="ARCHIVE_INDEX"),
    )
    right = Right(IMAGE, mask=0, reader="lsst", unit="nJy", sigma=2.0, sky=(150.1, -2.5))
    yield "LSST visit image, a source over two thirds of it", lambda _: encoded(*lsst), right
    yield "DECam, community pipeline 3.5: codes", lambda f: _decam(f, "V5.0", (5, 7)), _decam_right([1, 0])
    yield "DECam, community pipeline 3.1: bits", lambda f: _decam(f, "V3.1", (16, 2)), _decam_right([1, 0])
    parts = (np.rint(IMAGE), "SCI", "IMAGE"), (plane(32 + 2), "MSK", "MASK"), (IMAGE * 0 + 1, "WGT", "WEIGHT")
    tiles = [
        image(pixels.astype("int32"), name, kind=fits.CompImageHDU, DES_EXT=what, CCDNUM=12)
        for pixels, name, what in parts
    ]
    des = primary(INSTRUME="DECam"), *tiles
    yield (
        "DES, a star's halo in the mask",
        lambda _: encoded(*des),
        Right(np.rint(IMAGE), mask=0, reader="decam", chips=(12,)),
    )
    raw = primary(INSTRUME="DECam", PROCTYPE="RAW"), image(IMAGE, "S29", CCDNUM=1)
    yield "DECam, raw", lambda _: encoded(*raw), Right(refused="raw exposure of DECam")
    yield "ZTF, mask beside", _ztf, Right(IMAGE, mask=8, reader="ztf", unit="adu", chips=(11,))


def _decam(folder, version, values):
    head = {"INSTRUME": "DECam", "PLVER": version, "PROCTYPE": "InstCal"}
    names = (("S29", 1), ("N4", 60))
    sky = [image(one, name, CCDNUM=n) for one, (name, n) in zip(_PIXELS, names, strict=False)]
    flags = [image(plane(v), name) for v, (name, _) in zip(values, names, strict=True)]
    weight = [image(np.full(IMAGE.shape, 0.25, "float32"), name) for name, _ in names]
    for kind, hdus in (("ood", flags[::-1]), ("oow", weight)):
        in_file(folder, f"c4d_150101_{kind}_g_v1.fits", primary(**head), *hdus)
    return in_file(folder, "c4d_150101_ooi_g_v1.fits", primary(**head), *sky)


def _decam_right(bad):
    masks = [OVER_TWO_THIRDS if one else 0 for one in bad]
    return Right(_PIXELS[:2], mask=masks, reader="decam", unit="adu", sigma=2.0, chips=(1, 60))


def _ztf(folder):
    """The mask's header names its bits; bit 1 is a source, bit 9 a dead pixel."""
    flags = plane(2, "int16")
    flags[0, :8] = 512
    words = ("AIRCRAFT/SATELLITE TRACK", "CONTAINS SExtractor DETECTION", "LOW RESPONSIVITY")
    bits = {f"BIT{n:02d}": (n, text) for n, text in enumerate(words)}
    name = "ztf_20200101_000001_zg_c11_o_q1_{}.fits"
    in_file(folder, name.format("mskimg"), primary(flags, **bits))
    return in_file(
        folder, name.format("sciimg"), primary(IMAGE, INSTRUME="ZTF/MOSAIC", CCDID=11, FILTER="ZTF_g")
    )


def _hst():
    # WFPC2 Data Handbook, 2.2: c0m of four SCI extensions; c0f a cube with a table of the groups
    wfpc2 = {"TELESCOP": "HST", "INSTRUME": "WFPC2", "FILTNAM1": "F606W"}

    def extensions(folder):
        flags = [image(plane(v, "int16"), "SCI", n) for n, v in enumerate((0, 2, 8, 512), 1)]
        in_file(folder, "u5780205r_c1m.fits", primary(**wfpc2), *flags)
        sky = [image(one, "SCI", n, DETECTOR=n, BUNIT="COUNTS") for n, one in enumerate(_PIXELS, 1)]
        return in_file(folder, "u5780205r_c0m.fits", primary(**wfpc2), *sky)

    def cube(folder):
        table = fits.BinTableHDU.from_columns(
            [
                fits.Column("DETECTOR", "J", array=[1, 2, 3, 4]),
                fits.Column("CRVAL1", "D", array=[150.0, 150.1, 150.2, 150.3]),
            ]
        )
        stacked = np.stack(_PIXELS)
        return in_file(folder, "u5780205r_c0f.fits", primary(stacked, CTYPE3="GROUP_NUMBER", **wfpc2), table)

    four = {"reader": "hst-wfpc2", "unit": "adu", "chips": (1, 2, 3, 4)}
    yield "WFPC2 c0m, its c1m beside", extensions, Right(_PIXELS, mask=[0, OVER_TWO_THIRDS, 0, 0], **four)
    yield "WFPC2 c0f", cube, Right(_PIXELS, mask=[0] * 4, **four)
    mosaic = primary(IMAGE, **wfpc2, **SKY, CTYPE3="GROUP_NUMBER", CRVAL3=1.0)
    yield "WFPC2, a mosaic", lambda _: encoded(mosaic), Right(IMAGE, reader="hst-wfpc2", sky=(150.1, -2.5))
    # the layout of j6gp01lzq_raw.fits
    raw = np.full((1044, 1062), 1195, "uint16")
    raw[:1024, 19:1043] += 40
    head = {"TELESCOP": "HST", "INSTRUME": "ACS", "DETECTOR": "HRC", "CCDAMP": "C", "CCDGAIN": 4}
    hrc = primary(**head), image(raw, "SCI", 1, LTV1=19.0, LTV2=0.0, BUNIT="COUNTS")
    yield (
        "ACS/HRC raw",
        lambda _: encoded(*hrc),
        Right(np.full((1024, 1024), 40.0), reader="hst-raw", chips=(1,), cards={"ACINSTR": "acs-hrc"}),
    )
    flt = (
        primary(**head, FLATCORR="COMPLETE"),
        image(IMAGE, "SCI", 1, CCDCHIP=1),
        image(plane(16, "int16"), "DQ", 1),
    )
    yield (
        "ACS/HRC flt",
        lambda _: gzip.compress(encoded(*flt)),
        Right(IMAGE, mask=OVER_TWO_THIRDS, reader="hst-calibrated", cards={"ACINSTR": "acs-hrc"}),
    )
    sbc = primary(**head | {"DETECTOR": "SBC"}), image(raw, "SCI", 1)
    yield "ACS/SBC raw", lambda _: encoded(*sbc), Right(refused="ACS/SBC, which is not supported")


def _roman():
    # roman-pipeline docs and roman_datamodels: level 2, the tree "roman"
    def level_2(folder):
        import asdf

        meta = {
            "telescope": "ROMAN",
            "instrument": {"name": "WFI", "detector": "WFI05", "optical_element": "F129"},
            "exposure": {"exposure_time": 107.0},
        }
        node = {"meta": meta, "data": IMAGE, "err": IMAGE * 0 + 2, "dq": plane(1, "uint32")}
        asdf.AsdfFile({"roman": node}).write_to(folder / "r0000101_wfi05_cal.asdf")
        return folder / "r0000101_wfi05_cal.asdf"

    def no_image(folder):
        import asdf

        asdf.AsdfFile({"roman": {"meta": {}}}).write_to(folder / "a.asdf")
        return (folder / "a.asdf").read_bytes()

    yield (
        "Roman cal",
        level_2,
        Right(
            IMAGE, mask=OVER_TWO_THIRDS, reader="roman", sigma=2.0, cards={"ACBAND": "F129"}, unit="adu / s"
        ),
    )
    yield "an ASDF file without an image", no_image, Right(refused="no two-dimensional image")
