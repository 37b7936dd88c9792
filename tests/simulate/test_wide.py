"""Wide fields: what `wide_field` promises to detectors, and the physics of their light."""

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.simulate import WIDE_CAMERAS, WIDE_CLASSES, RandomStreams, from_image, wide_field
from astroclassify.simulate.wide._develop import developed
from astroclassify.simulate.wide._light import (
    exposed,
    point_spread,
    random_air,
    random_night,
    through_optics,
)
from astroclassify.simulate.wide._objects import _edge

SHAPE = (96, 128)


@pytest.mark.parametrize("telescope", WIDE_CAMERAS)
@pytest.mark.parametrize(("colour", "shape"), [(True, (*SHAPE, 3)), (False, SHAPE)])
def test_every_camera_takes_fields(telescope, colour, shape):
    field = wide_field(4, shape=SHAPE, telescope=telescope, colour=colour)
    for image in (field.image, field.starless):
        assert image.shape == shape
        assert image.dtype == np.float32
        assert np.isfinite(image).all()


def test_same_seed_gives_the_same_field_and_another_seed_another():
    one, again, other = (wide_field(seed, shape=SHAPE, colour=True) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.image, again.image)
    assert one.objects.pformat() == again.objects.pformat()
    assert not np.array_equal(one.image, other.image)


def test_leaving_out_the_starless_image_changes_nothing_else():
    both, alone = (wide_field(8, shape=SHAPE, starless=starless) for starless in (True, False))
    np.testing.assert_array_equal(both.image, alone.image)
    assert alone.starless is None


def test_photographs_have_256_levels_from_0_to_1():
    image = wide_field(2, shape=SHAPE, style="photograph", colour=True).image
    np.testing.assert_allclose(255 * image, np.round(255 * image), atol=1e-4)
    assert 0 <= image.min() < image.max() <= 1


def test_boxes_lie_in_the_image_and_are_sorted_by_size():
    for seed in range(12):
        objects = wide_field(seed, shape=SHAPE, objects=4, starless=False).objects
        assert set(objects["class"]) <= set(WIDE_CLASSES)
        for axis, size in (("x", SHAPE[1]), ("y", SHAPE[0])):
            low, high = objects[f"{axis}_min"], objects[f"{axis}_max"]
            assert ((low >= -0.5) & (low < high) & (high <= size - 0.5)).all()
        assert (objects["snr"] >= 5).all()
        assert (np.diff(objects["size"]) <= 0).all()


def test_an_empty_field_has_an_empty_table_with_all_columns():
    objects = wide_field(1, shape=SHAPE, objects=0, starless=False).objects
    assert len(objects) == 0
    assert objects.colnames[:5] == ["class", "x_min", "x_max", "y_min", "y_max"]


def test_all_classes_come_by_chance():
    fields = [wide_field(seed, shape=SHAPE, objects=3, starless=False) for seed in range(25)]
    assert {label for field in fields for label in field.objects["class"]} == set(WIDE_CLASSES)


def test_a_box_holds_what_is_brighter_than_its_surroundings():
    brighter = []
    for seed in range(20):
        field = wide_field(seed, shape=SHAPE, style="linear", colour=False, objects=1)
        for row in field.objects[field.objects["snr"] > 100]:
            inside = np.zeros(SHAPE, bool)
            y, x = (slice(int(row[f"{a}_min"] + 0.5), int(row[f"{a}_max"] + 0.5)) for a in "yx")
            inside[y, x] = True
            if inside.mean() < 0.3:
                brighter.append(field.starless[inside].mean() > field.starless[~inside].mean())
    assert len(brighter) >= 5
    assert np.mean(brighter) > 0.9


def test_stars_only_add_light():
    field = wide_field(11, shape=SHAPE, telescope="amateur-250", style="linear", colour=False, objects=0)
    difference = field.image - field.starless
    assert difference.min() > -0.2 * difference.max()
    assert difference.sum() > 0


def test_without_stars_no_point_stands_out():
    field = wide_field(12, shape=SHAPE, telescope="smart-50", style="linear", colour=False, objects=0)

    def brightest(image):
        middle = np.median(image)
        return (image.max() - middle) / (1.48 * np.median(np.abs(image - middle)))

    assert brightest(field.image) > 3 * brightest(field.starless)


def test_real_bodies_are_shown_where_they_are_given():
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    picture = from_image(
        np.exp(-9 * np.hypot(y, x)), angular_size=60, magnitude=12, label="galaxy", spectrum="old"
    )
    fields = [
        wide_field(s, shape=SHAPE, objects=3, pictures=[picture], real=1.0, starless=False) for s in range(6)
    ]
    galaxies = [row["kind"] for field in fields for row in field.objects if row["class"] == "galaxy"]
    assert galaxies
    assert set(galaxies) == {"picture"}


def test_an_unknown_camera_is_named_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"smart-49.*smart-50"):
        wide_field(1, telescope="smart-49")


@pytest.mark.parametrize(
    ("name", "value"), [("objects", -1), ("style", "painted"), ("real", 1.5), ("shape", (7, 64))]
)
def test_wrong_parameters_are_refused(name, value):
    with pytest.raises(ParameterError, match=name):
        wide_field(1, **{name: value})


# Physics -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_optics_keep_the_light_of_a_star(seed):
    streams, camera = RandomStreams(seed), WIDE_CAMERAS["smart-50"]
    night = random_night(streams, camera)
    points = np.array([[100.3], [99.8], [1.0], [2.0], [3.0]])
    image = through_optics(torch.zeros((3, 200, 200)), points, point_spread(streams, camera, night))
    # What a halo sends beyond the image, 100 pixels away, is lost.
    np.testing.assert_allclose(image.sum(dim=(1, 2)).numpy(), [1, 2, 3], rtol=0.06)


def test_the_variance_of_counts_is_their_mean():
    streams, camera = RandomStreams(3), WIDE_CAMERAS["acs-wfc"]
    night = random_night(streams, camera)
    air = random_air(streams, camera, night, (300, 300))
    noise = streams.rng.standard_normal((3, 300, 300), dtype=np.float32)
    counts = exposed(torch.full((3, 300, 300), 0.05), air, night, noise)
    expected = counts.mean(axis=(1, 2)) + night.read_noise**2
    np.testing.assert_allclose(counts.var(axis=(1, 2)), expected, rtol=0.03)


def test_a_longer_exposure_shows_fainter_light():
    nights = [random_night(RandomStreams(seed), WIDE_CAMERAS["smart-50"]) for seed in range(60)]
    alike = [night for night in nights if night.pixel_scale == 2.4]
    product = [night.pixel_noise * np.sqrt(night.seconds / night.sky.sum()) for night in alike]
    assert min(product) >= 1  # that of the sky's photons alone; read noise is more


def test_the_edge_of_a_disk_is_where_its_light_falls_to_the_limit():
    y, x = np.indices((80, 100))
    disk = (np.hypot(y - 30, x - 60) <= 20).astype(float)
    (x_min, x_max, y_min, y_max), snr = _edge(disk, 0.5, 0.1)
    np.testing.assert_allclose([x_min, x_max, y_min, y_max], [39.5, 80.5, 9.5, 50.5], atol=1.01)
    assert snr == pytest.approx(10 * np.sqrt(disk.sum()))


def test_nothing_above_the_limit_has_no_edge():
    assert _edge(np.zeros((9, 9)), 0.5, 0.1) == (None, 0.0)


def test_two_images_are_developed_alike():
    electrons = np.random.default_rng(1).normal(1000, 30, (3, 64, 64)).astype(np.float32)
    other = electrons.copy()
    other[:, :32] = 1000
    first, second = developed([electrons, other], RandomStreams(20), colour=True)
    np.testing.assert_allclose(first[48:], second[48:], atol=0.05)
