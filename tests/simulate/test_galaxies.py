"""Galaxies in physical units: light, colours, dust, and the catalogues of what they are made of."""

import numpy as np
import pytest
import torch

from astroclassify.simulate import Body, RandomStreams, View, random_body, random_view, response
from astroclassify.simulate.scenes._palette import STAR_TYPES
from astroclassify.simulate.scenes._scene import Scene
from astroclassify.simulate.scenes.galaxies._canvas import Canvas, Sheet, blob_map
from astroclassify.simulate.scenes.galaxies._light import sersic, sersic_light, star_fluctuations
from astroclassify.simulate.scenes.galaxies._points import (
    HII_LUMINOSITY,
    _hii_diameter,
    _hii_flux,
    add_globular_system,
    globular_magnitudes,
    luminosities,
)
from astroclassify.simulate.scenes.galaxies._spirals import SpiralShape

GALAXIES = ("spiral", "elliptical", "edge-on", "irregular", "dwarf", "merger", "group")
BLUE, RED = response("wfc3-uvis", "F275W"), response("acs-wfc", "F814W")


def galaxy(kind="spiral", **properties):
    return Body(kind, **({"distance": 10e6, "radius": 10e3, "brightness": 20.5, "seed": 3} | properties))


def view_of(body, side=200, *, reach=1.4, **where):
    """The whole of a body on so many pixels."""
    scale = side / 2 / reach
    return View((side, side), scale, pixel_scale=body.angular_radius / scale, **where)


def v_flux(body, view):
    """All light in V = 0 units, without the gas, before dust."""
    scene = body.scene(view)
    diffuse = sum(float(light.double().sum()) for name, light, _ in scene.layers if name != "hii")
    points = scene.sources
    gas = len(STAR_TYPES) + 6
    return diffuse * view.pixel_area + points[2, points[3] != gas].sum()


@pytest.mark.parametrize("kind", GALAXIES)
@pytest.mark.parametrize(("shape", "pixel_scale"), [((64, 90), 0.1), ((5, 3), 0.5), ((1, 1), 2.0)])
def test_light_is_finite_and_not_negative(kind, shape, pixel_scale):
    for seed in range(6):
        body = random_body(kind, seed)
        scene = body.scene(random_view(np.random.default_rng(seed), body, shape, pixel_scale=pixel_scale))
        for _, light, dust in scene.layers:
            assert light.shape == shape
            assert torch.isfinite(light).all()
            assert light.min() >= 0
            assert dust is None or isinstance(dust, float) or (dust.min() >= 0 and torch.isfinite(dust).all())
        assert np.isfinite(scene.sources).all()
        assert (scene.sources[2] > 0).all()


@pytest.mark.parametrize("kind", GALAXIES)
def test_a_view_beside_the_galaxy_is_dark(kind):
    body = galaxy(kind)
    scene = body.scene(View((40, 40), 20.0, (60.0, 40.0), 0.3, 0.5))
    diffuse, points = scene.observed(RED)
    assert float(diffuse.abs().max()) == 0
    assert points.shape[1] == 0


@pytest.mark.parametrize("kind", GALAXIES)
def test_the_same_seed_gives_the_same_scene_and_another_another(kind):
    body = galaxy(kind)
    view = view_of(body, 80)
    first, again = (body.scene(view).observed(RED) for _ in range(2))
    assert torch.equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not torch.equal(first[0], galaxy(kind, seed=4).scene(view).observed(RED)[0])


@pytest.mark.parametrize("seed", range(4))
def test_a_spiral_ten_kiloparsecs_in_radius_is_as_bright_as_spirals_are(seed):
    body = galaxy(seed=seed)
    magnitude = -2.5 * np.log10(v_flux(body, view_of(body))) - body.distance_modulus
    assert -21.5 < magnitude < -18.7


def test_the_light_of_a_galaxy_does_not_depend_on_the_pixels_of_the_view():
    body = galaxy("elliptical", seed=8)
    coarse, fine = (v_flux(body, view_of(body, side)) for side in (120, 900))
    assert fine == pytest.approx(coarse, rel=0.03)


def test_the_near_and_the_far_of_two_equal_spirals_keep_their_luminosity():
    near, far = galaxy(distance=8e6), galaxy(distance=32e6)
    assert v_flux(near, view_of(near)) == pytest.approx(16 * v_flux(far, view_of(far)), rel=0.05)


def test_arms_are_bluer_than_the_bulge():
    for seed in (0, 2, 3):  # the nucleus of the second one is young
        body = galaxy(seed=seed, distance=20e6)
        view = view_of(body, 240)
        scene = body.scene(view)
        (blue, _), (red, _) = scene.observed(BLUE), scene.observed(RED)
        v, u = view.grid()
        r = (v**2 + u**2).sqrt()
        middle, outside = r < 0.04, (r > 0.35) & (r < 0.8)
        assert (blue / red)[outside].median() > 1.2 * (blue[middle].sum() / red[middle].sum())


def test_only_the_star_formation_of_a_spiral_shows_in_the_ultraviolet():
    body = galaxy(distance=20e6, seed=4)
    scene = body.scene(view_of(body, 240))
    assert part_of_old(scene, BLUE) < 0.35
    assert part_of_old(scene, RED) > 0.5


def part_of_old(scene, band):
    rates = dict.fromkeys(band.rates, 0.0)
    for name, light, _ in scene.layers:
        rates[name] += float(light.double().sum()) * band.rates[name]
    return rates["old"] / sum(rates.values())


@pytest.mark.parametrize("kind", ["spiral", "edge-on", "merger"])
def test_dust_dims_blue_light_more_than_red(kind):
    body = galaxy(kind, seed=7)
    scene = body.scene(view_of(body, 150))
    clear = Scene(scene.view)
    for spectrum, light, _ in scene.layers:
        clear.add(spectrum, light)
    dimmed = []
    for band in ("F435W", "F814W"):
        answer = response("acs-wfc", band)
        dimmed.append(float(scene.observed(answer)[0].sum() / clear.observed(answer)[0].sum()))
    blue, red = dimmed
    assert blue < red - 0.01
    assert red < 1


def test_half_the_light_of_a_sersic_profile_lies_within_its_effective_radius():
    y, x = torch.meshgrid(torch.arange(-400.0, 401), torch.arange(-400.0, 401), indexing="ij")
    r = torch.hypot(y, x)
    light = sersic(r.clone(), 20.0, 1.0)
    assert float(light[r <= 20].sum() / light.sum()) == pytest.approx(0.5, abs=0.01)
    assert float(light.sum()) == pytest.approx(sersic_light(20.0, 1.0), rel=0.01)


def test_globular_clusters_follow_their_luminosity_function():
    magnitudes = globular_magnitudes(np.random.default_rng(0), 20_000)
    assert magnitudes.mean() == pytest.approx(-7.4, abs=0.03)
    assert magnitudes.std() == pytest.approx(1.2, abs=0.03)


def test_an_elliptical_has_as_many_globular_clusters_as_its_light_asks_for():
    canvas = canvas_of(galaxy("elliptical", distance=8e6), reach=1.0)
    options = {"effective_radius": 0.05, "axis_ratio": 1.0, "absolute_magnitude": -20.0}
    add_globular_system(canvas, frequency=5.0, **options)
    flux = canvas.scene.sources[2]
    # All but a few are brighter than the faintest that are drawn, M_V = -1.5 here.
    assert len(flux) == pytest.approx(5.0 * 100, abs=4 * np.sqrt(500))
    magnitude = -2.5 * np.log10(flux) - canvas.body.distance_modulus
    assert np.median(magnitude) == pytest.approx(-7.4, abs=0.3)


def canvas_of(body, *, side=300, reach=1.0):
    view = view_of(body, side, reach=reach)
    return Canvas(Scene(view), body, view, RandomStreams(1), (0, side, 0, side))


def test_fluxes_of_hii_regions_fall_with_the_square_of_the_distance():
    near, far = (_hii_flux(1e38, distance) for distance in (5e6, 10e6))
    assert near == pytest.approx(4 * far, rel=1e-9)
    assert far == pytest.approx(8.36, rel=1e-3)  # 1e38 erg / s at 10 Mpc is 8.36e-15 erg / s / cm2


def test_hii_regions_are_as_large_as_observed_ones():
    luminosity = np.geomspace(*HII_LUMINOSITY, 500)
    diameter = _hii_diameter(np.random.default_rng(2), luminosity)
    assert 15 <= diameter.min() < diameter.max() <= 350
    assert np.median(diameter[250:]) > 2 * np.median(diameter[:250])  # the cube root of 1000 is 10


def test_luminosity_functions_give_the_light_asked_for():
    rng = np.random.default_rng(5)
    drawn = luminosities(rng, 1e4, 2.001, 1.0, 1e3, cut=0.0, most=10**6)
    assert drawn.sum() == pytest.approx(1e4, rel=0.15)
    bright = luminosities(rng, 1e4, 2.001, 1.0, 1e3, cut=30.0, most=10**6)
    assert bright.min() >= 30
    assert len(bright) == pytest.approx((drawn > 30).sum(), abs=30)
    few = luminosities(rng, 1e6, 2.001, 1.0, 1e3, cut=0.0, most=50)
    assert len(few) <= 50
    assert few.min() > bright.min()  # the brightest remain


def test_only_near_galaxies_show_single_stars():
    near, far = galaxy("irregular", radius=2e3, distance=2e6), galaxy("irregular", radius=2e3, distance=25e6)
    stars = [(body.scene(view_of(body, 300)).sources[3] < len(STAR_TYPES)).sum() for body in (near, far)]
    assert stars[0] > 1000
    assert stars[1] < 0.3 * stars[0]


def test_points_are_bounded_in_number():
    body = galaxy("spiral", distance=1.5e6, brightness=18.5)
    view = view_of(body, 600)
    assert 0 < body.scene(view).sources.shape[1] <= 600 * 600 // 12


def test_blobs_and_shells_keep_their_flux_and_place():
    blobs = np.array(
        [[60.2, 30.0, 80.0], [50.7, 90.0, 70.0], [7.0, 3.0, 5.0], [0.5, 3.0, 9.0], [0, 0.9, 0.5]]
    )
    for one in blobs.T:
        image = blob_map(one[:, None], (130, 140), np.random.default_rng(1)).double()
        assert float(image.min()) >= 0
        assert float(image.sum()) == pytest.approx(one[2], rel=2e-3)
        y, x = torch.meshgrid(torch.arange(130.0), torch.arange(140.0), indexing="ij")
        assert float((image * y).sum() / image.sum()) == pytest.approx(one[0], abs=0.05 + 0.05 * one[3])
        assert float((image * x).sum() / image.sum()) == pytest.approx(one[1], abs=0.05 + 0.05 * one[3])


def test_graininess_has_the_variance_of_the_stars():
    canvas = canvas_of(galaxy("elliptical", distance=3e6), side=200, reach=0.02)
    light = torch.full((200, 200), canvas.unit)
    factor = star_fluctuations(canvas, light)
    expected = canvas.flux(0.3) / (canvas.unit * canvas.view.pixel_area)
    assert float(factor.mean()) == pytest.approx(1, abs=0.03)
    assert float(factor.var()) == pytest.approx(expected, rel=0.15)
    assert star_fluctuations(canvas_of(galaxy("elliptical", distance=300e6)), light) == 1.0


def test_the_numbers_of_a_spiral_do_not_depend_on_the_view():
    body = galaxy(seed=9)
    shapes = []
    for view in (view_of(body, 60), view_of(body, 800, centre=(0.2, 0.1))):
        sheet = Sheet(view, "cpu")
        sheet.paint(
            lambda canvas: shapes.append(SpiralShape(canvas.streams_of_shape)),
            body,
            view,
            RandomStreams(body.seed),
            reach=2.0,
        )
    first, second = (vars(shape) for shape in shapes)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name])


def test_members_of_a_merger_share_one_scene_and_keep_their_light():
    body = galaxy("merger", radius=25e3, distance=40e6)
    view = view_of(body, 160)
    scene = body.scene(view)
    assert len(scene.layers) <= 2 * 4 + 1
    assert sum(float(light.sum()) for _, light, _ in scene.layers) > 0


def test_large_views_show_the_same_bulge_as_small_ones():
    body = galaxy("elliptical", seed=2, distance=30e6)
    fine = view_of(body, 1200)
    small = fine.coarser(8)
    large = sum(light for _, light, _ in body.scene(fine).layers)
    blocks = large.reshape(150, 8, 150, 8).mean(dim=(1, 3))
    direct = sum(light for _, light, _ in body.scene(small).layers)
    assert float((blocks / direct)[20:130, 20:130].median()) == pytest.approx(1, abs=0.01)
