"""What belongs to the chip: the same in every exposure, other on other chips."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from astroclassify.core import ParameterError
from astroclassify.instruments import ACS_WFC, CSST_MSC, WFC3_UVIS, find_layout
from astroclassify.photometry import BANDS
from astroclassify.simulate import (
    ChipWindow,
    Effects,
    RandomStreams,
    collect_electrons,
    flat_field,
    hot_pixels,
    read_out,
)
from astroclassify.simulate.detector._chip import ANNEAL_PERIOD
from astroclassify.simulate.detector._fringes import amplitude
from astroclassify.simulate.detector._readout import _transfers_of_first_row

NONE = Effects.none()
SHAPE = (512, 1024)
DAY = ANNEAL_PERIOD * 2060  # just after an anneal


def sensitivity(window=None, shape=SHAPE, *, pixel_response=0.005, structure=1.0):
    window = ChipWindow("acs-wfc") if window is None else window
    return flat_field(window, shape, pixel_response=pixel_response, structure=structure)


def hot(date=DAY, *, chip=1, fraction=0.01, **options):
    effects = replace(NONE, hot_pixels=fraction)
    places, rates = hot_pixels(ChipWindow("acs-wfc", chip, date=date, **options), SHAPE, effects)
    return dict(zip(places.tolist(), rates.tolist(), strict=True))


def pair_of_flats(level, layout, *, seed):
    effects = replace(Effects.typical("acs-wfc"), cosmic_ray_rate=0.0, bias_jitter=0.0, striping=0.0)
    images = []
    for k in (0, 1):
        streams = RandomStreams([seed, k])
        rate = torch.full(layout.science_shape, level)
        window = ChipWindow.of(ACS_WFC, layout)
        electrons = collect_electrons(rate, ACS_WFC, 1.0, effects=effects, streams=streams, window=window)
        raw = read_out(electrons, layout, ACS_WFC, effects=effects, streams=streams).astype(float)
        images.append(raw[:, 24:][50:-50, 50:-50])
    return images


# Pixel response ---------------------------------------------------------------------------------


def test_a_photon_transfer_curve_of_pairs_of_flats_gives_the_gain():
    layout = next(a for a in ACS_WFC.layouts if a.name == "WFC1A-512")
    signal, noise = [], []
    for number, level in enumerate((0.0, 20_000.0)):
        first, second = pair_of_flats(level, layout, seed=number)
        signal.append(np.median(first))
        difference = first - second
        noise.append(np.var(difference[np.abs(difference) < 6 * np.std(difference)]) / 2)
    gain = (signal[1] - signal[0]) / (noise[1] - noise[0])
    assert gain == pytest.approx(2.02, rel=0.01)  # ATODGNA of jczgx1ppq; a response per exposure gives 1.34


def test_a_window_of_csst_sees_its_part_of_the_chips_flat_field():
    corner, middle = (
        next(a for a in CSST_MSC.layouts if a.origin == origin) for origin in ((7184, 7168), (3592, 3584))
    )
    chip = ChipWindow("csst-msc", 0, (9232, 9216))
    for layout in (corner, middle):
        y, x = layout.origin
        part = replace(chip, origin=(y + 8, x + 16))
        window = ChipWindow.of(CSST_MSC, layout)
        assert torch.equal(sensitivity(window, (40, 50))[8:, 16:], sensitivity(part, (32, 34)))


@pytest.mark.parametrize(("row", "transfers"), [(0, 1), (3592, 3593), (7184, 1)])
def test_charge_of_a_csst_window_runs_through_all_rows_before_it(row, transfers):
    layout = next(a for a in CSST_MSC.layouts if a.origin == (row, 0))
    name = layout.amplifiers[0]
    side = CSST_MSC.amplifiers[name].corner[0]
    assert _transfers_of_first_row(layout, CSST_MSC, name, side) == transfers


def test_the_pixel_response_is_that_of_the_chip():
    assert torch.equal(sensitivity(), sensitivity())
    response = {
        name: sensitivity(ChipWindow(*name), structure=0.0)
        for name in (("acs-wfc", 1), ("acs-wfc", 2), ("wfc3-uvis", 1))
    }
    for one in response.values():
        assert float(one.std()) == pytest.approx(0.005, rel=0.02)
        assert float(one.mean()) == pytest.approx(1, abs=1e-4)
    pairs = np.corrcoef([one.ravel().numpy() for one in response.values()])
    assert np.abs(pairs - np.eye(3)).max() < 0.01


def test_a_window_shows_the_part_of_the_chip_that_it_covers():
    whole = sensitivity(shape=(1024, 1536))
    part = sensitivity(ChipWindow("acs-wfc", origin=(300, 500)), (200, 100))
    torch.testing.assert_close(part, whole[300:500, 500:600], rtol=0, atol=1e-6)


def test_binned_pixels_have_the_mean_sensitivity_of_theirs():
    whole = sensitivity()
    binned = sensitivity(ChipWindow("acs-wfc", binning=2), (256, 512))
    torch.testing.assert_close(binned, whole.reshape(256, 2, 512, 2).mean(dim=(1, 3)), rtol=0, atol=1e-6)


def test_a_window_beside_the_chip_is_an_error():
    with pytest.raises(ParameterError, match="does not lie on a chip"):
        sensitivity(ChipWindow("acs-wfc", origin=(2000, 0)))


# Flat field -------------------------------------------------------------------------------------


@pytest.mark.parametrize("camera", ["acs-wfc", "wfc3-uvis"])
@pytest.mark.parametrize("chip", [1, 2])
def test_a_flat_field_departs_by_five_to_ten_percent_and_no_more(camera, chip):
    smooth = sensitivity(ChipWindow(camera, chip), (2048, 4096), pixel_response=0.0)[::4, ::4]
    assert float(smooth.mean()) == pytest.approx(1, abs=0.005)
    assert 0.04 < float((smooth - 1).abs().max()) < 0.14


def test_dust_casts_ring_shadows_of_a_few_percent():
    field = sensitivity(shape=(2048, 4096), pixel_response=0.0).double()
    smooth = torch.nn.functional.avg_pool2d(field[None, None], 129, stride=1, padding=64)[0, 0]
    shadow = (field / smooth)[200:-200, 200:-200]
    assert 0.96 < float(shadow.min()) < 0.995
    assert 0.001 < float((shadow < 0.996).double().mean()) < 0.03


def test_bands_share_most_of_the_flat_field():
    one, other = (
        sensitivity(ChipWindow("acs-wfc", band=band), (2048, 4096), pixel_response=0.0)[::8, ::8].ravel()
        for band in ("F435W", "F814W")
    )
    assert 0.8 < np.corrcoef(one, other)[0, 1] < 0.9999


def test_only_narrow_red_bands_have_fringes():
    def size(camera, band):
        window = ChipWindow.of(camera, bandpass=BANDS[camera, band])
        return amplitude(window.wavelength, window.width)

    assert 0.02 < size("acs-wfc", "F892N") < 0.1
    assert size("wfc3-uvis", "FQ937N") > size("wfc3-uvis", "FQ889N") > 0.02
    for band in ("F658N", "F814W", "F606W"):
        assert size("acs-wfc", band) < 1e-3
    fringed = sensitivity(ChipWindow.of("acs-wfc", bandpass=BANDS["acs-wfc", "F892N"]), pixel_response=0.0)
    plain = sensitivity(ChipWindow("acs-wfc", band="F892N"), pixel_response=0.0)
    assert float((fringed / plain - 1).std()) == pytest.approx(size("acs-wfc", "F892N") / 2**0.5, rel=0.3)


def test_the_lamp_of_the_flash_is_uneven():
    effects = replace(NONE, post_flash=100.0, flat_field=1.0)
    layout = find_layout(WFC3_UVIS, 1, (2070, 4206))
    settings = {"effects": effects, "streams": RandomStreams(1), "window": ChipWindow.of(WFC3_UVIS, layout)}
    flash = collect_electrons(torch.zeros(layout.science_shape), WFC3_UVIS, 1.0, **settings)
    assert float(flash.mean()) == pytest.approx(100, rel=0.02)
    middle, corner = flash[900:1100, 1900:2100].mean(), flash[:100, :100].mean()
    assert float(middle / corner) > 1.1


# Hot pixels -------------------------------------------------------------------------------------


def test_hot_pixels_are_those_of_the_chip():
    first, again, other = hot(), hot(), hot(chip=2)
    assert first == again
    assert len(first.keys() & other.keys()) < 0.05 * len(first)


def test_more_hot_pixels_leave_none_out():
    few, many = hot(fraction=0.005), hot(fraction=0.01)
    assert few.keys() <= many.keys()
    assert len(many) == pytest.approx(2 * len(few), rel=0.05)


def test_hot_pixels_grow_between_anneals_and_a_part_of_the_new_ones_heals():
    fresh, grown = hot(DAY + 1), hot(DAY + 27)
    assert fresh.keys() < grown.keys()
    assert len(grown) == pytest.approx(1.13 * len(fresh), rel=0.03)
    healed = hot(DAY + ANNEAL_PERIOD + 1)
    lost = grown.keys() - healed.keys()
    assert 0.08 < len(lost) / len(grown) < 0.16  # 2 x 7%: what the month before brought


def test_pixels_stay_as_hot_as_they_are():
    one, later = hot(DAY + 1), hot(DAY + 20)
    same = [later[place] == rate for place, rate in one.items()]  # but where two fall on one pixel
    assert np.mean(same) > 0.98
