"""A picture as a body: its light, stars and edges, what cannot be a picture, and raw frames of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData
from PIL import Image, ImageDraw
from scipy import ndimage

from astroclassify.core import FrameError, ParameterError, ReadError, UnknownNameError
from astroclassify.degrade import degrade
from astroclassify.instruments import ACS_WFC
from astroclassify.io import read_frames
from astroclassify.photometry import BANDS, sky_rate
from astroclassify.simulate import Effects, FieldOfView, View, from_image, response, simulate_exposure
from astroclassify.simulate.scenes.pictures._light import captions, unexposed
from astroclassify.simulate.scenes.pictures._source import open_picture
from astroclassify.simulate.scenes.pictures._stars import separated

APERTURE = "WFC1-1K (A, before 2016)"
GAIN = ACS_WFC.amplifiers["A"].gain
PHOTONS = replace(Effects.none(), photon_noise=True, read_noise=1.0, dark=1.0)
PLAIN = {"spectrum": "old", "fade": 0.0, "sky": 0.0}


def blob(side=128, *, width=0.25):
    """A round body on black."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    return np.exp(-(y**2 + x**2) / 2 / width**2)


def stretched(image, steepness=30.0):
    """The same as a picture of 8 bits."""
    return np.round(255 * np.arcsinh(steepness * image) / np.arcsinh(steepness)).astype(np.uint8)


def clouds(side=256, *, slope=3.0, seed=3):
    """Positive turbulence that fills the picture."""
    rng = np.random.default_rng(seed)
    k = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)) + 1 / side
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((side, side))) * k ** (-slope / 2), s=(side, side))
    return np.exp(0.5 * field / field.std())


def star_field():
    """Places and fluxes of stars, their image, and the light they stand in."""
    rng = np.random.default_rng(4)
    y, x = rng.uniform(10, 246, (2, 60))
    flux = 10 ** rng.uniform(0, 1.5, 60)
    rows, columns = np.mgrid[:256, :256]
    each = zip(y, x, flux, strict=True)
    stars = sum(f * np.exp(-((rows - b) ** 2 + (columns - a) ** 2) / 2 / 1.5**2) for b, a, f in each)
    return y, x, flux * 2 * np.pi * 1.5**2, stars, 2 * blob(256)


def whole(body, *, pixels=200, angle=0.0):
    """A window that holds all of the picture, even if it is turned."""
    reach = 1.5 * max(body.picture.shape) / min(body.picture.shape)
    scale = pixels / 2 / reach
    return View((pixels, pixels), scale, (0.0, 0.0), angle, body.angular_radius / scale)


def electrons(body, view, band="F606W"):
    diffuse, points = body.scene(view).observed(response("acs-wfc", band))
    return diffuse.double().numpy(), points


class TestLight:
    """How much there is, where, and of which colour."""

    @pytest.mark.parametrize("angle", [0.0, 0.7, np.pi / 2])
    @pytest.mark.parametrize("pixels", [50, 200, 700])
    def test_the_total_is_the_magnitude_however_it_is_turned_and_scaled(self, pixels, angle):
        body = from_image(blob(), angular_size=60, magnitude=15.0, **PLAIN)
        light, _ = electrons(body, whole(body, pixels=pixels, angle=angle))
        expected = response("acs-wfc", "F606W").rates["old"] * 10 ** (-0.4 * 15.0)
        assert light.sum() == pytest.approx(expected, rel=0.01)

    def test_surface_brightness_and_magnitude_say_the_same(self):
        body = from_image(blob(), angular_size=60, surface_brightness=21.0 * u.mag / u.arcsec**2, **PLAIN)
        again = from_image(blob(), angular_size=1 * u.arcmin, magnitude=body.magnitude * u.mag, **PLAIN)
        assert again.surface_brightness == pytest.approx(21.0)
        # A Gaussian sends half of its light within 1.1774 sigma; sigma is 7.5 arcsec here.
        area = np.pi * (1.1774 * 0.25 * 30) ** 2
        assert body.magnitude == pytest.approx(21.0 - 2.5 * np.log10(2 * area), abs=0.03)

    @pytest.mark.parametrize("spectrum", ["old", "starburst", "hii", "planetary"])
    def test_v_magnitudes_count_in_v_for_gas_too(self, spectrum):
        body = from_image(blob(), angular_size=60, magnitude=16.0, **{**PLAIN, "spectrum": spectrum})
        light, _ = electrons(body, whole(body), band="F555W")
        expected = 10 ** (-0.4 * (16.0 - response("acs-wfc", "F555W").zero_point))
        assert light.sum() == pytest.approx(expected, rel=0.12)  # V = 0 is meant at 550 nm for stars' light

    def test_turning_the_window_turns_what_it_shows(self):
        picture = np.roll(blob(), 20, axis=1) + 0.5 * blob()
        body = from_image(picture, angular_size=60, magnitude=15.0, **PLAIN)
        upright, turned = (electrons(body, whole(body, angle=a))[0] for a in (0.0, np.pi / 2))
        np.testing.assert_allclose(np.rot90(turned), upright, atol=1e-4 * upright.max())

    def test_the_first_row_is_at_the_bottom(self):
        picture = np.zeros((64, 64))
        picture[4:12, 20:40] = 1.0
        body = from_image(picture, angular_size=60, magnitude=15.0, **PLAIN)
        light, _ = electrons(body, whole(body))
        assert light[:100].sum() > 100 * light[100:].sum()

    def test_colours_become_layers_of_their_own_spectra(self, tmp_path):
        picture = np.zeros((64, 64, 3), np.uint8)
        picture[:, :32, 0] = picture[:, 32:, 2] = stretched(blob(64))[:, :32]
        Image.fromarray(picture).save(tmp_path / "two.png")
        body = from_image(
            tmp_path / "two.png",
            angular_size=60,
            magnitude=15.0,
            spectrum=("old", "old", "starburst"),
            fade=0,
        )
        ratio = {}
        for band in ("F435W", "F814W"):
            light, _ = electrons(body, whole(body), band=band)
            ratio[band] = light[:, :100].sum() / light[:, 100:].sum()
        assert ratio["F814W"] > 1.5 * ratio["F435W"]

    def test_extinction_dims(self):
        clear, dusty = (
            from_image(blob(), angular_size=60, magnitude=15.0, extinction=a, **PLAIN) for a in (0.0, 1.0)
        )
        lost = electrons(dusty, whole(dusty))[0].sum() / electrons(clear, whole(clear))[0].sum()
        assert -2.5 * np.log10(lost) == pytest.approx(0.9, abs=0.1)  # A(F606W) / A(V), R_V = 3.1

    def test_a_known_stretch_is_undone(self):
        body = from_image(stretched(blob()), angular_size=60, magnitude=15.0, stretch=30.0, **PLAIN)
        linear = from_image(blob(), angular_size=60, magnitude=15.0, **PLAIN)
        one, other = (electrons(b, whole(b))[0] for b in (body, linear))
        np.testing.assert_allclose(one, other, atol=0.02 * other.max())

    def test_an_estimated_stretch_keeps_the_order_and_deepens_the_contrast(self):
        body = from_image(stretched(blob()), angular_size=60, magnitude=15.0, spectrum="old", fade=0)
        row = body.picture.planes[0, 64, 64:]
        assert (np.diff(row) <= 1e-9).all()
        assert body.picture.stretch > 1
        raw = stretched(blob())[64].astype(float)
        assert row[20] / row[0] < 0.8 * raw[84] / raw[64]

    def test_a_frame_of_fits_is_linear_and_its_mask_counts(self):
        frame = CCDData(1000 * blob() + 50, unit="adu", mask=np.zeros((128, 128), bool))
        frame.mask[:, :30] = True
        body = from_image(frame, angular_size=60, magnitude=15.0, spectrum="old", fade=0)
        assert body.picture.stretch == 0
        assert body.picture.planes[:, :, :30].sum() == 0

    def test_the_sky_is_no_light(self):
        rng = np.random.default_rng(1)
        sky = 500 + 5 * rng.standard_normal((256, 256))
        body = from_image(sky + 1000 * blob(256, width=0.1), angular_size=60, magnitude=15.0, fade=0)
        light = body.picture.planes.sum(axis=0)
        y, x = np.mgrid[-1:1:256j, -1:1:256j]
        assert light[np.hypot(y, x) > 0.5].sum() < 0.02


class TestDetail:
    """What is finer than the picture's pixels."""

    def test_small_scales_go_on_by_the_power_law(self):
        body = from_image(clouds(), angular_size=60, magnitude=12.0, stretch="linear", **PLAIN)
        assert body.picture.detail.slope == pytest.approx(0.5, abs=0.25)  # k**-3: rms falls by 2**-0.5
        view = View((512, 512), 512.0, (0.0, 0.0), 0.0, body.angular_radius / 512)  # 4 pixels to one
        light, _ = electrons(body, view)
        log = np.log(light) * np.hanning(512)[:, None] * np.hanning(512)
        power = np.abs(np.fft.rfft2(log - log.mean())) ** 2
        k = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512))
        bands = [power[(k > low) & (k < 2 * low)].mean() for low in (0.03, 0.06, 0.12, 0.2)]
        slopes = -np.diff(np.log(bands)) / np.log([2, 2, 0.2 / 0.12])
        # 0.125 is the picture's own limit: without the added structure the last slopes are beyond 8.
        assert (slopes[1:] < 5.0).all()
        assert (slopes > 1.5).all()

    def test_it_keeps_the_mean_and_is_the_same_in_every_view(self):
        body = from_image(clouds(), angular_size=60, magnitude=12.0, stretch="linear", **PLAIN)
        rough = replace(body, seed=5)
        view = View((300, 300), 512.0, (0.1, 0.2), 0.0, body.angular_radius / 512)
        one, other = electrons(body, view)[0], electrons(rough, view)[0]
        assert abs(one.sum() / other.sum() - 1) < 0.01
        assert np.std(one / other) > 0.01
        shifted = replace(view, centre=(0.1 + 10 / 512, 0.2))
        np.testing.assert_allclose(electrons(body, shifted)[0][:-10], one[10:], rtol=2e-3)

    def test_smooth_light_stays_smooth(self):
        body = from_image(blob(), angular_size=60, magnitude=15.0, **PLAIN)
        view = View((200, 200), 400.0, (0.0, 0.0), 0.0, body.angular_radius / 400)
        light, _ = electrons(body, view)
        assert np.std(light - ndimage.gaussian_filter(light, 4)) < 0.02 * light.mean()


class TestEdges:
    """Nothing of a rectangle is left."""

    @pytest.mark.parametrize("seed", [0, 1])
    def test_a_filled_picture_fades_out_without_a_step(self, seed):
        body = from_image(clouds(), angular_size=60, magnitude=12.0, stretch="linear", sky=0.0, seed=seed)
        light = body.picture.planes.sum(axis=0)
        border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
        assert border.max() < 1e-3 * light.max()
        # Power along the rows next to the border, in the mean gradient across it: no more than inside.
        steps = np.abs(np.diff(light, axis=0))
        assert steps[:4].mean() < 0.3 * steps[100:150].mean()
        rows = light.sum(axis=1)
        assert np.abs(np.diff(rows[:30])).max() < 0.1 * rows.max()

    def test_a_missing_corner_is_masked_and_faded(self):
        picture = stretched(0.3 + 0.5 * clouds() / clouds().max())
        picture[150:, 150:] = 0
        source = open_picture(picture)
        found = unexposed(source.planes, source.usable, tolerance=0.01)
        assert found[160:, 160:].all()
        assert not found[:140].any()
        body = from_image(picture, angular_size=60, magnitude=12.0, sky=0.0)
        light = body.picture.planes.sum(axis=0)
        assert light[140:149, 160:200].mean() < 0.35 * light[100:120, 160:200].mean()

    def test_lettering_is_masked_and_stars_are_not(self):
        picture = Image.new("L", (400, 300), 10)
        draw = ImageDraw.Draw(picture)
        draw.text((20, 280), "NGC 1234 by N. N.", fill=255)
        rng = np.random.default_rng(2)
        for y, x in zip(rng.uniform(0, 260, 60), rng.uniform(0, 400, 60), strict=True):
            draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=255)
        found = captions(np.asarray(picture, float) / 255)
        lettering = np.asarray(picture)[280:, 20:120] > 128
        assert found[280:, 20:120][lettering].mean() > 0.8
        assert found[:260].mean() < 0.01


class TestStars:
    """Points become points again."""

    def test_they_are_found_where_they_are_and_as_bright(self):
        y, x, flux, stars, diffuse = star_field()
        planes = (stars + diffuse)[None].astype(np.float32)
        left, found = separated(planes, np.random.default_rng(0))
        apart = np.hypot(found.y[:, None] - y, found.x[:, None] - x)
        matched = apart.min(axis=0) < 1.0
        assert matched.mean() > 0.9
        near = apart.min(axis=1) < 3
        assert found.flux[0, near].sum() > 0.98 * found.flux.sum()
        ratio = found.flux.sum(axis=0)[apart.argmin(axis=0)] / flux
        assert np.median(ratio[matched]) == pytest.approx(1.0, abs=0.1)
        assert left.sum() + found.flux.sum() == pytest.approx(planes.sum(dtype=float), rel=1e-3)
        assert left.sum(dtype=float) == pytest.approx(diffuse.sum(), rel=0.05)

    def test_separated_stars_are_sharp_at_any_scale(self):
        *_, stars, diffuse = star_field()
        kept, points = (
            from_image(stars + diffuse, angular_size=60, magnitude=14.0, stars=way, **PLAIN)
            for way in ("keep", "separate")
        )
        _, none = electrons(kept, whole(kept))
        light, seen = electrons(points, whole(points))
        assert none.shape[1] == 0
        assert seen.shape[1] > 50
        expected = response("acs-wfc", "F606W").rates["old"] * 10 ** (-0.4 * 14.0)
        assert light.sum() + seen[2].sum() == pytest.approx(expected, rel=0.05)

    def test_a_turned_window_has_them_on_the_light_they_stood_on(self):
        *_, stars, _ = star_field()
        body = from_image(stars + 1e-3, angular_size=60, magnitude=14.0, stars="separate", **PLAIN)
        kept = from_image(stars + 1e-3, angular_size=60, magnitude=14.0, **PLAIN)
        view = whole(body, pixels=600, angle=0.6)
        (_, points), (light, _) = electrons(body, view), electrons(kept, view)
        brightest = points[:2, np.argmax(points[2])]
        peak = np.unravel_index(np.argmax(ndimage.gaussian_filter(light, 3)), light.shape)
        np.testing.assert_allclose(brightest, peak, atol=4)


class TestFrames:
    """Raw frames of a picture: flux, noise, signal-to-noise, the same bytes."""

    def frame(self, body, tmp_path, *, exptime=500.0, rng=1):
        exposure = simulate_exposure(
            body,
            exptime=exptime,
            rng=rng,
            view=View((1, 1), 1.0),
            aperture=APERTURE,
            sky=(22.7, None),
            foreground=0.0,
            background=0.0,
            effects=PHOTONS,
        )
        exposure.write(tmp_path / "picture_raw.fits", overwrite=True)
        (frame,) = read_frames(tmp_path / "picture_raw.fits")
        return frame

    def test_electrons_noise_and_signal_to_noise_are_as_predicted(self, tmp_path):
        disk = (blob(128, width=0.3) > 0.3).astype(float)  # flat: 20.5 mag / arcsec2 inside
        inside = disk.mean() * 20.0**2
        body = from_image(
            disk, angular_size=20.0, magnitude=20.5 - 2.5 * np.log10(inside), stretch="linear", **PLAIN
        )
        image = np.asarray(self.frame(body, tmp_path).data, float) * GAIN
        # The field's distortion gives pixels different areas on the sky.
        areas = FieldOfView.of("acs-wfc", APERTURE).areas().numpy()
        area = float(areas[470:555, 470:555].mean())
        middle, sky = (
            image[470:555, 470:555],
            image[20:120, 20:120] * area / float(areas[20:120, 20:120].mean()),
        )
        answer = response("acs-wfc", "F606W")
        signal = answer.rates["old"] * 10 ** (-0.4 * 20.5) * 0.0495**2 * area * 500.0
        background = (
            float(sky_rate(BANDS["acs-wfc", "F606W"], zodiacal=22.7).value) + ACS_WFC.dark_current
        ) * 500
        assert middle.mean() - sky.mean() == pytest.approx(signal, rel=0.02)
        read_noise = ACS_WFC.amplifiers["A"].read_noise
        variance = signal + background + read_noise**2 + GAIN**2 / 12
        assert middle.var() == pytest.approx(variance, rel=0.06)
        predicted = signal / np.sqrt(variance)
        assert (middle.mean() - sky.mean()) / middle.std() == pytest.approx(predicted, rel=0.05)

    @pytest.mark.parametrize(
        ("camera", "band", "aperture"),
        [("acs-wfc", "F814W", APERTURE), ("wfc3-uvis", "F336W", "UVIS1-C512A-SUB")],
    )
    def test_cameras_see_it_and_the_truth_names_it(self, camera, band, aperture):
        body = from_image(stretched(clouds()), angular_size=60, surface_brightness=19.0, stars="separate")
        exposure = simulate_exposure(body, camera, band, 100.0, rng=2, aperture=aperture)
        assert exposure.truth["kind"] == "picture"
        assert exposure.truth["body"]["sha256"] == body.sha256
        assert len(exposure.raw) == 1

    def test_csst_has_light_of_it_in_every_band(self):
        body = from_image(stretched(clouds()), angular_size=60, surface_brightness=19.0)
        for band in BANDS.of("csst-msc"):
            diffuse, _ = body.scene(whole(body)).observed(response("csst-msc", band))
            assert float(diffuse.sum()) > 0

    def test_the_same_seed_gives_the_same_bytes(self):
        def raw(rng):
            body = from_image(stretched(clouds()), angular_size=60, magnitude=12, stars="separate", seed=3)
            return simulate_exposure(body, rng=rng, aperture=APERTURE).raw[1]

        first = raw(4)
        np.testing.assert_array_equal(first, raw(4))
        assert (first != raw(5)).any()

    def test_its_frame_can_be_degraded(self, tmp_path):
        body = from_image(stretched(blob()), angular_size=40, magnitude=15)
        frame = self.frame(body, tmp_path)
        assert degrade(frame, exptime_factor=0.25, rng=1).shape == frame.shape

    def test_a_picture_in_memory_can_be_sent_to_a_worker(self):
        import pickle

        body = from_image(blob(), angular_size=60, magnitude=15.0, **PLAIN)
        again = pickle.loads(pickle.dumps(body))
        assert torch.equal(*(b.scene(whole(b)).layers[0][1] for b in (body, again)))


class TestFiles:
    """All kinds of files, and what is refused."""

    @pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "CMYK", "I;16", "LA"])
    def test_modes_of_pictures_are_read(self, mode, tmp_path):
        grey = Image.fromarray(stretched(blob(64)))
        if mode == "I;16":
            picture = Image.fromarray(stretched(blob(64)).astype(np.uint16) * 257)
        elif mode == "P":
            picture = grey.convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE)
        else:
            picture = grey.convert("RGB").convert(mode) if mode in ("RGBA", "CMYK") else grey.convert(mode)
        path = tmp_path / "picture.tif"
        picture.save(path)
        body = from_image(path, angular_size=60, magnitude=15.0)
        expected = from_image(stretched(blob(64))[::-1], angular_size=60, magnitude=15.0)
        np.testing.assert_allclose(
            body.picture.planes.sum(axis=0),
            expected.picture.planes.sum(axis=0),
            atol=0.05 * expected.picture.planes.max(),
        )
        assert body.name == str(path)
        assert len(body.sha256) == 64

    def test_a_fits_image_is_read(self, tmp_path):
        fits.writeto(tmp_path / "picture.fits", (1000 * blob() + 10).astype(np.float32))
        body = from_image(tmp_path / "picture.fits", angular_size=60, magnitude=15.0)
        assert body.picture.shape == (128, 128)
        assert body.picture.stretch == 0

    def test_a_huge_picture_is_averaged_down(self):
        picture = np.zeros((20, 9000), np.uint8)
        picture[:, 100:8000] = np.linspace(0, 255, 7900)
        assert open_picture(np.repeat(picture, 3, axis=0)).planes.shape == (1, 20, 3000)

    @pytest.mark.parametrize(
        ("picture", "message"),
        [
            (np.ones((1, 1)), r"1 x 1 pixels; expected 16 or more"),
            (np.full((64, 64), np.nan), "no pixel of the picture is usable"),
            (np.zeros((64, 64)), "all pixels of the picture are 0"),
            (np.zeros((64, 64), np.uint8), "all pixels of the picture are 0"),
            (np.ones((5, 64, 64)), r"the shape \(5, 64, 64\)"),
            (np.ones((64, 64), complex), "expected real numbers"),
            (np.ones(7), r"the shape \(7,\)|no pixel"),
            (1e200 * blob(), r"largest value .* 9.99e\+199; expected 1e-30 to 1e\+30: multiply"),
            (1e-40 * blob(), r"expected 1e-30"),
            (blob() * u.mag, r"is in mag; expected values proportional to light"),
            (CCDData(blob(), unit="mag / arcsec2"), r"is in mag / arcsec2; expected"),
            (np.tile(clouds(17)[:, :16], (1, 600)), r"averaged to 4096 pixels .* has 5 x 3200"),
        ],
    )
    def test_what_shows_nothing_is_refused(self, picture, message):
        with pytest.raises(FrameError, match=message):
            from_image(picture, angular_size=60, magnitude=15.0)

    @pytest.mark.parametrize("unit", [2e-30, 1e-18, 1e29])
    def test_the_unit_of_a_linear_picture_does_not_matter(self, unit):
        expected = from_image(blob(), angular_size=60, magnitude=15.0).picture.planes
        found = from_image(CCDData(unit * blob(), unit="adu"), angular_size=60, magnitude=15.0).picture.planes
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * expected.max())

    def test_masks_units_and_planes_may_come_in_any_form(self):
        hidden = np.zeros((128, 128), bool)
        hidden[:, 64:] = True
        holes, colours = np.where(hidden, np.nan, blob()), np.stack([blob(), 2 * blob(), blob()])
        pairs = [
            (holes, np.ma.array(blob(), mask=hidden)),
            (holes, CCDData(blob(), unit="adu", mask=hidden)),
            (blob(), blob() * u.Jy),
            (colours, CCDData(colours, unit="adu")),
            (colours, CCDData(np.moveaxis(colours, 0, -1), unit="adu")),
            (np.where(hidden, np.nan, colours), CCDData(colours, unit="adu", mask=np.stack([hidden] * 3))),
        ]
        for one, other in pairs:
            first, second = (
                from_image(p, angular_size=60, magnitude=15.0).picture.planes for p in (one, other)
            )
            np.testing.assert_array_equal(first, second)

    def test_a_broken_file_is_refused(self, tmp_path):
        (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
        with pytest.raises(ReadError, match=r"broken.jpg.*cannot be read"):
            from_image(tmp_path / "broken.jpg", angular_size=60, magnitude=15.0)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"surface_brightness": 20.0}, "expected one of them"),
            ({"magnitude": np.inf}, "magnitude is inf"),
            ({"angular_size": 0.0}, "angular_size is 0"),
            ({"stars": "drop"}, "expected one of 'keep', 'separate'"),
            ({"fade": 2.0}, "fade is 2"),
            ({"label": "planet"}, "label is 'planet'"),
            ({"stretch": "log"}, "stretch is 'log'"),
            ({"spectrum": ("old", "old")}, "spectrum has 2 names"),
            ({"spectrum": ()}, "expected names of old"),
            ({"angular_size": 1e300}, "angular_size is 1e"),
            ({"angular_size": 1e-6}, "angular_size is 1e-06; expected a number from 0.001"),
            ({"magnitude": -1e5}, "magnitude is -1"),
            ({"magnitude": None, "surface_brightness": -1e5}, "surface_brightness is -1"),
            ({"extinction": -1.0}, "extinction is -1"),
            ({"redshift": -1.0}, "redshift is -1"),
            ({"magnitude": np.ma.masked, "surface_brightness": None}, "magnitude is masked"),
        ],
    )
    def test_impossible_arguments_are_refused(self, change, message):
        with pytest.raises(ParameterError, match=message):
            from_image(blob(), **({"angular_size": 60, "magnitude": 15.0} | change))

    def test_an_unknown_spectrum_is_named_with_the_known_ones(self):
        with pytest.raises(UnknownNameError, match=r"purple.*old"):
            from_image(blob(), angular_size=60, magnitude=15.0, spectrum="purple")


def globular(side=256):
    """A crowded core that no picture resolves, and stars around it."""
    rng = np.random.default_rng(8)
    y, x = rng.normal(side / 2, side / 6, (2, 300)).clip(4, side - 5).astype(int)
    image = 0.6 * blob(side, width=0.12)
    np.add.at(image, (y, x), rng.uniform(0.5, 1.0, 300))
    return ndimage.gaussian_filter(image, 1.2).astype(np.float32)


@pytest.mark.parametrize(("label", "resolved"), [("star cluster", True), ("galaxy", False)])
def test_all_light_of_a_star_cluster_is_that_of_stars(label, resolved):
    body = from_image(globular(), angular_size=60, magnitude=12, label=label, stars="separate", fade=0.0)
    diffuse, stars = body.picture.planes.sum(), body.picture.stars.flux.sum()
    assert diffuse + stars == pytest.approx(1, abs=1e-5)
    assert (stars > 0.99) == resolved


@pytest.mark.parametrize("label", ["star cluster", "galaxy"])
def test_surface_brightness_counts_a_cluster_of_stars_as_the_picture_shows_it(label):
    asked = {"angular_size": 60, "surface_brightness": 20.0, "label": label, "fade": 0.0}
    kept, resolved = (from_image(globular(), stars=way, **asked) for way in ("keep", "separate"))
    assert resolved.surface_brightness == pytest.approx(20.0)
    if label == "star cluster":
        assert resolved.magnitude == pytest.approx(kept.magnitude, abs=0.02)


def test_unresolved_stars_of_a_cluster_lie_where_its_light_does():
    stars = from_image(
        globular(), angular_size=60, magnitude=12, label="star cluster", stars="separate", fade=0.0
    ).picture.stars
    flux, radius = stars.flux.sum(axis=0), np.hypot(stars.y - 127.5, stars.x - 127.5)
    # Of the core's light, 0.6 exp(-r^2 / 2 w^2), half is within 1.18 w = 18 pixels.
    core = flux[radius < 18].sum() / flux.sum()
    image = globular()
    y, x = np.mgrid[:256, :256] - 127.5
    assert core == pytest.approx(image[np.hypot(y, x) < 18].sum() / image.sum(), rel=0.15)
