"""Star clusters: their stars, their profiles, their light."""

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError
from astroclassify.simulate import Body, RandomStreams, Scene, View
from astroclassify.simulate.scenes._palette import STAR_TYPES, star_types
from astroclassify.simulate.scenes.stars._clusters import Swarm, add_swarm
from astroclassify.simulate.scenes.stars._populations import (
    draw_counts,
    old_stars,
    turn_off_mass,
    young_stars,
)
from astroclassify.simulate.scenes.stars._profiles import King, PowerLaw

PROFILES = {
    "Plummer": PowerLaw(0.2),
    "EFF": PowerLaw(0.1, 2.6, 2.0),
    "loose King": King(0.3),
    "King": King(0.03),
}


def light_of(scene):
    """V light within the window: of stars, and of the diffuse layers."""
    rows, columns = scene.view.shape
    y, x, flux, *_ = scene.sources
    inside = (y > -0.5) & (y < rows - 0.5) & (x > -0.5) & (x < columns - 0.5)
    return flux[inside].sum(), sum(float(light.sum()) for _, light, _ in scene.layers) * scene.view.pixel_area


def whole_view(body, pixels=400, reach=1.3):
    scale = pixels / 2 / reach
    return View((pixels, pixels), scale, (0.05, -0.02), 0.4, body.angular_radius / scale)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_radii_and_enclosed_parts_invert_each_other(profile):
    part = np.linspace(0.001, 0.999, 300)
    np.testing.assert_allclose(profile.enclosed(profile.radii(part)), part, atol=2e-3)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_density_integrates_to_the_enclosed_part(profile):
    edges = np.linspace(0, 0.8, 4001)
    r = torch.as_tensor((edges[1:] + edges[:-1]) / 2)
    inside = float((profile.density(r**2) * 2 * np.pi * r).sum()) * 0.8 / 4000
    assert inside == pytest.approx(float(profile.enclosed(0.8)), rel=2e-3)


def test_half_light_radii_are_those_of_the_textbook():
    assert PowerLaw(0.2, 4.0, 1e3).half_light == pytest.approx(0.2, rel=1e-3)  # Plummer (1911), in projection
    assert King.of_half_light(0.1).half_light == pytest.approx(0.1, rel=0.01)
    assert King.of_half_light(3.0, tidal=20.0).half_light == pytest.approx(3.0, rel=0.01)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (0.3, -0.2)])
def test_half_of_a_drawn_plummer_cluster_lies_within_its_half_light_radius(centre):
    body = Body("globular", 20e3, 20.0, -8.0)
    stars = old_stars()
    swarm = Swarm(stars, stars.number_of_stars(-8.0), PowerLaw(0.2), centre)
    view = View((800, 800), 200.0, centre, 0.0, body.angular_radius / 200.0)
    scene = Scene(view)
    add_swarm(scene, swarm, body, RandomStreams(3))
    y, x, flux, *_ = scene.sources
    r = np.hypot(y - 399.5, x - 399.5) / view.scale
    v, u = view.grid()
    within = torch.hypot(v - centre[0], u - centre[1]) < 0.2
    (_, glow, _), points = *scene.layers, flux[r < 0.2].sum()
    half = points + float(glow[within].sum()) * view.pixel_area
    assert half / (flux.sum() + float(glow.sum()) * view.pixel_area) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("distance", [5e3, 80e3, 900e3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_light_of_a_globular_is_that_of_its_magnitude(distance, seed):
    body = Body("globular", distance, 50.0, -7.0 - 0.7 * seed, seed=seed)
    light = sum(light_of(body.scene(whole_view(body, reach=2.5))))
    assert -2.5 * np.log10(light) == pytest.approx(body.brightness + body.distance_modulus, abs=0.1)


@pytest.mark.parametrize(("kind", "seed"), [("open", 1), ("open", 2), ("open", 5), ("young", 3)])
def test_the_stars_of_a_loose_cluster_shine_as_its_magnitude_says(kind, seed):
    body = Body(kind, 5e3, 8.0, -6.5, seed=seed)
    scene = body.scene(whole_view(body, reach=3.0))
    light = scene.sources[2].sum()
    # Few bright stars, and who has a companion is left to chance.
    assert -2.5 * np.log10(light) == pytest.approx(body.brightness + body.distance_modulus, abs=0.35)


def test_stars_too_many_to_be_told_apart_keep_their_light():
    body = Body("globular", 400e3, 40.0, -9.0, seed=4)
    coarse, fine = (light_of(body.scene(whole_view(body, pixels))) for pixels in (48, 400))
    assert coarse[1] / sum(coarse) > 2 * fine[1] / sum(fine)  # more of it is glow
    assert sum(coarse) == pytest.approx(sum(fine), rel=0.06)


def test_the_glow_has_the_graininess_of_its_stars():
    body = Body("globular", 800e3, 40.0, -9.0)
    stars = old_stars()
    view = View((200, 200), 1e4, pixel_scale=0.05)  # a small piece of the middle: as good as flat
    scene = Scene(view)
    add_swarm(scene, Swarm(stars, 1e7, PowerLaw(1.0)), body, RandomStreams(1))
    ((_, glow, _),) = scene.layers
    each = glow[glow > 0].min()  # light of the typical star
    assert float(glow.var() / glow.mean() / each) == pytest.approx(1.0, rel=0.05)


def test_the_luminosity_function_has_a_turn_off_giants_and_a_horizontal_branch():
    stars = old_stars(blue_fraction=0.6)

    def number(low, high, coolest=0.0, hottest=1e5):
        inside = (stars.magnitude > low) & (stars.magnitude < high)
        return stars.number[inside & (stars.temperature > coolest) & (stars.temperature < hottest)].sum()

    assert stars.magnitude.min() == pytest.approx(-2.5, abs=0.1)
    assert number(4.0, 4.5) > 4 * number(3.0, 3.5)  # the main sequence ends
    assert number(0.4, 0.8) > 2 * number(-0.4, 0.0)  # the branch stands out
    assert number(0.0, 2.2, coolest=5300) == pytest.approx(1.3 * number(-3, 0.6, hottest=5300), rel=0.25)
    assert number(1.8, 3.9, coolest=6900) > 0  # blue stragglers, above the turn-off
    giants = stars.temperature[stars.magnitude < -1]
    assert giants.min() > 3400
    assert giants.max() < 5000
    assert stars.temperature[stars.magnitude > 3.95].max() == pytest.approx(6250, rel=0.01)


def test_an_average_globular_has_as_many_stars_as_such_clusters_have():
    # About 1e5 solar masses and 100 to 200 horizontal-branch stars at M_V = -7.5: textbook figures.
    stars = old_stars()
    number = stars.number_of_stars(-7.5)
    assert 1e5 < number < 4e5
    branch = (stars.magnitude > 0.3) & (stars.magnitude < 2.1) & (stars.temperature > 5300)
    assert 100 < number * stars.number[branch].sum() < 220


def test_older_clusters_have_fainter_redder_turn_offs():
    young, middle, old = (young_stars(age) for age in (5e6, 1e8, 1e9))
    assert turn_off_mass(5e6) > turn_off_mass(1e8) > turn_off_mass(1e9) > 1
    assert young.magnitude[0] < middle.magnitude[0] < old.magnitude[0]
    assert young.temperature.max() > middle.temperature.max() > old.temperature.max()


def test_stars_brighter_than_asked_for_are_left_out():
    assert young_stars(5e6, brightest=-3.0).magnitude.min() > -3.0
    with pytest.raises(ParameterError, match=r"brighter than M_V 20"):
        young_stars(5e6, brightest=20.0)
    with pytest.raises(ParameterError, match=r"1e5 to 3e9"):
        young_stars(1e11)


def test_heavier_stars_are_nearer_to_the_centre():
    body = Body("globular", 5e3, 30.0, -7.0)
    stars = old_stars(mass_slope=0.3)
    view = whole_view(body, 800, reach=3.0)
    radii = {}
    for segregation in (0.0, 0.3):
        scene = Scene(view)
        swarm = Swarm(stars, 60_000, PowerLaw(0.2), segregation=segregation)
        add_swarm(scene, swarm, body, RandomStreams(2))
        y, x, flux, *_ = scene.sources
        v, u = view.to_body(y, x)
        faint = -2.5 * np.log10(flux) - body.distance_modulus > 8
        radii[segregation] = [np.median(np.hypot(v, u)[chosen]) for chosen in (~faint, faint)]
    assert radii[0.0][1] / radii[0.0][0] == pytest.approx(1.0, abs=0.04)
    assert radii[0.3][1] / radii[0.3][0] > 1.15
    assert radii[0.3][0] == pytest.approx(radii[0.0][0], rel=0.1)


def test_a_piece_of_a_cluster_holds_as_many_stars_as_the_whole_has_there():
    body = Body("globular", 5e3, 30.0, -6.0)
    stars = old_stars()
    swarm = Swarm(stars, 40_000, King(0.1), flattening=0.8, angle=0.7, segregation=0.2)
    numbers = []
    for view in (
        View((60, 90), 200.0, (0.3, -0.2), 0.5, body.angular_radius / 200.0),
        View((600, 600), 200.0, (0.3, -0.2), 0.5, body.angular_radius / 200.0),
    ):
        scene = Scene(view)
        add_swarm(scene, swarm, body, RandomStreams(6))
        y, x, flux, *_ = scene.sources
        inside = (abs(y - (view.shape[0] - 1) / 2) < 30) & (abs(x - (view.shape[1] - 1) / 2) < 45)
        numbers.append((inside & (flux > 10 ** (-0.4 * (7 + body.distance_modulus)))).sum())
    piece, whole = numbers
    assert whole > 300
    assert abs(piece - whole) < 4 * np.sqrt(2 * whole)


def test_counts_add_up_to_their_expectation():
    expected = np.random.default_rng(0).random(500) * 0.4
    counts = draw_counts(np.random.default_rng(1), expected)
    assert abs(np.cumsum(counts) - np.cumsum(expected)).max() <= 1
    assert counts.min() >= 0


def test_the_stars_have_the_colours_of_their_branches():
    body = Body("globular", 10e3, 40.0, -8.0, seed=1)
    *_, flux, kind, _ = body.scene(whole_view(body, 600)).sources
    magnitude = -2.5 * np.log10(flux) - body.distance_modulus
    cool = star_types([4300.0])[0]
    assert (kind[magnitude < -1.7] >= cool - 1).all()
    on_branch = kind[(magnitude > 0.3) & (magnitude < 0.9)]
    assert (on_branch <= STAR_TYPES.index("F0")).any()


def test_young_clusters_bring_gas():
    spectra = set()
    for seed in range(8):
        body = Body("young", 3e3, 10.0, -8.0, seed=seed)
        view = View((64, 64), 40.0, pixel_scale=body.angular_radius / 40.0)
        spectra.update(name for name, light, _ in body.scene(view).layers if float(light.max()) > 0)
    assert {"hii", "blue reflection"} <= spectra


@pytest.mark.parametrize("kind", ["globular", "open", "young", "field"])
def test_the_same_view_of_a_body_is_the_same(kind):
    body = Body(kind, 3e3, 10.0, -7.0, seed=3)
    view = View((50, 60), 30.0, (0.1, 0.2), 0.3, body.angular_radius / 30.0)
    one, again = body.scene(view), body.scene(view)
    np.testing.assert_array_equal(one.sources, again.sources)
    for (_, light, _), (_, same, _) in zip(one.layers, again.layers, strict=True):
        assert torch.equal(light, same)
