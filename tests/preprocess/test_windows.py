"""What of a frame the planes show is where a spot of light in the frame appears in them."""

import numpy as np
import pytest

from astroclassify.models import PATCHNET, RESNET18, RESNET18_RESIZE, ModelSpec

SHAPES = [(64, 64), (301, 500), (700, 1100), (512, 257)]


def spot_in_planes(spec, shape, plane, place):
    """Give the pixel of the frame that the brightest cell of a plane lies at, by the window (y, x)."""
    pixels = np.random.default_rng(1).normal(100, 1, shape).astype(np.float32)
    pixels[place[0] - 4 : place[0] + 5, place[1] - 4 : place[1] + 5] += 500
    planes = spec.planes(pixels)
    cell = np.unravel_index(planes[plane].argmax(), planes.shape[1:])
    edges = zip(cell, spec.window(shape), planes.shape[1:], strict=True)
    return [low + (index + 0.5) * (high - low) / number - 0.5 for index, (low, high), number in edges]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("spec", [PATCHNET, RESNET18_RESIZE], ids=lambda spec: spec.name)
def test_a_spot_is_found_where_it_is(spec, shape):
    place, plane = (shape[0] // 3, 2 * shape[1] // 3), 0
    found = spot_in_planes(spec, shape, plane, place)
    assert np.abs(np.subtract(found, place)).max() <= 6


@pytest.mark.parametrize(
    ("shape", "start"), [((2048, 4096), (0, 0)), ((2051, 4096), (1, 0)), ((2068, 4144), (10, 24))]
)
def test_a_frame_that_is_a_little_larger_is_cropped_about_its_middle(shape, start):
    expected = tuple((float(s), float(s + n)) for s, n in zip(start, (2048, 4096), strict=True))
    assert RESNET18.window(shape) == expected


def test_a_preprocessing_without_a_window_shows_all():
    spec = ModelSpec(
        "own", "Own", builder="torch.nn:Identity", preprocessing="numpy:atleast_3d", classes=("galaxy", "nsc")
    )
    assert spec.window((30, 40)) == ((0.0, 30.0), (0.0, 40.0))
