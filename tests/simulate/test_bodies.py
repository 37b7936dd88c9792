"""Bodies, the views on them, and the scenes they make."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.simulate import (
    CLASSES,
    KINDS,
    Body,
    RandomStreams,
    Scene,
    View,
    random_body,
    random_view,
    response,
)
from astroclassify.simulate._raster import blur, splat
from astroclassify.simulate._textures import enlarge, fractal, power_law
from astroclassify.simulate.scenes._palette import SPECTRA, STAR_TYPES, star_types


def small_view(body, *, reach=0.8, centre=(0.1, -0.05), shape=(70, 90)):
    scale = min(shape) / 2 / reach
    return View(shape, scale, centre, 0.4, body.angular_radius / scale)


class TestBodies:
    """One body of a kind, and random ones."""

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("reach", [0.2, 1.2])
    def test_every_kind_draws_finite_non_negative_light(self, kind, reach):
        body = random_body(kind, 4)
        scene = body.scene(small_view(body, reach=reach))
        diffuse, points = scene.observed(response("acs-wfc", "F606W"))
        assert diffuse.shape == (70, 90)
        assert diffuse.dtype == torch.float32
        assert torch.isfinite(diffuse).all()
        assert diffuse.min() >= 0
        assert np.isfinite(points).all()
        assert (points[2] >= 0).all()

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_same_body_is_the_same_each_time(self, kind):
        body = random_body(kind, 9)
        view = small_view(body)
        answer = response("acs-wfc", "F814W")
        (one, stars), (again, same) = (body.scene(view).observed(answer) for _ in range(2))
        assert torch.equal(one, again)
        np.testing.assert_array_equal(stars, same)

    def test_all_classes_have_a_kind(self):
        assert {kind.label for kind in KINDS.values()} == set(CLASSES)

    def test_an_unknown_kind_is_named_with_the_known_ones(self):
        with pytest.raises(UnknownNameError, match=r"spyral.*spiral"):
            random_body("spyral", 1)
        with pytest.raises(UnknownNameError, match="spyral"):
            Body("spyral", 1e6, 1e3, 20.0)

    @pytest.mark.parametrize(
        "change",
        [
            {"distance": 0},
            {"radius": -1.0},
            {"brightness": np.nan},
            {"extinction": -0.1},
            {"extinction": np.inf},
            {"latitude": 200},
            {"latitude": np.nan},
            {"distance": [1e7, 2e7]},
            {"distance": 1.0},
            {"distance": 1e300},
            {"brightness": -50.0},
            {"brightness": []},
            {"extinction": np.ma.masked},
        ],
    )
    def test_impossible_bodies_are_refused(self, change):
        with pytest.raises(ParameterError, match="expected"):
            Body(**({"kind": "spiral", "distance": 1e7, "radius": 1e4, "brightness": 20.0} | change))

    def test_a_brightness_in_the_unit_of_another_kind_is_refused_with_its_own(self):
        with pytest.raises(
            ParameterError, match=r"brightness is 20.5; expected -30 to 0, log10 of erg .* Halpha"
        ):
            Body("emission", 1e3, 10.0, 20.5)

    def test_angles_and_distances_are_those_of_the_sky(self):
        body = Body("globular", 10_000.0, 10.0, -7.5)
        assert body.angular_radius == pytest.approx(206.265, rel=1e-4)
        assert body.distance_modulus == pytest.approx(15.0)
        assert body.redshift == 0
        assert Body("spiral", 100e6, 1e4, 20.0).redshift == pytest.approx(7000 / 299_792.458)

    def test_brightness_has_the_unit_of_the_kind(self):
        assert Body("spiral", 1e7, 1e4, 20.0).unit_brightness == pytest.approx(1e-8)
        assert Body("emission", 1e3, 10.0, -14.0).unit_brightness == pytest.approx(10.0)
        with pytest.raises(ParameterError, match="absolute V mag"):
            _ = Body("globular", 1e4, 10.0, -7.0).unit_brightness
        assert KINDS["emission"].brightness_step(10) == pytest.approx(1.0)
        assert KINDS["spiral"].brightness_step(10) == pytest.approx(-2.5)

    @pytest.mark.parametrize("kind", KINDS)
    def test_random_bodies_keep_to_their_kinds_ranges(self, kind):
        known = KINDS[kind]
        for seed in range(25):
            body = random_body(kind, seed)
            low, high = sorted(known.brightness)
            assert low <= body.brightness <= high
            assert known.distance[0] * 0.999 <= body.distance <= known.distance[1] * 1.001
            assert known.radius[0] * 0.999 <= body.radius <= known.radius[1] * 1.001
            assert 0 <= body.extinction <= 3
            assert 0 < body.latitude <= 90

    def test_the_size_on_the_sky_says_little_about_the_class(self):
        rng = np.random.default_rng(2)
        medians = [
            np.median([np.log(random_body(rng=rng, label=label).angular_radius) for _ in range(200)])
            for label in CLASSES
        ]
        assert np.ptp(medians) < 0.7

    def test_an_angular_radius_wished_for_is_given_where_the_kind_allows(self):
        assert random_body("spiral", 1, angular_radius=100.0).angular_radius == pytest.approx(100.0)
        largest = KINDS["spiral"].angular_radii[1]
        assert random_body("spiral", 1, angular_radius=1e9).angular_radius == pytest.approx(largest)

    def test_the_same_seed_gives_the_same_body(self):
        assert random_body(rng=3) == random_body(rng=3)
        assert random_body(rng=3) != random_body(rng=4)

    @pytest.mark.parametrize("band", ["F435W", "F814W"])
    def test_extinction_dims_and_reddens(self, band):
        clear, dusty = (Body("globular", 1e4, 20.0, -7.0, extinction=a, seed=1) for a in (0.0, 1.0))
        view, answer = small_view(clear), response("acs-wfc", band)
        (one, points), (other, dim) = (body.scene(view).observed(answer) for body in (clear, dusty))
        lost = -2.5 * np.log10(dim[2].sum() / points[2].sum())
        assert lost == pytest.approx(
            {"F435W": 1.3, "F814W": 0.6}[band], abs=0.1
        )  # A_band / A_V for R_V = 3.1
        assert lost == pytest.approx(float(-2.5 * torch.log10(other.sum() / one.sum())), abs=0.01)


class TestViews:
    """Pixels and body coordinates."""

    @given(
        scale=st.floats(1, 500),
        centre=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
        angle=st.floats(0, 6.3),
    )
    @settings(max_examples=30, deadline=None)
    def test_pixels_and_body_coordinates_invert_each_other(self, scale, centre, angle):
        view = View((20, 30), scale, centre, angle)
        y, x = view.to_pixels(*(plane.numpy() for plane in view.grid()))
        rows, columns = np.mgrid[:20, :30]
        np.testing.assert_allclose(y, rows, atol=1e-3 * max(scale, 1))
        np.testing.assert_allclose(x, columns, atol=1e-3 * max(scale, 1))
        np.testing.assert_allclose(view.to_pixels(*view.to_body(3.25, 17.5)), (3.25, 17.5), atol=1e-6)

    def test_a_body_placed_on_another_lies_where_it_was_placed(self):
        view = View((50, 50), 40.0, (0.1, -0.2), 0.7)
        sub = view.moved(centre=(0.3, 0.4), size=0.5, angle=1.1)
        np.testing.assert_allclose(sub.to_pixels(0.0, 0.0), view.to_pixels(0.3, 0.4), atol=1e-6)

    @pytest.mark.parametrize("shape", [(40, 60), (41, 59)])
    def test_a_coarser_view_covers_the_same_sky(self, shape):
        view = View(shape, 30.0, (0.2, 0.1), 0.6, 0.05)
        coarse = view.coarser(2)
        assert coarse.shape == (-(-shape[0] // 2), -(-shape[1] // 2))
        assert coarse.pixel_scale == pytest.approx(0.1)
        # The middle of the first coarse pixel is the corner between the first four fine ones.
        np.testing.assert_allclose(coarse.to_body(0, 0), view.to_body(0.5, 0.5), atol=1e-9)
        np.testing.assert_allclose(coarse.to_body(7, 5), view.to_body(14.5, 10.5), atol=1e-9)

    @pytest.mark.parametrize("kind", ["spiral", "planetary", "globular"])
    def test_random_views_keep_the_true_scale_and_some_of_the_body(self, kind):
        rng = np.random.default_rng(5)
        body = random_body(kind, rng)
        for _ in range(50):
            view = random_view(rng, body, (400, 500), pixel_scale=0.05)
            assert view.scale * 0.05 == pytest.approx(body.angular_radius)
            v, u = view.grid()
            assert float(torch.hypot(v, u).min()) < 1.0


class TestScenes:
    """Layers and catalogues, seen in a band."""

    def test_light_counts_as_its_spectrum_and_pixel_say(self):
        view, answer = View((10, 12), 1.0, pixel_scale=0.1), response("acs-wfc", "F606W")
        scene = Scene(view)
        scene.add("old", torch.full(view.shape, 1e-8))
        scene.add("hii", torch.full(view.shape, 3.0))
        diffuse, _ = scene.observed(answer)
        expected = (1e-8 * answer.rates["old"] + 3.0 * answer.rates["hii"]) * 0.01
        np.testing.assert_allclose(diffuse.numpy(), expected, rtol=1e-5)

    def test_the_zero_point_is_the_bands(self):
        # F606W, a wide V: 26.5 AB (facts D); a star of V = 20 makes 10**(0.4 * 6.5) electrons within 15%.
        scene = Scene(View((10, 10), 1.0))
        scene.add_stars(5.0, 5.0, 20.0, 6000.0)
        answer = response("acs-wfc", "F606W")
        assert answer.zero_point == pytest.approx(26.5, abs=0.05)
        assert scene.observed(answer)[1][2, 0] == pytest.approx(10 ** (0.4 * 6.5), rel=0.15)

    def test_hot_stars_are_blue(self):
        scene = Scene(View((10, 10), 1.0))
        scene.add_stars([2.0, 3.0], [2.0, 3.0], 20.0, [30_000.0, 3500.0])
        blue, red = (scene.observed(response("acs-wfc", band))[1][2] for band in ("F435W", "F814W"))
        assert blue[0] / red[0] > 5 * blue[1] / red[1]

    def test_dust_lies_in_front_of_what_was_there(self):
        view, answer = View((8, 8), 1.0), response("acs-wfc", "F555W")
        scene = Scene(view)
        scene.add("old", torch.ones(view.shape))
        scene.add_points("old", 3.0, 3.0, 1.0)
        scene.screen(torch.full(view.shape, 1.0857))
        scene.add("old", torch.ones(view.shape))
        diffuse, points = scene.observed(answer)
        dimmed = np.exp(-1.0857 * answer.attenuation)
        np.testing.assert_allclose(
            diffuse.numpy(), answer.rates["old"] * view.pixel_area * (1 + dimmed), rtol=1e-4
        )
        assert points[2, 0] == pytest.approx(answer.rates["old"] * dimmed, rel=1e-3)

    def test_scenes_add_up(self):
        view, answer = View((8, 8), 1.0), response("acs-wfc", "F555W")
        one, other = Scene(view), Scene(view)
        for scene in (one, other):
            scene.add("star-forming", torch.ones(view.shape))
            scene.add_stars(3.0, 4.0, 0.0, 5000.0)
        one.merge(other, weight=2.0)
        diffuse, points = one.observed(answer)
        single, star = other.observed(answer)
        np.testing.assert_allclose(diffuse.numpy(), 3 * single.numpy(), rtol=1e-5)
        assert points[2].sum() == pytest.approx(3 * star[2, 0])

    def test_points_far_outside_are_dropped(self):
        scene = Scene(View((10, 10), 1.0, pixel_scale=1.0))
        scene.add_stars([5.0, -3.0, -50.0], [5.0, 5.0, 5.0], 20.0, 5000.0)
        assert scene.sources.shape == (5, 2)

    def test_an_unknown_spectrum_is_named_with_the_known_ones(self):
        with pytest.raises(UnknownNameError, match=r"purple.*old"):
            Scene(View((10, 10), 1.0)).add("purple", torch.ones(10, 10))


class TestPalette:
    """Spectra and bands."""

    def test_every_spectrum_makes_electrons(self):
        answer = response("wfc3-uvis", "F606W")
        assert set(answer.rates) == set(SPECTRA)
        assert min(answer.rates.values()) > 0
        assert (answer.star_rates > 0).all()

    def test_a_line_leaves_a_narrow_band_when_it_is_shifted(self):
        here, there = (response("wfc3-uvis", "F656N", redshift=z).rates["hii"] for z in (0.0, 0.02))
        assert there < 0.1 * here

    def test_each_temperature_has_the_nearest_type(self):
        assert [STAR_TYPES[i] for i in star_types([45_000, 5900.0, 2500])] == ["O5", "G0", "M5"]

    def test_an_unknown_band_is_refused(self):
        with pytest.raises(UnknownNameError, match="F999W"):
            response("acs-wfc", "F999W")


class TestDice:
    """Numbers and maps from one seed."""

    def test_maps_and_numbers_repeat(self):
        one, again = RandomStreams(3), RandomStreams(3)
        assert torch.equal(one.normal((4, 5)), again.normal((4, 5)))
        assert one.rng.random() == again.rng.random()

    def test_children_differ(self):
        first, second = RandomStreams(3).spawn(2)
        assert not torch.equal(first.uniform((4, 5)), second.uniform((4, 5)))

    def test_poisson_counts_have_their_mean_as_variance(self):
        counts = RandomStreams(1).poisson(torch.full((300, 300), 7.0))
        assert float(counts.mean()) == pytest.approx(7.0, rel=0.01)
        assert float(counts.var()) == pytest.approx(7.0, rel=0.03)

    @pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
    def test_impossible_expectations_are_refused(self, bad):
        with pytest.raises(ParameterError, match="expected counts"):
            RandomStreams(1).poisson(torch.tensor([1.0, bad]))


class TestMaps:
    """Fractals, points on pixels, blur."""

    @pytest.mark.parametrize("slope", [2.5, 3.5])
    def test_turbulence_has_the_power_spectrum_asked_for(self, slope):
        streams = RandomStreams(0)
        window = np.hanning(256)[:, None] * np.hanning(256)
        power = sum(
            np.abs(np.fft.rfft2(fractal((256, 256), streams, slope=slope).numpy() * window)) ** 2
            for _ in range(20)
        )
        k = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256))
        chosen = (k > 0.03) & (k < 0.3)
        fitted = np.polyfit(np.log(k[chosen]), np.log(power[chosen]), 1)[0]
        assert -fitted == pytest.approx(slope, abs=0.2)

    def test_fluxes_follow_the_luminosity_function(self):
        flux = power_law(np.random.default_rng(1), 200_000, 2.0, ratio=1e6)
        assert (flux > 10).mean() == pytest.approx(0.1, abs=0.005)

    def test_splat_shares_flux_and_keeps_its_place(self):
        points = np.array([[30.3, 40.7, 500.0], [31.0, 25.5, 3.0], [100.0, 50.0, 9.0]])
        image = splat(points, (64, 64)).double()
        row = torch.arange(64, dtype=torch.float64)
        assert float(image.sum()) == pytest.approx(150, rel=1e-6)
        assert float((image.sum(1) * row).sum()) == pytest.approx(100 * 30.3 + 50 * 40.7, rel=1e-6)

    def test_blur_keeps_flux_and_has_its_width(self):
        image = torch.zeros(61, 61)
        image[30, 30] = 1
        blurred = blur(image, 3.0).double()
        row = torch.arange(61, dtype=torch.float64) - 30
        assert float(blurred.sum()) == pytest.approx(1, rel=1e-5)
        assert float((blurred.sum(1) * row**2).sum()) == pytest.approx(9.0, rel=0.02)

    def test_enlarging_keeps_brightness(self):
        image = torch.rand(20, 30, generator=torch.Generator().manual_seed(1))
        large = enlarge(image, (80, 120))
        assert large.shape == (80, 120)
        assert float(large.mean()) == pytest.approx(float(image.mean()), rel=0.02)
