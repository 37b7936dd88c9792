"""Pictures become frames: luminance, orientation, masks, and clear errors."""

import io

import numpy as np
import pytest
from astropy import units as u
from PIL import Image

from astroclassify.core import FrameWarning, ReadError, conf
from astroclassify.io._images import LUMINANCE, read_image
from astroclassify.io._picture import is_picture
from astroclassify.io._reader import ReadOptions

RAMP = np.arange(12, dtype="uint8").reshape(3, 4) * 20


def encoded(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    buffer.seek(0)
    return buffer


def frame_of(picture, kind="PNG", **options):
    (frame,) = read_image(encoded(picture, kind, **options), ReadOptions(source="picture"))
    return frame


def test_row_0_is_the_bottom_line_of_the_picture():
    assert np.array_equal(frame_of(Image.fromarray(RAMP)).data, RAMP[::-1])


def test_a_picture_is_dimensionless_float_without_wcs():
    frame = frame_of(Image.fromarray(RAMP))
    assert frame.unit == u.dimensionless_unscaled
    assert frame.data.dtype == np.dtype("float32")
    assert frame.wcs is None
    assert frame.meta["ACREADER"] == "picture"


@pytest.mark.parametrize(("channel", "weight"), list(enumerate(LUMINANCE)))
def test_each_colour_has_its_rec709_weight(channel, weight):
    colours = np.zeros((2, 2, 3), "uint8")
    colours[..., channel] = 100
    assert np.allclose(frame_of(Image.fromarray(colours)).data, 100 * weight)


def test_grey_colours_keep_their_value():
    colours = np.repeat(RAMP[..., None], 3, axis=2)
    assert np.allclose(frame_of(Image.fromarray(colours)).data, RAMP[::-1], atol=1e-4)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_transparent_pixels_are_masked(kind):
    colours = np.full((3, 4, 4), 255, "uint8")
    colours[0, 1, 3] = 0
    mask = frame_of(Image.fromarray(colours), kind).mask
    assert mask[2, 1]
    assert mask.sum() == 1


def test_grey_with_alpha_is_masked_where_transparent():
    alpha = np.where(RAMP == 0, 0, 255).astype("uint8")
    frame = frame_of(Image.merge("LA", [Image.fromarray(RAMP), Image.fromarray(alpha)]))
    assert frame.mask[2, 0]
    assert frame.mask.sum() == 1


def test_a_palette_is_resolved():
    picture = Image.fromarray(RAMP).convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE)
    assert np.allclose(frame_of(picture).data, RAMP[::-1], atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "dtype"), [("PNG", "uint16"), ("TIFF", "uint16"), ("TIFF", "int32"), ("TIFF", "float32")]
)
def test_deep_greys_keep_their_range(kind, dtype):
    values = (RAMP.astype(dtype) * 250) + 7
    assert np.array_equal(frame_of(Image.fromarray(values), kind).data, values[::-1].astype("float32"))


def test_nan_of_a_float_tiff_is_masked():
    values = RAMP.astype("float32")
    values[0, 0] = np.nan
    assert frame_of(Image.fromarray(values), "TIFF").mask[2, 0]


def test_jpeg_is_read():
    assert np.allclose(frame_of(Image.new("RGB", (16, 16), (90, 90, 90)), "JPEG").data, 90, atol=2)


def test_only_the_first_of_several_pages_is_read_and_that_is_said():
    pages = [Image.fromarray(RAMP), Image.fromarray(RAMP + 1)]
    file = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    with pytest.warns(FrameWarning, match="2 pages"):
        (frame,) = read_image(file, ReadOptions())
    assert np.array_equal(frame.data, RAMP[::-1])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_the_first_bytes_tell_a_picture(kind):
    assert is_picture(encoded(Image.fromarray(RAMP), kind).getvalue()[:16])


def test_a_fits_file_is_no_picture():
    assert not is_picture(b"SIMPLE  =                    T")


def test_a_decompression_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)
    with pytest.raises(ReadError, match="at most 10 pixels"):
        read_image(encoded(Image.fromarray(RAMP)), ReadOptions(source="bomb.png"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_truncated_picture_is_an_error_that_names_the_file(kind):
    noise = np.random.default_rng(1).integers(0, 255, (64, 64), dtype="uint8")
    content = encoded(Image.fromarray(noise), kind).getvalue()
    with pytest.raises(ReadError, match=r"half\.pic"):
        read_image(io.BytesIO(content[: len(content) // 2]), ReadOptions(source="half.pic"))


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(ReadError, match="cannot be read"):
        read_image(tmp_path / "none.png", ReadOptions())


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("TIFF", "RGBA"), ("PNG", "L")])
def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_decoded(kind, mode):
    samples = len(mode)
    image = Image.new(mode, (600, 600))
    needed = 600 * 600 * samples * 5 // 2**20
    with conf.set_temp("max_unpacked_mb", needed), pytest.raises(ReadError, match=r"conf\.max_unpacked_mb"):
        frame_of(image, kind)
    with conf.set_temp("max_unpacked_mb", needed + 1):
        assert frame_of(image, kind).shape == (600, 600)


def test_a_tiff_whose_width_is_damaged_has_no_pixels_and_is_refused():
    content = bytearray(encoded(Image.fromarray(RAMP), "TIFF").getvalue())
    directory = int.from_bytes(content[4:8], "little")
    for entry in range(directory + 2, len(content), 12):
        if int.from_bytes(content[entry : entry + 2], "little") == 256:  # ImageWidth
            content[entry + 2 : entry + 4] = (127).to_bytes(2, "little")  # a type that there is not
            break
    with pytest.raises(ReadError, match="no pixels"):
        read_image(io.BytesIO(content), ReadOptions(source="picture"))
