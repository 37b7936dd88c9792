"""From magnitudes to ADU and back: what photutils measures on re-read frames is what was put in."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from astropy.table import Table
from scipy import ndimage

from astroclassify.instruments import ACS_WFC
from astroclassify.io import read_frames
from astroclassify.photometry import BANDS, sky_rate
from astroclassify.simulate import (
    Body,
    Effects,
    FieldOfView,
    Optics,
    Scene,
    View,
    observe_scene,
    point_spread,
    response,
    simulate_exposure,
)

pytest.importorskip("photutils")
from photutils.aperture import ApertureStats, CircularAnnulus, CircularAperture, aperture_photometry
from photutils.psf import ImagePSF, PSFPhotometry

APERTURE = "WFC1-1K (A, before 2016)"
GAIN = ACS_WFC.amplifiers["A"].gain
FIELD = FieldOfView.of("acs-wfc", APERTURE)
AREAS = FIELD.areas()  # of the pixels on the sky, relative to the nominal scale
SKY = (22.7, None)
PHOTONS = replace(Effects.none(), photon_noise=True, read_noise=1.0, dark=1.0)


@dataclass(frozen=True)
class Stars:
    """A body of stars of known places and magnitudes over a disk of known surface brightness."""

    y: tuple
    x: tuple
    magnitude: tuple
    disk: float = 99.0
    kind: str = "stars"
    label: str = "star cluster"
    angular_radius: float = 20.0
    redshift: float = 0.0
    latitude: float = 90.0
    seed: int = 1

    def described(self):
        return {"kind": self.kind}

    def scene(self, view, *, device="cpu"):
        scene = Scene(view, device=device)
        if self.magnitude:
            y, x = ((np.array(p) + 0.5) / 2 - 0.5 for p in (self.y, self.x))
            scene.add_stars(y, x, self.magnitude, 5900.0)
        v, u = view.grid(device)
        inside = ((v**2 + u**2) < 0.25).float()
        scene.add("old", 10 ** (-0.4 * self.disk) * inside)
        return scene


def frame_of(body, tmp_path, *, exptime=500.0, effects=None, rng=1, centre=(0.0, 0.0)):
    exposure = simulate_exposure(
        body,
        exptime=exptime,
        rng=rng,
        view=View((1, 1), 1.0, centre),
        aperture=APERTURE,
        sky=SKY,
        foreground=0.0,
        background=0.0,
        effects=effects or PHOTONS,
    )
    exposure.write(tmp_path / "physics_raw.fits")
    (frame,) = read_frames(tmp_path / "physics_raw.fits")
    return np.asarray(frame.data, float) * GAIN


def grid_of_stars(number, *, side=1024, magnitude=20.0, seed=0):
    rng = np.random.default_rng(seed)
    steps = (np.arange(number) + 0.5) * side / number
    y, x = (p.ravel() + rng.uniform(-0.5, 0.5, number**2) for p in np.meshgrid(steps, steps))
    return Stars(tuple(y), tuple(x), (magnitude,) * number**2)


def test_the_zero_point_is_recovered_by_aperture_photometry(tmp_path):
    body = grid_of_stars(8)
    image = frame_of(body, tmp_path)
    places = np.transpose([body.x, body.y])
    radius = 12.0
    sky = ApertureStats(image, CircularAnnulus(places, 30, 45)).median
    sums = aperture_photometry(image, CircularAperture(places, radius))["aperture_sum"].value
    net = sums - sky * np.pi * radius**2
    psf = point_spread("acs-wfc", "F606W", optics=Optics.of("acs-wfc"))
    answer = response("acs-wfc", "F606W")
    expected = answer.star_rates[5] * 10 ** (-0.4 * 20.0) * 500.0
    expected *= float(psf.encircled_energy(radius * ACS_WFC.pixel_scale))
    error = np.sqrt(expected) / np.sqrt(len(net))
    assert net.mean() == pytest.approx(expected, abs=4 * error + 0.002 * expected)
    # and the scatter is that of photons
    noise = np.sqrt(expected + np.pi * radius**2 * (sky.mean() + 30))
    assert net.std() == pytest.approx(noise, rel=0.35)


def test_surface_brightness_is_recovered_within_its_errors(tmp_path):
    body = Stars((), (), (), disk=20.5)
    image = frame_of(body, tmp_path)
    inside = CircularAperture((511.5, 511.5), 120.0)
    outside = image[20:120, 20:120]
    total = aperture_photometry(image, inside)["aperture_sum"].value[0]
    net = total / inside.area - outside.mean() * float(AREAS.mean() / AREAS[20:120, 20:120].mean())
    expected = response("acs-wfc", "F606W").rates["old"] * 10 ** (-0.4 * 20.5) * 0.0495**2 * 500.0
    expected *= float(AREAS[400:624, 400:624].mean())
    error = np.hypot(image[450:550, 450:550].std() / np.sqrt(inside.area), outside.std() / 100)
    assert net == pytest.approx(expected, abs=4 * error + 2e-3 * expected)


def test_the_sky_has_the_rate_of_the_photometry_and_its_variance(tmp_path):
    image = frame_of(Stars((), (), ()), tmp_path)
    rate = float(sky_rate(BANDS["acs-wfc", "F606W"], zodiacal=SKY[0]).value)
    expected = (rate * AREAS.numpy() + ACS_WFC.dark_current) * 500.0
    assert image.mean() == pytest.approx(expected.mean(), rel=0.01)
    read_noise = ACS_WFC.amplifiers["A"].read_noise
    noise = expected.mean() + read_noise**2 + GAIN**2 / 12
    assert (image - expected).var() == pytest.approx(noise, rel=0.03)


def test_star_counts_are_those_put_in(tmp_path):
    body = grid_of_stars(12, magnitude=21.0)
    image = frame_of(body, tmp_path)
    rows, columns = (np.round(p).astype(int) for p in (body.y, body.x))
    level = np.median(image) + 10 * 1.48 * np.median(np.abs(image - np.median(image)))
    peaks = (image > level) & (image == ndimage.maximum_filter(image, 7))
    assert peaks.sum() == 144
    assert all(peaks[r - 1 : r + 2, c - 1 : c + 2].sum() == 1 for r, c in zip(rows, columns, strict=True))


def centred(psf, *, side):
    """The point-spread function on its own samples, its centre in the middle."""
    half = side * psf.oversampling // 2
    return torch.roll(psf.array, (half, half), (0, 1))[: 2 * half + 1, : 2 * half + 1].double().numpy()


def test_psf_photometry_of_a_globulars_bright_stars_is_unbiased(tmp_path):
    body = Body("globular", distance=10e3, radius=25.0, brightness=-7.5, seed=5)
    image = frame_of(body, tmp_path, centre=(0.15, 0.1))
    field = View((1024, 1024), body.angular_radius / 0.0495, (0.15, 0.1), 0.0, 0.0495, FIELD.distortion)
    _, (y, x, rate) = body.scene(field.coarser(2)).observed(response("acs-wfc", "F606W"))
    y, x, flux = 2 * y + 0.5, 2 * x + 0.5, rate * 500.0
    chosen = bright_and_apart(y, x, flux)
    assert len(chosen) >= 30
    chosen = chosen[:60]
    psf = point_spread("acs-wfc", "F606W", optics=Optics.of("acs-wfc"))
    model = ImagePSF(centred(psf, side=51), oversampling=psf.oversampling)
    background = ndimage.median_filter(image, 41)
    found = PSFPhotometry(model, (7, 7), aperture_radius=4)(
        image - background,
        error=np.sqrt(np.clip(image, 1, None) + 25),
        init_params=Table({"x_init": x[chosen], "y_init": y[chosen]}),
    )
    difference = -2.5 * np.log10(np.asarray(found["flux_fit"]) / flux[chosen])
    assert np.median(difference) == pytest.approx(0, abs=0.02)
    assert np.median(np.hypot(found["x_fit"] - x[chosen], found["y_fit"] - y[chosen])) < 0.03


def bright_and_apart(y, x, flux):
    """Stars bright but not saturated, whose neighbours within 8 pixels are 50 times fainter in all."""
    inside = (np.abs(y - 512) < 480) & (np.abs(x - 512) < 480)
    bright = np.flatnonzero((flux > 1e4) & (flux < 2e5) & inside)
    near = [(np.hypot(y - y[i], x - x[i]) < 8) for i in bright]
    return [i for i, n in zip(bright, near, strict=True) if flux[n].sum() - flux[i] < 0.02 * flux[i]]


def test_flux_is_conserved_from_the_scene_to_the_electrons():
    psf = point_spread("acs-wfc", "F606W", optics=Optics.of("acs-wfc"))
    view = View((256, 256), 100.0, pixel_scale=0.099)
    body = Stars((255.3,), (250.7,), (20.0,), disk=21.0)
    diffuse, points = body.scene(view).observed(response("acs-wfc", "F606W"))
    points[:2] = (points[:2] + 0.5) * 2 - 0.5
    image = observe_scene(diffuse / 4, points, psf, shape=(512, 512), factor=2)
    star = float(observe_scene(diffuse * 0, points, psf, shape=(512, 512), factor=2).double().sum())
    smooth = float(observe_scene(diffuse / 4, points[:, :0], psf, shape=(512, 512), factor=2).double().sum())
    assert float(image.double().sum()) == pytest.approx(star + smooth, rel=1e-5)
    reach = 255 * ACS_WFC.pixel_scale
    outside = 1 - float(psf.encircled_energy(reach))
    assert star == pytest.approx(points[2].sum(), rel=1e-4 + outside)
    # The disk's edge is 6 arcseconds from the window's: what the PSF carries out is less than 1e-3 of it.
    assert smooth == pytest.approx(float(diffuse.double().sum()), rel=1e-3)
