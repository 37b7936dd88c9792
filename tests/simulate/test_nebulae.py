"""Nebulae: units, bands, dust, fronts and shells; turbulence has the spectrum asked for."""

import numpy as np
import pytest
import torch

from astroclassify.simulate import KINDS, Body, RandomStreams, Scene, View, response
from astroclassify.simulate._textures import fractal
from astroclassify.simulate.scenes.gas import _planetaries
from astroclassify.simulate.scenes.gas._nebulae import emission_gas, reflection_gas
from astroclassify.simulate.scenes.gas._rays import Front, Rays
from astroclassify.simulate.scenes.gas._shells import quadric
from astroclassify.simulate.scenes.gas._stars import add_rich_field
from astroclassify.simulate.scenes.gas._structure import V_OF_HALPHA, clumps, folds

NEBULAE = [name for name, kind in KINDS.items() if kind.label == "nebula"]
GAS = ("emission", "planetary", "remnant", "bubble")
GAS_SPECTRA = ("hii", "planetary", "remnant")
BRIGHTNESS = {name: -13.5 if name in GAS else 21.0 for name in NEBULAE}
WHOLE = View((96, 96), 50.0, pixel_scale=0.2)


def nebula(kind, seed=1):
    return Body(kind, distance=2e3, radius=1.5, brightness=BRIGHTNESS[kind], seed=seed)


def halpha(scene):
    """Halpha surface brightness, 1e-15 erg / s / cm2 / arcsec2."""
    total = torch.zeros(scene.view.shape)
    for spectrum, light, dust in scene.layers:
        if spectrum in GAS_SPECTRA:
            total += light if dust is None else light * torch.exp(-0.8 * dust)
    return total


def without_dust(scene):
    bare = Scene(scene.view)
    for spectrum, light, _ in scene.layers:
        bare.add(spectrum, light)
    return bare


@pytest.mark.parametrize("kind", NEBULAE)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "view",
    [
        View((70, 90), 40.0),
        View((64, 48), 3000.0, (0.4, -0.3), 1.0),
        View((5, 4), 3.0, (3.0, 2.0)),
        View((1, 1), 60.0),
    ],
    ids=["whole", "piece", "tiny and outside", "one pixel"],
)
def test_light_and_dust_are_finite_and_not_negative(kind, seed, view):
    scene = nebula(kind, seed).scene(view)
    assert scene.layers
    for _, light, dust in scene.layers:
        for image in (light,) if dust is None else (light, dust):
            assert image.shape == view.shape
            assert image.dtype == torch.float32
            assert torch.isfinite(image).all()
            assert image.min() >= 0
    assert np.isfinite(scene.sources).all()
    assert (scene.sources[2:] >= 0).all()


@pytest.mark.parametrize("kind", NEBULAE)
def test_the_same_seed_gives_the_same_scene_and_another_another(kind):
    one, again, other = (nebula(kind, seed).scene(WHOLE) for seed in (5, 5, 6))
    for (_, light, _), (_, same, _) in zip(one.layers, again.layers, strict=True):
        assert torch.equal(light, same)
    np.testing.assert_array_equal(one.sources, again.sources)
    assert not torch.equal(one.layers[0][1], other.layers[0][1])


@pytest.mark.parametrize("kind", GAS)
@pytest.mark.parametrize("seed", range(4))
def test_bright_gas_is_as_bright_as_the_body_says(kind, seed):
    body = nebula(kind, seed)
    bright = torch.quantile(halpha(body.scene(WHOLE)).flatten(), 0.985)
    assert 1 / 3 < float(bright) / body.unit_brightness < 3


@pytest.mark.parametrize("seed", range(4))
def test_bright_dust_of_a_reflection_nebula_is_as_bright_as_the_body_says(seed):
    body = nebula("reflection", seed)
    total = sum(light * torch.exp(-dust) for _, light, dust in body.scene(WHOLE).layers)
    assert 1 / 3 < float(torch.quantile(total.flatten(), 0.985)) / body.unit_brightness < 3


@pytest.mark.parametrize("kind", GAS)
def test_gas_glows_in_the_halpha_filter_and_is_faint_in_the_infrared(kind):
    scene = nebula(kind).scene(WHOLE)
    narrow, red = response("acs-wfc", "F658N"), response("acs-wfc", "F814W")
    over_starlight = [float(scene.observed(band)[0].mean()) / band.star_rates[5] for band in (narrow, red)]
    assert over_starlight[0] > 10 * over_starlight[1]


def test_rate_of_uniform_gas_in_f658n_is_that_of_the_line_and_its_neighbour():
    # facts/instruments.md H5: 1e-15 in Halpha alone makes 0.016 e-/s in a pixel of 0.05"; our spectrum
    # of an H II region adds [N II], a few tenths of Halpha, within the same filter.
    scene = Scene(View((4, 4), 10.0, pixel_scale=0.05))
    scene.add("hii", torch.ones(4, 4))
    rate, _ = scene.observed(response("acs-wfc", "F658N"))
    assert 0.016 < float(rate.mean()) < 0.025


def test_reflected_light_is_given_in_units_that_match_the_gas():
    band = response("acs-wfc", "F606W")
    assert band.rates["blue reflection"] * V_OF_HALPHA == pytest.approx(band.rates["hii"], rel=0.2)


def test_dust_dims_blue_light_more_than_red():
    body = next(b for b in (nebula("emission", s) for s in range(20)) if most_dust(b.scene(WHOLE)) > 2)
    scene = body.scene(WHOLE)
    bare = without_dust(scene)
    blue, red = (
        float(scene.observed(band)[0].sum() / bare.observed(band)[0].sum())
        for band in (response("acs-wfc", "F435W"), response("acs-wfc", "F814W"))
    )
    assert blue < red < 1


@pytest.mark.parametrize("seed", range(3))
def test_all_the_gas_of_an_emission_nebula_but_the_veil_lies_behind_the_dust(seed):
    layers = nebula("emission", seed).scene(WHOLE).layers
    assert [dust is None for spectrum, _, dust in layers if spectrum == "hii"][:2] == [False, True]
    assert all(dust is not None for spectrum, _, dust in layers if spectrum != "hii")


def most_dust(scene):
    return max(float(dust.max()) for _, _, dust in scene.layers if dust is not None)


def test_a_planetary_keeps_its_brightness_however_its_parts_are_weighed(monkeypatch):
    parts, expected = _planetaries._parts, halpha(nebula("planetary", 4).scene(WHOLE))
    heavier = lambda rng: [(name, 10 * weight, shape) for name, weight, shape in parts(rng)]  # noqa: E731
    monkeypatch.setattr(_planetaries, "_parts", heavier)
    torch.testing.assert_close(halpha(nebula("planetary", 4).scene(WHOLE)), expected, rtol=1e-3, atol=1e-3)


def test_a_planetary_is_richer_in_oxygen_within_than_without():
    oxygen, hydrogen = response("wfc3-uvis", "F502N"), response("wfc3-uvis", "F656N")
    inner, outer = [], []
    for seed in range(12):
        scene = nebula("planetary", seed).scene(WHOLE)
        both = [scene.observed(band)[0].numpy() for band in (oxygen, hydrogen)]
        r = np.hypot(*(c.numpy() for c in WHOLE.grid()))
        for ratios, where in ((inner, r < 0.4), (outer, r > 0.8)):
            ratios.append(both[0][where].sum() / both[1][where].sum())
    assert np.mean(inner) > 1.2 * np.mean(outer)


@pytest.mark.parametrize("draw", [emission_gas, reflection_gas])
@pytest.mark.parametrize("seed", range(3))
def test_relative_maps_have_a_bright_part_of_about_one(draw, seed):
    light = draw(View((96, 96), 80.0), RandomStreams(seed))
    assert light.min() >= 0
    assert 0.3 < float(torch.quantile(light.flatten(), 0.985)) < 3


def test_columns_along_rays_grow_with_the_distance_from_the_star():
    rays = Rays(View((80, 80), 40.0), (0.3, -0.2))
    column = rays.on_view(rays.column(rays.along(torch.ones(80, 80))))
    far = rays.distance > 10
    torch.testing.assert_close(column[far], rays.distance[far], rtol=0.05, atol=2.0)


def test_a_dense_clump_throws_a_shadow_away_from_the_star_and_has_a_bright_head():
    view = View((120, 120), 60.0)
    density = 0.2 + 30 * clumps(view, RandomStreams(0), np.array([[0.0], [0.2]]), np.array([0.08]))
    front = Front(Rays(view, (0.0, -3.0)), density, 0.9, power=0.0, penumbra=0.01)
    ionised, rim = front.ionised(), front.rim(3.0)
    y, x = (int(np.round(c)) for c in view.to_pixels(0.0, 0.2))
    assert ionised[y, x + 20] < 0.05  # behind it
    assert ionised[y + 30, x + 20] > 0.95  # beside its shadow
    assert ionised[y, x - 20] > 0.95  # before it
    assert rim[y, x - 8 : x].max() > 0.3
    assert rim[y, x + 8 :].max() < 0.05


def test_clumps_end_smoothly_within_the_part_that_is_drawn():
    view = View((200, 200), 100.0)
    bend = fractal((200, 200), RandomStreams(3), slope=3.0)
    density = clumps(view, RandomStreams(1), np.zeros((2, 1)), np.array([0.3]), bend=bend)
    y, x = torch.meshgrid(torch.arange(200) - 99.5, torch.arange(200) - 99.5, indexing="ij")
    assert density.max() > 0.9
    assert density[torch.hypot(y, x) > 2 * 30].max() == 0  # twice its radius


def test_light_closes_narrow_shadows_again():
    view = View((100, 200), 60.0)
    density = 0.05 + 30 * clumps(view, RandomStreams(0), np.array([[0.0], [-1.4]]), np.array([0.06]))
    rays = Rays(view, (0.0, -5.0))
    sharp, soft = (Front(rays, density, 0.9, power=0.0, penumbra=p) for p in (0.0, 0.3))
    assert sharp.used[50, -5] > 1
    assert soft.used[50, -5] < sharp.used[50, -5]


def test_folded_sheets_have_lines_that_turbulence_has_not():
    view = View((200, 200), 150.0)
    column, noise = (
        folds(view, RandomStreams(4), scale=1.0).numpy(),
        fractal(view.shape, RandomStreams(4)).numpy(),
    )
    steps = [np.abs(np.diff(image)) for image in (column, noise)]
    peaked, of_noise = (np.quantile(each, 0.99) / np.median(each) for each in steps)
    assert peaked > 2 * of_noise


@pytest.mark.parametrize("side", [1, -1], ids=["from the left", "from the right"])
def test_sharp_sides_of_sheets_face_the_light(side):
    away = side * torch.arange(200.0).expand(200, 200)
    rise = side * folds(View((200, 200), 150.0), RandomStreams(0), scale=1.0, number=1, away=away).diff(dim=1)
    assert rise.pow(3).mean() > rise.square().mean() ** 1.5  # steeply up to the lines, slowly down behind


@pytest.mark.parametrize("tilt", [0.0, 0.7])
def test_a_thin_sphere_shines_as_its_slant_and_brightest_at_the_limb(tilt):
    x = torch.linspace(-1, 1, 801)[None, :]
    light = quadric(
        x, torch.zeros_like(x), waist=0.8, flare=-1.0, tilt=tilt, thin=1e-4, reach=9.0, pixel=1 / 400
    )[0]
    middle = float(light[400])
    half = float(light[(x[0] - 0.4).abs().argmin()])
    assert half / middle == pytest.approx(1 / np.sqrt(1 - 0.5**2), rel=0.01)
    assert light[(x[0].abs() < 0.8)].max() > 5 * middle
    assert light[x[0].abs() > 0.83].max() < 0.01 * middle


def test_bubbles_are_brighter_at_the_limb_than_in_the_middle():
    profiles = []
    r = np.hypot(*(c.numpy() for c in WHOLE.grid()))
    for seed in range(12):
        light = halpha(nebula("bubble", seed).scene(WHOLE)).numpy()
        rings = [light[(r >= a) & (r < a + 0.08)].mean() for a in np.arange(0, 0.95, 0.08)]
        profiles.append(np.max(rings[5:]) / np.mean(rings[:3]))
    assert np.median(profiles) > 1.3


def test_stars_behind_a_dark_cloud_follow_the_counts_and_are_dimmed():
    view = View((400, 400), 200.0, pixel_scale=0.2)
    scene = Scene(view)
    depth = torch.zeros(view.shape)
    depth[:, 200:] = 3.0
    add_rich_field(scene, RandomStreams(2), depth, density=60.0, faintest=24.0)
    _, x, flux, _, extinction = scene.sources
    magnitude = -2.5 * np.log10(flux)
    counts = [np.sum(magnitude < limit) for limit in (21.0, 24.0)]
    assert np.log10(counts[1] / counts[0]) / 3 == pytest.approx(0.3, abs=0.03)
    assert np.median(extinction[x > 200]) - np.median(extinction[x < 200]) == pytest.approx(3.26, abs=0.2)


@pytest.mark.parametrize("slope", [2.5, 3.5])
def test_turbulence_has_the_power_spectrum_asked_for(slope):
    streams, power = RandomStreams(0), 0
    for _ in range(20):
        field = fractal((256, 256), streams, slope=slope).numpy()
        window = np.hanning(256)[:, None] * np.hanning(256)
        power = power + np.abs(np.fft.rfft2(field * window)) ** 2
    k = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256))
    chosen = (k > 0.03) & (k < 0.3)
    fitted = np.polyfit(np.log(k[chosen]), np.log(power[chosen]), 1)[0]
    assert -fitted == pytest.approx(slope, abs=0.2)
