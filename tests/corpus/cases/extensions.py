"""Files of several images: which are frames, and what goes with which."""

import numpy as np
from astropy.io import fits

from .case import IMAGE, Case, Right
from .make import SKY, encoded, image, in_file, primary

KIND = "extensions"
_TWO = [IMAGE, IMAGE + 1000]
_SMALL = IMAGE[:4, :6]
_BAD = np.zeros(IMAGE.shape, "int16")
_BAD[2, 3] = 1


def cases(kind):
    """Give the cases."""
    for name, hdus, right, options in (*_order(), *_several(), *_versions(), *_chosen(), *_no_image()):
        content = encoded(*hdus)
        yield Case(kind, name, lambda _, content=content: content, right, options)
    for name, make, right in (*_beside(), *_raw()):
        yield Case(kind, name, make, right)


def _order():
    """Companions before the image; thumbnails; what has no two axes."""
    noise, mask = image(IMAGE * 0 + 2, "ERR"), image(_BAD, "MASK")
    weight = image(IMAGE * 0 + 1, "WHT")
    with_mask = Right(IMAGE, mask=1)
    yield "MASK before IMAGE", (primary(), mask, image(IMAGE, "IMAGE")), with_mask, {}
    yield "MASK before an image without a name", (primary(), mask, image(IMAGE)), with_mask, {}
    yield "WHT before SCI", (primary(), weight, image(IMAGE, "SCI")), Right(IMAGE), {}
    yield "ERR before SCI", (primary(), noise, image(IMAGE, "SCI")), Right(IMAGE, sigma=2.0), {}
    yield "a mask in the primary HDU", (primary(_BAD, EXTNAME="DQ"), image(IMAGE, "SCI")), with_mask, {}
    yield "a thumbnail in the primary HDU", (primary(_SMALL), image(IMAGE)), Right(IMAGE), {}
    yield (
        "a thumbnail of that name",
        (primary(), image(IMAGE, "PREVIEW"), image(IMAGE + 1, "IMAGE")),
        Right(IMAGE + 1),
        {},
    )
    quarter = primary(IMAGE[::4, ::4])
    told = Right(IMAGE, warns=r"the frame is 1 .*1 more images.*0 \(")
    yield "a thumbnail of a quarter of the size", (quarter, image(IMAGE)), told, {}
    yield "a thumbnail of half the size", (primary(IMAGE[::2, ::2]), image(IMAGE)), told, {}
    yield "a spectrum in the primary HDU", (primary(np.zeros(9)), image(IMAGE)), Right(IMAGE), {}
    yield "a cube in the primary HDU", (primary(np.zeros((5, 4, 4))), image(IMAGE, "SCI")), Right(IMAGE), {}
    table = fits.BinTableHDU.from_columns([fits.Column("a", "E", array=[1.0])])
    yield "a table before the image", (primary(), table, image(IMAGE)), Right(IMAGE), {}
    yield (
        "an empty image before the image",
        (primary(), image(None, "SCI"), image(IMAGE, "SCI")),
        Right(IMAGE),
        {},
    )
    yield "a PSF beside the image", (primary(), image(IMAGE), image(_SMALL, "PSF")), Right(IMAGE), {}
    yield "the only image is called SKY", (primary(), image(IMAGE, "SKY")), Right(IMAGE), {}
    wrong = image(_BAD[:5], "MASK")
    left_out = Right(IMAGE, warns="MASK.*is left out: it has the shape")
    yield "a mask of another shape", (primary(), image(IMAGE, "SCI"), wrong), left_out, {}
    eso = image(IMAGE * 0 + 3, "NOISE1", HDUCLAS2="ERROR"), image(IMAGE, "OBJ", HDUCLAS2="DATA")
    yield "ESO's HDUCLAS2", (primary(), *eso), Right(IMAGE, sigma=3.0), {}


def _several():
    """Detectors of a camera, in one file."""
    for first, second in (
        *(("CCD1", "CCD2"), ("chip-1", "chip-2"), ("N4", "S4"), ("im1", "im2"), ("amp01", "amp02")),
        *(("SCA01", "SCA02"), ("WF2", "WF3"), ("red", "blue"), ("1-1.SCI", "1-2.SCI"), ("SCI_1", "SCI_2")),
    ):
        hdus = primary(), image(_TWO[0], first), image(_TWO[1], second)
        yield f"extensions {first} and {second}", hdus, Right(_TWO, mask=[0, 0], chips=(1, 2)), {}
    for card in ("CCDNUM", "CCDCHIP", "CHIPID", "IMAGEID"):
        hdus = primary(), *(image(pixels, **{card: n}) for n, pixels in zip((7, 3), _TWO, strict=True))
        yield f"{card} in each", hdus, Right(_TWO, chips=(7, 3)), {}
    sections = ("[1:100,1:50]", "[101:200,1:50]")
    hdus = primary(), *(image(pixels, DETSEC=one) for one, pixels in zip(sections, _TWO, strict=True))
    yield "DETSEC in each (NOAO mosaics)", hdus, Right(_TWO, chips=(1, 2)), {}
    small = primary(), image(IMAGE, "SCI", 1), image(_SMALL, "SCI", 2)
    yield (
        "SCI of unlike sizes, each with an EXTVER of its own",
        small,
        Right([IMAGE, _SMALL], chips=(1, 2)),
        {},
    )
    windows = primary(), image(_SMALL, "CCD1"), image(IMAGE, "CCD2")
    yield "windows of unlike sizes", windows, Right([_SMALL, IMAGE]), {}
    masked = primary(), image(_TWO[0], "CCD1.SCI"), image(_BAD, "CCD2.FLG"), image(_TWO[1], "CCD2.SCI")
    yield "a mask of the second only, before it", masked, Right(_TWO, mask=[0, 1]), {}
    tiles = primary(), *(image(one, f"CCD{n}", kind=fits.CompImageHDU) for n, one in enumerate(_TWO, 1))
    yield "tile-compressed", tiles, Right(None, mask=[0, 0], chips=(1, 2)), {}


def _versions():
    """EXTVER that is not there, or the same in all."""
    for name, version in (("no EXTVER", None), ("EXTVER = 1 in all", 1)):
        hdus = [primary()]
        for number, pixels in enumerate(_TWO):
            flags = _BAD * number
            hdus += [
                image(pixels, "SCI", version),
                image(pixels * 0 + number + 1, "ERR", version),
                image(flags, "DQ", version),
            ]
        yield f"SCI, ERR, DQ, SCI, ERR, DQ: {name}", hdus, Right(_TWO, mask=[0, 1], chips=(1, 2)), {}
    hdus = primary(), image(_TWO[0], "SCI"), image(_TWO[1], "SCI"), image(_BAD, "DQ"), image(_BAD * 0, "DQ")
    yield "SCI, SCI, DQ, DQ without EXTVER", hdus, Right(_TWO, mask=[1, 0]), {}
    swapped = primary(), image(_TWO[0], "SCI", 2), image(_TWO[1], "SCI", 1), image(_BAD, "DQ", 1)
    yield "a mask of EXTVER 1 only", swapped, Right(_TWO, mask=[0, 1], chips=(2, 1)), {}


def _chosen():
    """Images that do not say what they are; the caller's choice."""
    three = primary(), image(IMAGE), image(IMAGE + 1), image(IMAGE + 2)
    yield "three images without names", three, Right(IMAGE, warns="2 more images do not say"), {}
    yield "extension=2", three, Right(IMAGE + 1), {"extension": 2}
    yield "extension=[1, 3]", three, Right([IMAGE, IMAGE + 2]), {"extension": [1, 3]}
    yield "extension=9", three, Right(refused="there is no image 9"), {"extension": 9}
    yield "extension=1.5", three, Right(refused="extension is 1.5"), {"extension": 1.5}
    named = primary(), image(IMAGE, "SCI", 1), image(IMAGE + 1, "SCI", 2), image(IMAGE + 2, "SKY")
    yield "extension='sky'", named, Right(IMAGE + 2), {"extension": "sky"}
    yield "extension=('SCI', 2)", named, Right(IMAGE + 1), {"extension": ("SCI", 2)}
    yield "chip=2", named, Right(IMAGE + 1, chips=(2,)), {"chip": 2}
    yield "chip=5", named, Right(refused="no chip 5; the chips are: 1, 2"), {"chip": 5}


def _no_image():
    """Files without an image that could be a frame."""
    yield "nothing but a primary header", (primary(),), Right(refused="no image with pixels"), {}
    alone = primary(), image(_BAD, "MASK"), image(IMAGE, "WHT")
    yield "a mask and a weight map", alone, Right(refused=r"no science image.*\('MASK', 1\)"), {}
    yield "a spectrum", (primary(np.zeros(50)),), Right(refused="is 1-D"), {}
    cube = primary(np.zeros((7, 8, 9)), CTYPE3="WAVE")
    yield "a spectral cube", (cube,), Right(refused=r"is 3-D.*NAXIS3 = 7 \(WAVE\)"), {}
    stokes = primary(np.zeros((3, 8, 9)), CTYPE3="STOKES")
    yield "three planes of Stokes parameters", (stokes,), Right(refused="STOKES"), {}
    ramp = primary(TELESCOP="JWST"), image(np.zeros((2, 3, 8, 9), "uint16"), "SCI")
    yield "a ramp of JWST (uncal)", ramp, Right(refused="is 4-D"), {}
    yield (
        "two axes, one of no length",
        (primary(np.zeros((0, 5))),),
        Right(refused="no image with pixels"),
        {},
    )


def _beside():
    """Images whose weight map, noise or mask lies in a file beside them."""

    def sky(folder, *companions, name="m51_f814w_sci.fits"):
        for end, pixels in companions:
            in_file(folder, name.replace("_sci", end), primary(pixels))
        return in_file(folder, name, primary(IMAGE, **SKY))

    half = (np.arange(768).reshape(24, 32) % 2).astype("float32")
    yield "_wht beside _sci", lambda f: sky(f, ("_wht", half)), Right(IMAGE, mask=half == 0)
    yield "_rms beside _sci", lambda f: sky(f, ("_rms", IMAGE * 0 + 5)), Right(IMAGE, sigma=5.0)
    yield "_flg beside _sci", lambda f: sky(f, ("_flg", _BAD)), Right(IMAGE, mask=1)
    small = Right(IMAGE, warns="_wht.fits beside it has no image of the shape")
    yield "_wht of another shape beside _sci", lambda f: sky(f, ("_wht", _SMALL)), small

    def broken(folder):
        (folder / "a_wht.fits").write_bytes(b"nothing")
        return in_file(folder, "a_sci.fits", primary(IMAGE))

    yield "a broken _wht beside _sci", broken, Right(IMAGE, warns="a_wht.fits beside it cannot be read")

    def drizzled(folder, end="_sci"):
        cards = {"INSTRUME": "ACS", "DETECTOR": "WFC", "NDRIZIM": 8, "BUNIT": "ELECTRONS/S"}
        in_file(folder, "a_drz_wht.fits", primary(half, **cards))
        in_file(folder, "a_drz_ctx.fits", primary(half.astype("int32"), **cards))
        return in_file(folder, "a_drz_sci.fits", primary(IMAGE, **cards)).with_name(f"a_drz{end}.fits")

    yield "_wht beside a drizzled _sci", drizzled, Right(IMAGE, mask=half == 0, reader="hst-drizzled")
    yield "a weight map", lambda f: drizzled(f, "_wht"), Right(refused="is the weight map of an image")
    yield "a context map", lambda f: drizzled(f, "_ctx"), Right(refused="is the context map of an image")
    yield (
        "a mask",
        lambda f: in_file(f, "a_mask.fits", primary(_BAD)),
        Right(refused="is the mask of an image"),
    )


def _raw():
    """Raw files that a program wrote again, as floats or in the primary HDU."""
    shape, level = (512, 2072), 2200.0  # a subarray of ACS/WFC: WFC1A-512
    cards = {"CCDCHIP": 1, "BUNIT": "COUNTS", "LTV1": 24.0, "LTV2": -1536.0}
    head = {"TELESCOP": "HST", "INSTRUME": "ACS", "DETECTOR": "WFC", "CCDAMP": "A", "BLEVCORR": "PERFORM"}
    raw = np.full(shape, level)
    raw[:, 24:] += np.arange(2048) % 50
    trimmed = np.broadcast_to((np.arange(2048) % 50).astype("float32"), (512, 2048))
    right = Right(trimmed, reader="hst-raw", unit="adu", chips=(1,))
    for dtype in ("uint16", "float32", "float64", "int32"):
        pixels = raw.astype(dtype)
        yield (
            f"a raw file of {dtype}",
            lambda _, pixels=pixels: encoded(primary(**head), image(pixels, "SCI", **cards)),
            right,
        )
    alone = raw.astype("float32")
    yield (
        "raw, SCI in the primary HDU",
        lambda _: encoded(primary(alone, EXTNAME="SCI", **head | cards)),
        right,
    )
    done = head | {"BLEVCORR": "COMPLETE", "FLATCORR": "COMPLETE"}
    whole = np.full((512, 2048), 7, "int16")
    calibrated = Right(whole, reader="hst-calibrated")
    yield (
        "calibrated, of integers",
        lambda _: encoded(primary(**done), image(whole, "SCI", **cards)),
        calibrated,
    )
