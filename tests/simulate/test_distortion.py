"""Geometric distortion: against real headers, back and forth, and in the light."""

import numpy as np
import pytest
import torch
from astropy.io import fits

from astroclassify.simulate import DISTORTIONS, FieldOfView, View

FILES = {"acs-wfc": "j94f05bgq_flt.fits", "wfc3-uvis": "sample_svm_flc.fits"}
CAMERAS = tuple(FILES)


def axes(matrix):
    scales = np.hypot(*matrix)
    return np.degrees(np.arccos(matrix[:, 0] @ matrix[:, 1] / np.prod(scales))), scales * 3600


@pytest.fixture(params=CAMERAS)
def camera(request):
    return request.param


def headers(shared, camera):
    with fits.open(shared / "fits" / FILES[camera]) as hdus:
        return {hdus["SCI", v].header["CCDCHIP"]: hdus["SCI", v].header for v in (1, 2)}


@pytest.mark.parametrize("chip", [1, 2])
def test_axes_and_scales_are_those_of_real_chips(shared, camera, chip):
    header = headers(shared, camera)[chip]
    real = np.array([[header["CD1_1"], header["CD1_2"]], [header["CD2_1"], header["CD2_2"]]])
    ours = FieldOfView.of(camera).world(150.0, 2.0, 30.0)[chip].wcs.cd
    assert axes(ours)[0] == pytest.approx(axes(real)[0], abs=0.1)
    np.testing.assert_allclose(axes(ours)[1], axes(real)[1], rtol=2e-3)


@pytest.mark.parametrize("chip", [1, 2])
def test_the_polynomial_of_calibrated_frames_is_that_of_real_ones(shared, camera, chip):
    header = headers(shared, camera)[chip]
    sip = FieldOfView.of(camera).world(150.0, 2.0, 30.0, distorted=True)[chip].sip
    u, v = np.meshgrid(np.linspace(-2000, 2000, 9), np.linspace(-1000, 1000, 5))
    for name, ours in (("A", sip.a), ("B", sip.b)):
        real = np.zeros((5, 5))
        for i in range(5):
            for j in range(5 - i):
                real[i, j] = header.get(f"{name}_{i}_{j}", 0.0)
        difference = np.polynomial.polynomial.polyval2d(u, v, ours - real)
        # Of some 60 pixels; the chips do not lie quite as on our grid.
        assert np.abs(difference - difference.mean()).max() < 3.0


@pytest.mark.parametrize("aperture", [None, "subarray"])
def test_the_sky_of_a_pixel_is_the_same_by_wcs_and_by_polynomial(camera, aperture):
    name = {"acs-wfc": "WFC1A-512", "wfc3-uvis": "UVIS2-C512C-SUB"}[camera] if aperture else None
    field, whole = FieldOfView.of(camera, name), FieldOfView.of(camera)
    pixel_scale, middle = field.camera.pixel_scale, (np.array(whole.shape) - 1) / 2
    pointing = (10.0, 60.0, 25.0)
    everything = whole.world(*pointing, distorted=True)
    for chip, corner in field.corners.items():
        layout = field.layouts[chip]
        y, x = 300.0, 200.0
        on_chip = y + layout.origin[0], x + layout.origin[1]
        sky = everything[chip].all_pix2world([on_chip[::-1]], 0)[0]
        offset = DISTORTIONS[camera](*(np.array(whole.corners[chip]) + on_chip - middle))
        angle = np.radians(pointing[2])
        north = (np.cos(angle) * offset[0] + np.sin(angle) * offset[1]) * pixel_scale / 3600
        assert sky[1] - pointing[1] == pytest.approx(north, abs=3e-5 + 1e-3 * abs(north))
        assert len(corner) == 2


def test_to_pixels_undoes_to_body(camera):
    field = FieldOfView.of(camera)
    view = View(field.shape, 1500.0, (0.3, -0.2), 0.8, field.camera.pixel_scale, field.distortion)
    for each in (view, view.coarser(2)):
        y, x = np.array([0.0, 700.3, each.shape[0] - 1]), np.array([3.0, 900.0, each.shape[1] - 1])
        np.testing.assert_allclose(each.to_pixels(*each.to_body(y, x)), [y, x], atol=0.02)
        v, u = each.grid()
        rows, columns = np.array([5, 900, 1000]), np.array([7, 20, 1900])
        expected = each.to_body(rows, columns)
        np.testing.assert_allclose(v[rows, columns], expected[0], atol=1e-5)
        np.testing.assert_allclose(u[rows, columns], expected[1], atol=1e-5)


def test_coarse_pixels_look_where_their_fine_ones_do(camera):
    field = FieldOfView.of(camera)
    view = View(field.shape, 1500.0, (0.3, -0.2), 0.8, field.camera.pixel_scale, field.distortion)
    np.testing.assert_allclose(view.coarser(2).to_body(100, 40), view.to_body(200.5, 80.5), atol=1e-9)


def test_pixel_areas_vary_by_a_tenth_and_are_the_squares_of_scales():
    # ACS Instrument Handbook 5.2: +-9% over the field
    field = FieldOfView.of("acs-wfc")
    area = field.areas()
    assert area.shape == field.shape
    assert 0.85 < float(area.min()) < 0.93
    assert 1.05 < float(area.max()) < 1.12
    for chip, world in field.world(10.0, 20.0, 0.0).items():
        (row, column), pixel = field.corners[chip], field.camera.pixel_scale
        here = area[row + 1023, column + 2047]
        assert float(here) == pytest.approx(abs(np.linalg.det(world.wcs.cd)) * (3600 / pixel) ** 2, rel=1e-3)
    assert torch.allclose(field.areas(2)[:1000, :1000], area[1:2001:2, 1:2001:2], atol=1e-4)


def test_csst_has_none():
    field = FieldOfView.of("csst-msc")
    assert field.distortion is None
    assert field.areas() == 1.0
