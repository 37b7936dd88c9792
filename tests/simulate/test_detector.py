"""From electrons to ADU: noise, wells, transfers, amplifiers, on every layout of every camera."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.instruments import (
    ACS_WFC,
    CSST_MSC,
    PARALLEL_OVERSCAN,
    PHYSICAL_PRESCAN,
    SCIENCE,
    SERIAL_OVERSCAN,
    WFC3_UVIS,
)
from astroclassify.io import read_frames, write_raw
from astroclassify.io._overscan import trim
from astroclassify.simulate import ChipWindow, RandomStreams, point_spread, random_optics
from astroclassify.simulate.detector._charge import bleed, defer
from astroclassify.simulate.detector._collect import collect_electrons
from astroclassify.simulate.detector._effects import Effects, random_effects
from astroclassify.simulate.detector._readout import read_out

NONE = Effects.none()
CAMERAS = (ACS_WFC, WFC3_UVIS, CSST_MSC)
HST_LAYOUTS = [(camera, layout) for camera in (ACS_WFC, WFC3_UVIS) for layout in camera.layouts]
SMALL = next(layout for layout in ACS_WFC.layouts if layout.name == "WFC1A-512")


def named(camera, name):
    return next(layout for layout in camera.layouts if layout.name == name)


def flat(electrons, shape=(512, 512)):
    return torch.full(shape, float(electrons))


def raw_of(electrons, layout=SMALL, camera=ACS_WFC, *, seed=1, **effects):
    return read_out(electrons, layout, camera, effects=replace(NONE, **effects), streams=RandomStreams(seed))


# Exposure -------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [3.0, 300.0, 30_000.0])
def test_photons_have_the_variance_of_their_mean(level):
    electrons = collect_electrons(
        flat(level / 10, (512, 1024)),
        ACS_WFC,
        10.0,
        effects=replace(NONE, photon_noise=True),
        streams=RandomStreams(1),
    )
    assert electrons.mean().item() == pytest.approx(level, rel=0.005)
    assert electrons.var().item() == pytest.approx(level, rel=0.01)


def test_without_effects_a_chip_collects_rate_times_time():
    rate = torch.rand((30, 40), generator=torch.Generator().manual_seed(1))
    electrons = collect_electrons(rate, ACS_WFC, 500.0, effects=NONE, streams=RandomStreams(1))
    assert torch.equal(electrons, rate * 500)


def test_extra_electrons_flash_and_dark_current_add_up():
    effects = replace(NONE, dark=1.0, post_flash=12.0)
    electrons = collect_electrons(
        flat(0.1), WFC3_UVIS, 600.0, effects=effects, streams=RandomStreams(1), extra=flat(7)
    )
    assert electrons.mean().item() == pytest.approx(60 + 12 + 7 + 600 * 11 / 3600, rel=1e-5)


def test_a_binned_pixel_has_the_dark_current_of_all_its_pixels():
    effects = replace(NONE, dark=1.0, post_flash=10.0)
    one, four = (
        collect_electrons(
            flat(0, (1000, 1000)),
            WFC3_UVIS,
            100.0,
            effects=effects,
            streams=RandomStreams(1),
            window=ChipWindow.of(WFC3_UVIS, named(WFC3_UVIS, name)),
        ).mean()
        for name in ("UVIS1 full frame", "UVIS1 binned 2 x 2")
    )
    assert float(four / one) == pytest.approx(4)


def test_hot_and_warm_pixels_are_as_many_and_as_hot_as_asked_for():
    effects = replace(NONE, hot_pixels=0.01, warm_pixels=0.02)
    charge = collect_electrons(
        flat(0, (1024, 1024)), ACS_WFC, 1000.0, effects=effects, streams=RandomStreams(1)
    )
    # Within 7%: a small part of them comes and goes with the anneals.
    assert (charge >= 80).double().mean().item() == pytest.approx(0.01, rel=0.1)
    assert ((charge > 0) & (charge < 80)).double().mean().item() == pytest.approx(0.02, rel=0.1)
    assert charge[charge > 0].min() >= 40


def test_pixels_respond_differently_to_light_but_not_to_dark_current():
    effects = replace(NONE, pixel_response=0.01, dark=1.0)
    light = collect_electrons(flat(10), ACS_WFC, 100.0, effects=effects, streams=RandomStreams(1))
    dark = collect_electrons(flat(0), ACS_WFC, 100.0, effects=effects, streams=RandomStreams(1))
    assert float(light.std() / light.mean()) == pytest.approx(0.01, rel=0.02)
    assert dark.std() == 0


@pytest.mark.parametrize("bad", [-1.0, np.nan, 1e20])
def test_impossible_rates_are_errors(bad):
    with pytest.raises(ParameterError, match="must be from 0 to 1e\\+14"):
        collect_electrons(flat(bad, (4, 4)), ACS_WFC, 10.0, effects=Effects(), streams=RandomStreams(1))


def test_a_rate_is_of_one_chip():
    with pytest.raises(ParameterError, match="3 axes; expected 2"):
        collect_electrons(torch.zeros(2, 3, 4), ACS_WFC, 10.0, effects=NONE, streams=RandomStreams(1))


# Bleeding -------------------------------------------------------------------------------------


def test_bleeding_conserves_charge_and_leaves_no_well_too_full():
    rng = torch.Generator().manual_seed(2)
    electrons = torch.poisson(flat(60, (800, 20)), generator=rng)
    electrons[300, 4], electrons[350, 4], electrons[400:403, 9] = 2e6, 5e6, 1e6
    before = electrons.double().sum(dim=0)
    bleed(electrons, 77_400.0)
    assert electrons.max() <= 77_400
    np.testing.assert_allclose(electrons.double().sum(dim=0), before, rtol=1e-6)


def test_a_star_bleeds_as_far_up_as_down_and_only_in_its_columns():
    electrons = flat(0, (401, 5))
    electrons[200, 2] = 50 * 1000.0
    bleed(electrons, 1000.0)
    (rows,) = np.nonzero(electrons[:, 2].numpy())
    assert (rows.min(), rows.max()) in ((175, 225), (176, 224))
    assert electrons[:, [0, 1, 3, 4]].sum() == 0


def test_what_bleeds_over_the_edge_is_gone():
    electrons = flat(0, (50, 1))
    electrons[0] = 10_000.0
    bleed(electrons, 1000.0)
    assert electrons.sum().item() == pytest.approx(1000 + 4500)


def test_collect_bleeds_at_the_cameras_full_well():
    rate = flat(0, (300, 9))
    rate[150, 4] = 1e5
    electrons = collect_electrons(
        rate, CSST_MSC, 10.0, effects=replace(NONE, bleeding=True), streams=RandomStreams(1)
    )
    assert electrons.max() == CSST_MSC.full_well
    assert electrons.sum().item() == pytest.approx(1e6, rel=1e-6)


# Charge transfer ------------------------------------------------------------------------------


def deferred_by(level, transfers, fraction=0.05):
    block = flat(0, (400, 1))
    block[10] = level
    defer(block, fraction, transfers=transfers - 10)
    return block[:, 0].double()


def test_transfers_conserve_charge():
    assert deferred_by(1000.0, 2000).sum().item() == pytest.approx(1000, rel=1e-4)


def test_charge_is_released_after_the_pixel_it_was_lost_from():
    block = deferred_by(1000.0, 2000)
    assert not block[:10].any()
    assert (block[11:200].diff() < 0).all()


def test_a_faint_signal_loses_the_fraction_asked_for_and_in_proportion_to_its_transfers():
    lost = {n: 1 - deferred_by(0.01, n)[10].item() / 0.01 for n in (500, 1000, 2000)}
    assert lost[2000] == pytest.approx(0.05, rel=1e-3)
    assert lost[1000] == pytest.approx(0.025, rel=1e-3)
    assert lost[500] == pytest.approx(0.0125, rel=1e-3)


def test_a_bright_signal_loses_more_charge_but_a_smaller_fraction_of_it():
    faint, bright = (level - deferred_by(level, 2000)[10].item() for level in (10.0, 10_000.0))
    assert faint < bright < 0.2 * 1000 * faint


@pytest.mark.parametrize("rows", [5, 64, 65, 300])
def test_blocks_of_rows_make_no_difference(rows):
    rng = torch.Generator().manual_seed(3)
    whole = torch.rand((rows, 7), generator=rng) * 100
    expected = whole.double().clone()
    share = 0.05 / 2000 * (900 + torch.arange(rows))[:, None].double()
    lost = expected * share / torch.sqrt(1 + expected / 20)
    expected -= lost
    distance = np.subtract.outer(np.arange(rows), np.arange(rows))
    trail = sum(
        part * (1 - np.exp(-1 / tau)) * np.exp(-(distance - 1) / tau)
        for part, tau in ((0.25, 1.0), (0.35, 8.0), (0.4, 40.0))
    )
    expected += torch.from_numpy(np.where(distance > 0, trail, 0)) @ lost
    defer(whole, 0.05, transfers=900)
    np.testing.assert_allclose(whole, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", "ABCD")
def test_trails_point_away_from_the_amplifier(name):
    amplifier = ACS_WFC.amplifiers[name]
    layout = next(a for a in ACS_WFC.layouts[:2] if name in a.amplifiers)
    electrons = flat(0, layout.science_shape)
    y, x = 1024, 100 if amplifier.corner[1] == "left" else 4000
    electrons[y, x] = 10_000.0
    image = trim(raw_of(electrons, layout, cte=0.4), layout).astype(float) - amplifier.bias_level
    after, before = image[y + 1 : y + 4, x].sum(), image[y - 3 : y, x].sum()
    if amplifier.corner[0] == "top":
        after, before = before, after
    assert after > 10
    assert before == 0


@pytest.mark.parametrize(
    ("camera", "name", "place"),
    [
        (ACS_WFC, "WFC1A-512", (1700, 50)),
        (ACS_WFC, "WFC2C-512", (100, 50)),
        (WFC3_UVIS, "UVIS2-M512C-SUB", (1700, 1700)),  # 1539 rows away from its amplifier
    ],
)
def test_a_star_loses_in_a_window_what_it_loses_in_a_full_frame(camera, name, place):
    window = named(camera, name)
    full = camera.layouts[window.chip - 1]
    electrons = flat(0, full.science_shape)
    electrons[place] = 20_000.0
    rows, columns = (slice(o, o + n) for o, n in zip(window.origin, window.science_shape, strict=True))
    whole = trim(raw_of(electrons, full, camera, cte=0.4), full)[rows, columns]
    part = trim(raw_of(electrons[rows, columns], window, camera, cte=0.4), window)
    amplifier = camera.amplifiers[window.amplifiers[0]]
    assert np.array_equal(part, whole)
    assert part.max() < amplifier.bias_level + 20_000 / amplifier.gain - 3


@pytest.mark.parametrize(("camera", "name"), [(ACS_WFC, "WFC2C-2K"), (WFC3_UVIS, "UVIS1 full frame")])
def test_deferred_charge_of_the_last_rows_is_in_the_virtual_ones(camera, name):
    layout = named(camera, name)
    raw = raw_of(flat(20_000, layout.science_shape), layout, camera, cte=0.1).astype(float)
    for section in layout.of_kind(PARALLEL_OVERSCAN):
        excess = np.median(raw[section.slices], axis=1) - camera.amplifiers[section.amplifier].bias_level
        if camera.amplifiers[section.amplifier].corner[0] == "top":
            excess = excess[::-1]
        assert excess[0] > excess[2] > excess[10] > 0
    for section in layout.of_kind(PHYSICAL_PRESCAN):
        assert np.all(raw[section.slices] == camera.amplifiers[section.amplifier].bias_level)


def test_deferred_charge_of_the_last_columns_is_in_the_virtual_ones():
    layout = named(WFC3_UVIS, "UVIS2 full frame")
    raw = raw_of(flat(40_000, layout.science_shape), layout, WFC3_UVIS, cte=0.1).astype(float)
    for section in layout.of_kind(SERIAL_OVERSCAN):
        columns = raw[section.slices].mean(axis=0) - 2500
        ordered = columns if section.amplifier == "C" else columns[::-1]
        assert ordered[0] > ordered[1] > 10
        assert not ordered[2:].any()


def test_recent_frames_lose_a_tenth_of_a_magnitude_of_a_faint_star_on_little_background():
    # ACS ISR 2025-02: more than 0.1 mag on small scales, but close to the amplifier or on 3000 electrons.
    star = point_spread("acs-wfc", "F606W").image()
    half = star.shape[0] // 2
    star = star[half - 15 : half + 16, half - 15 : half + 16]
    cte = random_effects(np.random.default_rng(1), "acs-wfc", date=60_300.0).cte

    def lost(electrons, background, rows):
        image = torch.zeros((160, 31))
        image[40:71] = electrons * star
        sky = flat(background, image.shape)
        read = image + sky
        for each in (read, sky):
            defer(each, cte, transfers=rows - 55)
        inside = torch.hypot(torch.arange(160)[:, None] - 55.0, torch.arange(31) - 15.0) <= 3
        return -2.5 * np.log10(float((read - sky)[inside].sum() / image[inside].sum()))

    assert lost(300, 5, 2000) > 0.1
    assert lost(300, 40, 2000) < 0.75 * lost(300, 5, 2000)
    assert lost(300, 5, 400) < 0.05
    assert lost(10_000, 40, 2000) < 0.05


# Amplifiers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("camera", "layout"), HST_LAYOUTS, ids=[layout.name for _, layout in HST_LAYOUTS])
def test_without_effects_every_pixel_of_every_layout_is_exact(camera, layout):
    rows, columns = layout.science_shape
    electrons = 10.0 * torch.arange(rows)[:, None] + torch.arange(columns)
    raw = raw_of(electrons, layout, camera)
    assert (raw.shape, raw.dtype) == (layout.shape, np.uint16)
    image = trim(raw, layout)
    for name, region in layout.science_regions.items():
        amplifier = camera.amplifiers[name]
        expected = electrons[region] / amplifier.gain + amplifier.bias_level
        assert np.array_equal(image[region], expected.round().numpy())
    for section in layout.sections:
        if section.kind != SCIENCE:
            assert np.all(raw[section.slices] == round(camera.amplifiers[section.amplifier].bias_level))


def test_all_channels_of_csst_are_read_and_bias_is_in_the_overscan():
    layout = named(CSST_MSC, "with overscan")
    electrons = torch.zeros(layout.science_shape)
    for number, (rows, columns) in layout.science_regions.items():
        electrons[rows, columns] = 110.0 * int(number)
    raw = read_out(electrons, layout, CSST_MSC, effects=replace(NONE, cte=0.01), streams=RandomStreams(1))
    assert raw.shape == (9400, 10_000)
    for section in layout.of_kind(SCIENCE):
        near, far = (slice(*section.y), slice(section.x[0] + 300, section.x[0] + 310)), section.slices
        assert np.median(raw[near]) == 500 + 100 * int(section.amplifier)
        assert raw[far].max() <= 501 + 100 * int(section.amplifier)
    assert all(np.median(raw[s.slices]) == 500 for s in layout.of_kind(SERIAL_OVERSCAN))


@pytest.mark.parametrize("name", ["WFC1A-512", "WFC2D-512"])
def test_gain_bias_and_read_noise_come_back_from_a_re_read_frame(tmp_path, name):
    layout = named(ACS_WFC, name)
    amplifier = ACS_WFC.amplifiers[layout.amplifiers[0]]
    effects = replace(
        NONE, photon_noise=True, read_noise=1.0, bias_jitter=30.0, bias_gradient=7.0, startup_ramp=24.0
    )
    means, variances = [], []
    for level in (0.0, 40_000.0):
        streams = RandomStreams(4)
        electrons = collect_electrons(
            flat(level, layout.science_shape), ACS_WFC, 1.0, effects=effects, streams=streams
        )
        raw = read_out(electrons, layout, ACS_WFC, effects=effects, streams=streams)
        write_raw(
            tmp_path / "j_raw.fits",
            {layout.chip: raw},
            instrument=ACS_WFC,
            band="F606W",
            exptime=1,
            header={"CCDAMP": amplifier.name},
            overwrite=True,
        )
        (frame,) = read_frames(tmp_path / "j_raw.fits")
        assert frame.meta[f"ACBIAS{amplifier.name}"] == pytest.approx(amplifier.bias_level, abs=120)
        means.append(frame.data.mean(dtype=float))
        pairs = np.diff(frame.data.astype(float), axis=1)[:, ::2]  # gradients drop out
        variances.append(pairs.var() / 2)
    assert means[0] == pytest.approx(0, abs=1.0)
    assert means[1] - means[0] == pytest.approx(40_000 / amplifier.gain, rel=1e-3)
    assert np.diff(means) / np.diff(variances) == pytest.approx(amplifier.gain, rel=0.01)
    read_noise = np.sqrt(variances[0] - 1 / 12) * amplifier.gain
    assert read_noise == pytest.approx(amplifier.read_noise, rel=0.01)


def test_read_noise_is_everywhere():
    raw = raw_of(flat(0, SMALL.science_shape), read_noise=1.0)
    for section in SMALL.sections:
        assert raw[section.slices].std() == pytest.approx(4.35 / 2.02, rel=0.03)


def test_levels_of_amplifiers_jitter_and_slope():
    layout = ACS_WFC.layouts[0]
    electrons = flat(0, layout.science_shape)
    levels = {"A": [], "B": []}
    for seed in range(6):
        raw = raw_of(electrons, layout, seed=seed, bias_jitter=50.0, bias_gradient=7.0).astype(float)
        for section in layout.of_kind(PHYSICAL_PRESCAN):
            levels[section.amplifier].append(
                raw[section.slices].mean() - ACS_WFC.amplifiers[section.amplifier].bias_level
            )
            slope = abs(raw[section.slices][-1].mean() - raw[section.slices][0].mean())
            assert 2 < slope < 12
    spread = np.std(levels["A"] + levels["B"])
    assert 20 < spread < 90
    assert abs(np.corrcoef(levels["A"], levels["B"])[0, 1]) < 0.99


def test_the_first_columns_read_ring():
    for name, start in (("WFC2C-512", 0), ("WFC2D-512", -1)):
        layout = named(ACS_WFC, name)
        raw = raw_of(flat(0, layout.science_shape), layout, startup_ramp=24.0)
        level = round(ACS_WFC.amplifiers[layout.amplifiers[0]].bias_level)
        columns = raw[0, :: -1 if start else 1].astype(int) - level
        assert list(columns[:5]) == [24, 7, 2, 1, 0]  # HRC: 24, 6, 4, 0
        assert not columns[5:].any()


def test_stripes_are_common_to_the_amplifiers_of_a_chip_and_stronger_at_low_frequencies():
    layout = ACS_WFC.layouts[1]
    raw = raw_of(flat(0, layout.science_shape), layout, striping=40.0).astype(float)
    left, right = (raw[:, x] * ACS_WFC.amplifiers[n].gain for x, n in ((100, "C"), (4000, "D")))
    assert np.corrcoef(left, right)[0, 1] > 0.999
    assert left.std() == pytest.approx(40, rel=0.02)
    power = np.abs(np.fft.rfft(left - left.mean())) ** 2
    assert power[1:30].mean() > 10 * power[300:].mean()


def test_cross_talk_takes_its_share_from_the_mirrored_column():
    layout = ACS_WFC.layouts[0]
    electrons = flat(1000, layout.science_shape)
    electrons[700, 300] = 70_000.0
    raw, without = (raw_of(electrons, layout, crosstalk=k).astype(int) for k in (9.1e-4, 0.0))
    y, x = 700 + 20, 300 + 24
    victim = raw[y, 4143 - x] - without[y, 4143 - x]
    assert victim == pytest.approx(-9.1e-4 * 70_000 / 1.886, abs=1.5)
    assert abs(raw[y, 4143 - x + 1] - without[y, 4143 - x + 1]) <= 1


def test_one_amplifier_has_nothing_to_talk_across_to():
    electrons = flat(1000, SMALL.science_shape)
    assert np.array_equal(raw_of(electrons, crosstalk=0.01), raw_of(electrons))


def test_the_converter_clips():
    electrons = flat(100, SMALL.science_shape)
    electrons[0, 0], electrons[1, 1] = 1e7, -1e7
    image = trim(raw_of(electrons), SMALL)
    assert (image[0, 0], image[1, 1]) == (65_535, 0)


def test_electrons_of_another_shape_are_an_error():
    with pytest.raises(ParameterError, match=r"\(3, 4\); WFC1A-512 has \(512, 2048\)"):
        raw_of(torch.zeros(3, 4))


# The whole chain ------------------------------------------------------------------------------


def chain(seed, *, effects, layout=SMALL, camera=ACS_WFC, level=0.1):
    streams = RandomStreams(seed)
    rate = flat(level, layout.science_shape)
    rate[100:400:50, 100:2000:90] = 40.0
    electrons = collect_electrons(rate, camera, 500.0, effects=effects, streams=streams)
    return read_out(electrons, layout, camera, effects=effects, streams=streams)


def test_flux_is_conserved_from_light_to_adu():
    # Read noise of 4 electrons, 4,500 on the sum of 2e8, keeps rounding from being the same everywhere.
    effects = replace(NONE, bleeding=True, cte=0.05, read_noise=1.0)
    rate = flat(0.1, SMALL.science_shape)
    rate[100:300:50, 100:2000:90] = 3000.0
    raw = read_out(
        collect_electrons(rate, ACS_WFC, 500.0, effects=effects, streams=RandomStreams(1)),
        SMALL,
        ACS_WFC,
        effects=effects,
        streams=RandomStreams(1),
    )
    total = (raw.astype(float) - 2090).sum() * 2.02
    assert total == pytest.approx(float(rate.double().sum()) * 500, rel=1e-4)


def test_same_seed_same_bits_whatever_the_number_of_threads():
    effects = replace(Effects(), satellite_trails=1)
    threads = torch.get_num_threads()
    try:
        raws = []
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            raws.append(chain(5, effects=effects))
    finally:
        torch.set_num_threads(threads)
    assert np.array_equal(raws[0], raws[1])
    assert np.array_equal(raws[0], raws[2])
    assert not np.array_equal(raws[0], chain(6, effects=effects))


def test_neither_rate_nor_electrons_are_changed():
    rate, electrons = flat(0.1, SMALL.science_shape), flat(90_000, SMALL.science_shape)
    collect_electrons(rate, ACS_WFC, 100.0, effects=Effects(), streams=RandomStreams(1))
    read_out(electrons, SMALL, ACS_WFC, effects=Effects(), streams=RandomStreams(1))
    assert torch.all(rate == np.float32(0.1))
    assert torch.all(electrons == 90_000)


# Effects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            ("cte", 0.7),
            ("cosmic_ray_rate", -1.0),
            ("striping", np.nan),
            ("hot_pixels", 0.9),
            ("dark", np.inf),
        ],
        *[("dark", [1.0, 2.0]), ("bias_jitter", np.zeros(0)), ("read_noise", 10**400), ("cte", True)],
        *[("cosmic_ray_rate", 1e9), ("satellite_trails", 10**6)],
    ],
)
def test_impossible_strengths_are_errors(name, value):
    with pytest.raises(ParameterError, match=name):
        replace(Effects(), **{name: value})


def test_a_camera_nobody_knows_is_named_with_the_known_ones():
    for draw in (random_effects, random_optics):
        with pytest.raises(UnknownNameError, match=r"'acs_wfc'; there are: .*did you mean 'acs-wfc'"):
            draw(np.random.default_rng(1), "acs_wfc")


def test_none_has_every_effect_off():
    on = {"hot_rate", "warm_rate"}  # without hot pixels they mean nothing
    assert not any(value for name, value in vars(NONE).items() if name not in on)


@pytest.mark.parametrize("camera", CAMERAS, ids=lambda camera: camera.name)
def test_random_effects_are_those_of_the_camera(camera):
    rng = np.random.default_rng(3)
    drawn = [random_effects(rng, camera) for _ in range(200)]
    typical = Effects.typical(camera)
    assert np.median([e.cte for e in drawn]) == pytest.approx(typical.cte, rel=0.2)
    assert all(0.5 * typical.cte <= e.cte <= 2 * typical.cte for e in drawn)
    assert {e.striping for e in drawn} == {typical.striping}
    assert 0 < sum(e.satellite_trails for e in drawn) < 20
    assert random_effects(np.random.default_rng(1), camera.name) == random_effects(
        np.random.default_rng(1), camera
    )
