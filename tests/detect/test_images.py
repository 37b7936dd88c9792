"""Any image becomes a finite array in grey or colours; what cannot be one is refused in words."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData
from astropy.table import Table
from PIL import Image

from astroclassify.core import FrameError, FrameWarning, ParameterError, ReadError
from astroclassify.detect import detect, load_image

RNG = np.random.default_rng(3)
NOISE = RNG.integers(0, 200, (40, 50, 3)).astype(np.uint8)


def saved(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        (NOISE, (40, 50, 3)),
        (np.moveaxis(NOISE, -1, 0), (40, 50, 3)),
        (NOISE[..., 0], (40, 50)),
        (NOISE[..., :1], (40, 50)),
        (NOISE.astype(">i4"), (40, 50, 3)),
        (np.dstack([NOISE, np.full((40, 50), 255, np.uint8)]), (40, 50, 3)),
        (saved(Image.fromarray(NOISE), format="PNG"), (40, 50, 3)),
        (saved(Image.fromarray(NOISE), format="JPEG"), (40, 50, 3)),
        (saved(Image.fromarray(NOISE), format="TIFF"), (40, 50, 3)),
        (saved(Image.fromarray(NOISE), format="WEBP"), (40, 50, 3)),
        (saved(Image.fromarray(NOISE).convert("CMYK"), format="JPEG"), (40, 50, 3)),
        (saved(Image.fromarray(NOISE).convert("P"), format="PNG"), (40, 50, 3)),
        (saved(Image.fromarray(NOISE).convert("RGBA"), format="PNG"), (40, 50, 3)),
        (saved(Image.fromarray(NOISE[..., 0]), format="PNG"), (40, 50)),
        (io.BytesIO(saved(Image.fromarray(NOISE), format="PNG")), (40, 50, 3)),
        (Image.fromarray(NOISE), (40, 50, 3)),
        (Image.fromarray(NOISE).convert("P"), (40, 50, 3)),
        (Image.fromarray(NOISE).convert("CMYK"), (40, 50, 3)),
    ],
)
def test_every_kind_of_image_is_taken(given, shape):
    image = load_image(given)
    assert image.values.shape == shape
    assert image.values.dtype == np.float32
    assert np.isfinite(image.values).all()
    assert image.usable.all()


def test_a_16_bit_fits_file_keeps_all_its_levels(tmp_path):
    levels = np.arange(32 * 64, dtype=np.uint16).reshape(32, 64) * 20
    fits.writeto(tmp_path / "deep.fits", levels)
    assert len(np.unique(load_image(tmp_path / "deep.fits").values)) == levels.size


def test_a_16_bit_png_keeps_all_its_levels():
    levels = np.arange(32 * 64, dtype=np.uint16).reshape(32, 64) * 20
    assert len(np.unique(load_image(saved(Image.fromarray(levels), format="PNG")).values)) == levels.size


def test_a_picture_is_upside_down_and_an_array_is_not():
    assert load_image(saved(Image.fromarray(NOISE), format="PNG")).from_top
    np.testing.assert_allclose(load_image(Image.fromarray(NOISE)).values[-1], NOISE[0])
    assert not load_image(NOISE).from_top


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_filled(bad):
    pixels = NOISE.astype(float)
    pixels[5:9, 7:12, 1] = bad
    image = load_image(pixels)
    assert np.isfinite(image.values).all()
    assert (~image.usable).sum() == 20


def test_the_second_plane_of_lab_is_a_colour_and_not_transparency():
    planes = [
        Image.fromarray(plane) for plane in (NOISE[..., 0], np.zeros_like(NOISE[..., 0]), NOISE[..., 2])
    ]
    assert load_image(Image.merge("LAB", planes)).usable.all()


def test_transparent_pixels_are_not_observed():
    clear = np.dstack([NOISE, np.where(np.arange(50) < 10, 0, 255)[None].repeat(40, 0).astype(np.uint8)])
    for given in (clear, saved(Image.fromarray(clear), format="PNG"), Image.fromarray(clear)):
        assert (~load_image(given).usable).sum() == 400


def test_a_mask_of_a_frame_counts():
    frame = CCDData(NOISE[..., 0].astype(float), unit="adu", mask=NOISE[..., 0] > 190)
    assert (load_image(frame).usable == ~frame.mask).all()


def bomb():
    """A PNG of a few bytes that declares 60,000 x 60,000 pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (np.ones((1, 1)), FrameError, "16 x 16"),
        (np.ones((1, 1, 3)), FrameError, "16 x 16"),
        (np.full((40, 40), np.nan), FrameError, "no usable pixel"),
        (np.full((40, 40, 3), np.nan), FrameError, "no usable pixel"),
        (np.ones((40, 40, 7)), FrameError, r"\(3, y, x\)"),
        (np.ones((40, 40), complex), FrameError, "real numbers"),
        (np.ones((40, 40, 3), bool), FrameError, "real numbers"),
        (np.ones(40), FrameError, "two axes"),
        (saved(Image.fromarray(NOISE), format="PNG")[:200], ReadError, "cannot be read"),
        (saved(Image.fromarray(NOISE[:1, :1]), format="PNG"), FrameError, "16 x 16"),
        (bomb(), ReadError, "pixels"),
        (b"not an image", ReadError, ""),
        (b"", ReadError, ""),
        ("nowhere.png", ReadError, "nowhere"),
        (None, FrameError, "NoneType"),
    ],
)
def test_what_is_no_image_is_refused_in_words(given, error, message):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(error, match=message):
            load_image(given)


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_picture_is_taken_with_a_warning(kind):
    pages = [Image.fromarray(NOISE), Image.fromarray(255 - NOISE)]
    animated = saved(pages[0], format=kind, save_all=True, append_images=pages[1:])
    with pytest.warns(FrameWarning, match="2 pages"):
        assert load_image(animated).shape == (40, 50)


@pytest.mark.parametrize("level", [0.0, 65535.0])
@pytest.mark.parametrize("method", ["segmentation"])
def test_in_a_uniform_or_saturated_image_nothing_is_found(level, method):
    assert len(detect(np.full((64, 80), level), method=method)) == 0


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([[1, 2], [3]], FrameError, "rows are not alike"),
        (io.StringIO("text"), ParameterError, "binary mode"),
        (Table({"a": [1, 2]}), FrameError, "a table is not an image"),
    ],
)
def test_what_python_itself_would_stumble_over_is_refused_in_words(given, error, message):
    with pytest.raises(error, match=message):
        load_image(given)


def test_a_truncated_picture_in_memory_is_damaged():
    noise = RNG.integers(0, 255, (200, 200, 3)).astype(np.uint8)
    picture = Image.open(io.BytesIO(saved(Image.fromarray(noise), format="PNG")[:20_000]))
    with pytest.raises(ReadError, match="the picture is damaged"):
        load_image(picture)


def test_a_file_that_cannot_be_wound_back_is_read():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def tell(self):
            raise io.UnsupportedOperation

    assert load_image(Pipe(saved(Image.fromarray(NOISE), format="PNG"))).values.shape == (40, 50, 3)


@pytest.mark.parametrize(
    "given", [NOISE, Image.fromarray(NOISE), saved(Image.fromarray(NOISE), format="PNG")]
)
def test_a_chip_of_what_has_none_is_refused(given):
    with pytest.raises(ParameterError, match="has no chip number"):
        load_image(given, chip=2)


def test_a_frame_in_memory_is_of_its_own_chip():
    frame = CCDData(NOISE[..., 0].astype(float), unit="adu", meta={"ACCHIP": 2})
    assert load_image(frame, chip=2).shape == (40, 50)
    with pytest.raises(ParameterError, match="is of chip 2"):
        load_image(frame, chip=1)


@pytest.mark.parametrize(("reader", "warned"), [("hst-raw", True), ("hst-drizzled", False)])
def test_a_raw_exposure_warns_of_cosmic_rays(reader, warned):
    frame = CCDData(
        NOISE[..., 0].astype(float), unit="adu", meta={"ACREADER": reader, "ACSOURCE": "j1_raw.fits"}
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        load_image(frame)
    said = [str(each.message) for each in told if issubclass(each.category, FrameWarning)]
    assert len(said) == warned
    assert not warned or ("j1_raw.fits" in said[0] and "cosmicray_lacosmic" in said[0])
