"""Damaged files: each of many hundred mutants is read, or refused with an astroclassify error, at once."""

import gzip
import io
import itertools
import time
import tracemalloc
import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData
from PIL import Image

from astroclassify.core import AstroclassifyError, FrameWarning
from astroclassify.io import read_frames

BLOCK = 2880
CARD = 80
SEED = 20_26
SLOWEST = 3.0  # seconds of processor time a mutant may take
MOST_MEMORY = 300e6  # bytes that reading a damaged file of 200 kB may allocate

SKY = {
    "CTYPE1": "RA---TAN",
    "CTYPE2": "DEC--TAN",
    "CRPIX1": 30.0,
    "CRPIX2": 20.0,
    "CRVAL1": 10.0,
    "CRVAL2": -20.0,
    "CD1_1": -1e-5,
    "CD1_2": 0.0,
    "CD2_1": 0.0,
    "CD2_2": 1e-5,
}
VALUES = np.random.default_rng(SEED).integers(2400, 2600, (48, 64))

# Sound files that mutants are made of ----------------------------------------------------------


def encode(*hdus):
    buffer = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(buffer)
    return buffer.getvalue()


def primary(**cards):
    hdu = fits.PrimaryHDU()
    hdu.header.update(TELESCOP="HST", EXPTIME=500.0, EXPSTART=59000.0, SUBARRAY=True, CCDGAIN=1.5, **cards)
    return hdu


def image(pixels, name, version=1, kind=fits.ImageHDU, **cards):
    hdu = kind(pixels, name=name)
    hdu.ver = version
    hdu.header.update(cards)
    return hdu


def null(name, version, shape, value=0, **cards):
    hdu = fits.ImageHDU(name=name, ver=version)
    hdu.header.update(NPIX1=shape[1], NPIX2=shape[0], PIXVALUE=value, **cards)
    return hdu


def raw_imset(version, chip, kind=fits.ImageHDU):
    pixels = VALUES.astype("uint16")
    cards = {"CCDCHIP": chip, "BUNIT": "COUNTS", "LTV1": 25.0, "LTV2": 0.0, "BINAXIS1": 1, "BINAXIS2": 1}
    return [
        image(pixels, "SCI", version, kind, **cards, **SKY),
        null("ERR", version, pixels.shape, 0.0, BUNIT="COUNTS"),
        null("DQ", version, pixels.shape, 0, BUNIT="UNITLESS"),
    ]


def uvis(**cards):
    return primary(INSTRUME="WFC3", DETECTOR="UVIS", FILTER="F606W", **cards)


def raw_of_two_chips():
    return encode(uvis(CCDAMP="AC"), *raw_imset(1, 2), *raw_imset(2, 1))


def raw_of_one_chip():
    wheels = {"FILTER1": "CLEAR1L", "FILTER2": "F814W"}
    head = primary(INSTRUME="ACS", DETECTOR="WFC", CCDAMP="A", **wheels)
    imset = raw_imset(1, 1)
    imset[0].header["LTV1"] = 24.0
    return encode(head, *imset)


def raw_compressed():
    return encode(uvis(CCDAMP="C"), *raw_imset(1, 2, kind=fits.CompImageHDU))


def calibrated():
    """Two chips with SIP and lookup-table distortion; the second has null ERR and DQ."""
    shape = (20, 30)
    distorted = SKY | {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2}
    table = {"D2IMDIS1": "LOOKUP", "D2IM1.EXTVER": 1.0, "D2IM1.NAXES": 2.0}
    table |= {"D2IM1.AXIS.1": 1.0, "D2IM1.AXIS.2": 2.0}
    common = distorted | {"A_2_0": 1e-7, "BUNIT": "ELECTRONS"}
    pixels = np.linspace(0, 90, shape[0] * shape[1], dtype="float32").reshape(shape)
    lookup = image(np.zeros(shape, "float32"), "D2IMARR", CRPIX1=1.0, CRPIX2=1.0, CRVAL1=1.0, CRVAL2=1.0)
    return encode(
        uvis(CCDAMP="ABCD"),
        image(pixels, "SCI", 1, CCDCHIP=2, **common, **table),
        image(np.sqrt(pixels + 9), "ERR", 1, BUNIT="ELECTRONS"),
        image(np.zeros(shape, "int16"), "DQ", 1, BUNIT="UNITLESS"),
        image(pixels + 1, "SCI", 2, CCDCHIP=1, **common),
        null("ERR", 2, shape, 3.0, BUNIT="ELECTRONS"),
        null("DQ", 2, shape),
        lookup,
    )


def drizzled():
    science = np.random.default_rng(SEED).normal(0, 1, (30, 40)).astype("float32")
    return encode(
        uvis(NDRIZIM=4),
        image(science, "SCI", BUNIT="ELECTRONS/S", **SKY),
        image(np.ones_like(science), "WHT"),
        image(np.ones(science.shape, "int32"), "CTX"),
    )


def cutout():
    hdu = fits.PrimaryHDU(VALUES.astype("int16"))
    hdu.header.update(BLANK=-1, BUNIT="adu", **SKY)
    noise = image(np.ones(VALUES.shape, "float32"), "ERR")
    return encode(hdu, noise)


def calibrated_csst():
    head = fits.PrimaryHDU()
    head.header.update(TELESCOP="CSST", INSTRUME="MSC", DETECTOR="CHIP-08", FILTER="g")
    return encode(head, image(VALUES.astype("float32"), "SCI", **SKY), image(VALUES % 3, "FLG"))


def picture(kind):
    buffer = io.BytesIO()
    Image.fromarray(VALUES.astype("uint8")).save(buffer, kind)
    return buffer.getvalue()


SOUND = {
    "raw of two chips": raw_of_two_chips(),
    "raw of one chip": raw_of_one_chip(),
    "compressed raw": raw_compressed(),
    "calibrated": calibrated(),
    "drizzled": drizzled(),
    "cut-out": cutout(),
    "CSST": calibrated_csst(),
}

# Ways to damage them --------------------------------------------------------------------------


def truncations():
    for name, content in SOUND.items():
        for end in range(0, len(content), BLOCK):
            yield f"{name}, truncated at block {end // BLOCK}", content[:end]
            if end % (3 * BLOCK) == 0:
                yield f"{name}, truncated inside block {end // BLOCK}", content[: end + 1234]


def compressed_truncations():
    for name in ("raw of two chips", "cut-out"):
        content = gzip.compress(SOUND[name], mtime=0)
        for end in np.linspace(0, len(content) - 1, 25, dtype=int):
            yield f"{name}.gz, truncated at byte {end}", content[:end]


def hdu_places(content):
    """Find where the header and the data of each HDU start."""
    with fits.open(io.BytesIO(content), disable_image_compression=True) as hdulist:
        return [(info["hdrLoc"], info["datLoc"]) for info in (hdu.fileinfo() for hdu in hdulist)]


def header_cards(content):
    """Find ``(offset, keyword)`` of every card of every header."""
    places = itertools.chain(*(range(*place, CARD) for place in hdu_places(content)))
    found = [(offset, content[offset : offset + 8].decode().strip()) for offset in places]
    return [(offset, keyword) for offset, keyword in found if keyword not in ("", "END")]


CARDS = {name: header_cards(content) for name, content in SOUND.items()}


def replaced(content, offset, card):
    return content[:offset] + card + content[offset + len(card) :]


def garbled_cards():
    rng = np.random.default_rng(SEED)
    for name, content in SOUND.items():
        for _ in range(30):
            offset, keyword = CARDS[name][rng.integers(len(CARDS[name]))]
            start, length = rng.integers(0, 40), rng.integers(1, 40)
            letters = rng.integers(32, 127, length) if rng.random() < 0.7 else rng.integers(0, 256, length)
            damage = bytes(letters.astype("uint8"))
            yield f"{name}, {keyword} garbled as {damage!r}", replaced(content, offset + int(start), damage)


def bit_flips():
    rng = np.random.default_rng(SEED + 1)
    for name, content in SOUND.items():
        for _ in range(10):
            damaged = bytearray(content)
            for position in rng.integers(0, len(content), 20):
                damaged[position] ^= 1 << rng.integers(8)
            yield f"{name}, 20 bits flipped", bytes(damaged)


WRONG_VALUES = {
    "NAXIS": ("0", "1", "3", "-1", "999", "1000000000", "'two'", "2.5"),
    "NAXIS1": ("0", "1", "-5", "65", "1000000000", "99999999999999999999", "'x'", "1E400"),
    "NAXIS2": ("0", "1", "-5", "1000000000", "T"),
    "BITPIX": ("8", "64", "-32", "-64", "7", "0", "'x'"),
    "BZERO": ("NaN", "1E400", "'x'", "0", "1E30"),
    "BSCALE": ("0", "NaN", "'x'", "1E300"),
    "BLANK": ("0", "1E400", "'x'"),
    "PCOUNT": ("-1", "1000000000000", "'x'"),
    "GCOUNT": ("0", "-1", "1000000000"),
    "XTENSION": ("'BINTABLE'", "'TABLE'", "'XXX'", "5"),
    "SIMPLE": ("F", "'T'", "1"),
    "EXTEND": ("F",),
    "EXTNAME": ("''", "5", "'ERR'", "'WHT'", "'SCI'"),
    "EXTVER": ("0", "-3", "2", "1", "'x'", "1E9"),
    "CCDCHIP": ("0", "1", "2", "3", "-999", "'x'", "NaN"),
    "CCDAMP": ("'Q'", "''", "'ABCD'", "7"),
    "CCDGAIN": ("0", "-1", "NaN", "'x'"),
    "INSTRUME": ("'WFC3'", "'ACS'", "'NICMOS'", "''", "5", "T"),
    "DETECTOR": ("'HRC'", "'IR'", "''", "5"),
    "TELESCOP": ("'CSST'", "5"),
    "EXPTIME": ("0", "-1", "NaN", "'x'", "1E400"),
    "LTV1": ("1000000000", "-1000000000", "NaN", "'x'", "3.7"),
    "LTV2": ("1000000000", "-3", "1E400"),
    "BINAXIS1": ("0", "2", "-1", "1000000000", "'x'"),
    "NPIX1": ("0", "-1", "1000000000", "5", "'x'"),
    "NPIX2": ("0", "1000000000", "NaN"),
    "PIXVALUE": ("'x'", "1E400", "NaN", "-1"),
    "BUNIT": ("'furlong/??'", "5", "T", "'10**(99999)'"),
    "CTYPE1": ("'RA---XYZ'", "'DEC--TAN'", "5"),
    "CRPIX1": ("NaN", "1E400", "'x'"),
    "CRVAL2": ("1000", "NaN"),
    "CD1_1": ("0", "NaN", "'x'"),
    "A_ORDER": ("99", "-1", "'x'", "1000000000"),
    "D2IMDIS1": ("'XXX'", "5"),
    "NDRIZIM": ("'x'",),
    "ZIMAGE": ("F", "5"),
    "ZNAXIS": ("0", "3", "-1", "1000000000", "'x'"),
    "ZNAXIS1": ("0", "-1", "1000000000", "65", "'x'"),
    "ZNAXIS2": ("0", "1000000000", "49"),
    "ZTILE1": ("0", "-1", "1000000000", "3"),
    "ZBITPIX": ("7", "-32", "'x'"),
    "ZCMPTYPE": ("'XXX'", "'GZIP_1'", "'HCOMPRESS_1'", "'PLIO_1'", "5"),
    "TFORM1": ("'1QB(1)'", "'XXX'", "'1PB(999999999)'", "5"),
    "TFIELDS": ("0", "99", "-1", "1000000000"),
}


def wrong_values():
    for name, content in SOUND.items():
        for keyword, texts in WRONG_VALUES.items():
            places = [offset for offset, found in CARDS[name] if found == keyword]
            for text, offset in zip(texts, itertools.cycle(places), strict=False):
                card = f"{keyword:8}= {text:>20}".ljust(CARD).encode()
                yield f"{name}, {keyword} = {text} at {offset}", replaced(content, offset, card)


def huge_sizes():
    for name, content in SOUND.items():
        for stem, size in itertools.product(("NAXIS", "NPIX", "ZNAXIS", "ZTILE"), (40_000, 1_000_000_000)):
            damaged = content
            for offset, keyword in CARDS[name]:
                if keyword in (f"{stem}1", f"{stem}2"):
                    damaged = replaced(damaged, offset, f"{keyword:8}= {size:20}".ljust(CARD).encode())
            if damaged != content:
                yield f"{name}, {stem}1 and {stem}2 = {size}", damaged
                yield f"{name}.gz, {stem}1 and {stem}2 = {size}", gzip.compress(damaged, mtime=0)


def rearranged():
    for name, content in SOUND.items():
        bounds = [start for start, _ in hdu_places(content)] + [len(content)]
        parts = [content[a:b] for a, b in itertools.pairwise(bounds)]
        for i in range(len(parts)):
            yield f"{name}, HDU {i} missing", b"".join(parts[:i] + parts[i + 1 :])
            yield f"{name}, HDU {i} twice", b"".join(parts[: i + 1] + parts[i:])
            yield f"{name}, HDU {i} first", b"".join([parts[i], *parts[:i], *parts[i + 1 :]])
        yield f"{name}, extensions reversed", b"".join(parts[:1] + parts[:0:-1])


def other_pixels():
    shape = (12, 15)
    kinds = {"NaN": np.nan, "infinite": np.inf, "constant": 7.0, "negative": -1e30, "tiny": 1e-45}
    for kind, value in kinds.items():
        pixels = np.full(shape, value, "float32")
        yield f"{kind} cut-out", encode(fits.PrimaryHDU(pixels))
        yield f"{kind} drizzled", encode(uvis(NDRIZIM=2), image(pixels, "SCI"), image(pixels, "WHT"))
        yield f"{kind} calibrated", encode(uvis(), image(pixels, "SCI", CCDCHIP=1), image(pixels, "ERR"))
        yield f"{kind} raw as float", encode(uvis(), image(pixels, "SCI", CCDCHIP=1, BUNIT="COUNTS"))
    for shape in ((0, 5), (5, 0), (7,), (1, 1), (1, 9), (2, 3, 4), (2, 1, 3, 1)):
        pixels = np.zeros(shape, "float32")
        yield f"cut-out of shape {shape}", encode(fits.PrimaryHDU(pixels))
        yield f"calibrated of shape {shape}", encode(uvis(), image(pixels, "SCI", CCDCHIP=1))
        yield f"raw of shape {shape}", encode(uvis(), image(pixels.astype("int16"), "SCI", CCDCHIP=1))
        weighted = image(pixels, "SCI"), image(pixels, "WHT")
        yield f"drizzled of shape {shape}", encode(uvis(NDRIZIM=2), *weighted)


def no_fits_at_all():
    rng = np.random.default_rng(SEED + 2)
    yield "empty file", b""
    yield "text", b"RA,DEC\n10.0,20.0\n" * 400
    yield "SIMPLE only", b"SIMPLE  =                    T"
    yield "blanks", b" " * BLOCK
    yield "zeros", bytes(BLOCK)
    yield "header without END", SOUND["cut-out"][: 5 * CARD] + b" " * (3 * BLOCK)
    yield "gzip of nothing", gzip.compress(b"")
    yield "gzip of text", gzip.compress(b"hello" * 1000)
    yield "zip magic", b"PK\x03\x04" + bytes(5000)
    yield "bzip2 magic", b"BZh9" + bytes(5000)
    yield "ASDF", b"#ASDF 1.0.0\n" + bytes(5000)
    for i in range(25):
        yield f"random bytes {i}", rng.bytes(int(rng.integers(1, 20_000)))
        yield f"random bytes after a magic {i}", SOUND["raw of one chip"][: 30 * (i + 1)] + rng.bytes(4000)


def damaged_pictures():
    rng = np.random.default_rng(SEED + 3)
    for kind in ("PNG", "JPEG", "TIFF"):
        content = picture(kind)
        for end in np.linspace(4, len(content) - 1, 12, dtype=int):
            yield f"{kind} truncated at {end}", content[:end]
        for i in range(15):
            damaged = bytearray(content)
            for position in rng.integers(4, len(content), 8):
                damaged[position] = rng.integers(256)
            yield f"{kind} with wrong bytes {i}", bytes(damaged)


KINDS = (
    truncations,
    compressed_truncations,
    garbled_cards,
    bit_flips,
    wrong_values,
    huge_sizes,
    rearranged,
    other_pixels,
    no_fits_at_all,
    damaged_pictures,
)

# What must come of it -------------------------------------------------------------------------


def verdict(file):
    """Read a file; `None` if that went as it must, else what went wrong."""
    begin = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", FrameWarning)
            frames = read_frames(file)
    except AstroclassifyError as error:
        wrong = None if str(error).strip() else "an error without a message"
    except Exception as error:
        wrong = f"{type(error).__name__}: {error}"
    else:
        flaws = [found for frame in frames if (found := flaw(frame))] if frames else ["no frame"]
        wrong = flaws[0] if flaws else None
    took = time.process_time() - begin
    return wrong or (f"took {took:.1f} s" if took > SLOWEST else None)


def flaw(frame):
    if not isinstance(frame, CCDData) or frame.data.ndim != 2 or frame.data.size == 0:
        return "no two-dimensional CCDData"
    if frame.data.dtype != np.dtype("float32") or frame.unit is None:
        return f"{frame.data.dtype} with unit {frame.unit}"
    if frame.mask is not None and np.shape(frame.mask) not in ((), frame.shape):
        return "the mask has another shape"
    if not np.isfinite(frame.data).all() and frame.mask is None:
        return "unmasked NaN"
    return None


@pytest.mark.parametrize("name", SOUND)
def test_the_undamaged_file_gives_frames(name):
    content = SOUND[name]
    assert read_frames(io.BytesIO(content))
    assert read_frames(io.BytesIO(gzip.compress(content)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_damaged_file_gives_a_frame_or_our_error(kind, record_property):
    mutants = list(kind())
    failures = {name: wrong for name, content in mutants if (wrong := verdict(io.BytesIO(content)))}
    record_property("mutants", len(mutants))
    assert not failures


def test_the_mutants_are_many_and_all_different(record_property):
    contents = {content for kind in KINDS for _, content in kind()}
    record_property("different_mutants", len(contents))
    assert len(contents) >= 500


def test_no_damaged_file_makes_the_reader_allocate_without_bounds():
    tracemalloc.start()
    try:
        for name, content in huge_sizes():
            tracemalloc.reset_peak()
            verdict(io.BytesIO(content))
            peak = tracemalloc.get_traced_memory()[1]
            assert peak < MOST_MEMORY, f"{name}: {peak / 1e6:.0f} MB"
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", SOUND)
def test_a_truncated_file_on_disk_is_no_worse_than_one_in_memory(name, tmp_path):
    content = SOUND[name]
    failures = {}
    for end in range(0, len(content), 4 * BLOCK):
        path = tmp_path / f"{end}.fits"
        path.write_bytes(content[:end])
        failures[end] = verdict(path)
    assert not [wrong for wrong in failures.values() if wrong]


def test_a_declared_size_beyond_the_file_on_disk_is_an_error(tmp_path):
    for name, content in huge_sizes():
        path = tmp_path / ("huge.fits.gz" if ".gz" in name else "huge.fits")
        path.write_bytes(content)
        tracemalloc.start()
        try:
            assert verdict(path) is None, name
            assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY, name
        finally:
            tracemalloc.stop()


def test_what_is_no_file_is_our_error(tmp_path):
    assert verdict(tmp_path) is None
    assert verdict(tmp_path / "none.fits") is None
    with pytest.raises(AstroclassifyError):
        read_frames(tmp_path / "none.fits")
