"""The kinds of body, the views on them, and the frames made of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify.core import UnknownNameError
from astroclassify.simulate import CLASSES, KINDS, Scene, View, random_frames, random_view
from astroclassify.simulate._galaxies import sersic, splat
from astroclassify.simulate._optics import moffat_kernel, observe
from astroclassify.simulate._textures import fractal, power_law


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("partial", [False, True])
def test_every_kind_draws_finite_non_negative_light(kind, partial):
    rng = np.random.default_rng(4)
    view = random_view(rng, (70, 90), partial=partial)
    scene = kind.draw(view, rng)
    assert scene.diffuse.shape == (70, 90)
    assert np.isfinite(scene.diffuse).all()
    assert scene.diffuse.min() >= 0
    assert np.isfinite(scene.points).all()
    assert (scene.points[2] > 0).all()


def test_all_classes_have_a_kind():
    assert {kind.label for kind in KINDS.values()} == set(CLASSES)


def test_same_seed_gives_the_same_frame_and_another_seed_another():
    one, again, other = (random_frames(seed, kind="emission")[0].array for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_renderings_show_the_same_body_differently():
    first, second = random_frames(8, renderings=2)
    assert first.kind == second.kind
    assert not np.array_equal(first.array, second.array)


def test_an_unknown_kind_is_named_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"spyral.*spiral"):
        random_frames(1, kind="spyral")


@given(
    scale=st.floats(1, 500),
    centre=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    angle=st.floats(0, 6.3),
)
@settings(max_examples=30, deadline=None)
def test_pixels_and_body_coordinates_invert_each_other(scale, centre, angle):
    view = View((20, 30), scale, centre, angle)
    v, u = view.grid()
    y, x = view.to_pixels(v, u)
    rows, columns = np.mgrid[:20, :30]
    np.testing.assert_allclose(y, rows, atol=1e-3 * max(scale, 1))
    np.testing.assert_allclose(x, columns, atol=1e-3 * max(scale, 1))


def test_a_body_placed_on_another_lies_where_it_was_placed():
    view = View((50, 50), 40.0, (0.1, -0.2), 0.7)
    sub = view.moved(centre=(0.3, 0.4), size=0.5, angle=1.1)
    np.testing.assert_allclose(sub.to_pixels(0.0, 0.0), view.to_pixels(0.3, 0.4), atol=1e-6)


def test_half_the_light_of_a_sersic_profile_lies_within_its_effective_radius():
    y, x = np.mgrid[-400:401, -400:401]
    r = np.hypot(y, x)
    light = sersic(r, 20.0, 1.0)
    assert light[r <= 20].sum() / light.sum() == pytest.approx(0.5, abs=0.01)


def test_splat_and_optics_conserve_flux():
    points = np.float32([[30.3, 40.7], [31.0, 25.5], [100.0, 50.0]])
    assert splat(points, (64, 64)).sum() == pytest.approx(150, rel=1e-5)
    scene = Scene(np.zeros((64, 64), np.float32))
    scene.add_points(*points)
    image = observe(scene, lambda box: moffat_kernel(box, 2.0, beta=4.0, spikes=0.05))
    assert image.sum() == pytest.approx(150, rel=0.02)  # wings leave the window


def test_the_psf_has_the_width_asked_for():
    kernel = moffat_kernel((64, 64), 6.0)
    assert kernel.sum() == pytest.approx(1, rel=1e-4)
    assert kernel[0, 3] / kernel[0, 0] == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("slope", [2.5, 3.5])
def test_turbulence_has_the_power_spectrum_asked_for(slope):
    rng = np.random.default_rng(0)
    power = 0
    for _ in range(20):
        field = fractal((256, 256), rng, slope=slope)
        window = np.hanning(256)[:, None] * np.hanning(256)
        power = power + np.abs(np.fft.rfft2(field * window)) ** 2
    k = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256))
    chosen = (k > 0.03) & (k < 0.3)
    fitted = np.polyfit(np.log(k[chosen]), np.log(power[chosen]), 1)[0]
    assert -fitted == pytest.approx(slope, abs=0.2)


def test_fluxes_follow_the_luminosity_function():
    flux = power_law(np.random.default_rng(1), 200_000, 2.0, ratio=1e6)
    assert (flux > 10).mean() == pytest.approx(0.1, abs=0.005)
