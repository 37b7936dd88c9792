"""Degradation of a frame: shorter exposure, other band, worse optics, other camera, coarser pixels."""

import json
from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, StdDevUncertainty, block_reduce

from astroclassify.core import FrameError, ParameterError, checked, in_unit, provenance, rules
from astroclassify.degrade._kernel import Blur, optics_kernel, random_zernikes, sigma_of, textured_noise
from astroclassify.degrade._noise import (
    band_of,
    camera_of,
    count_electrons,
    mean_amplifier,
    number_card,
    scale_of,
)
from astroclassify.degrade._resample import Grid, rescale_header, rescale_wcs
from astroclassify.instruments import INSTRUMENTS, Instrument
from astroclassify.photometry import BANDS, Bandpass, as_bandpass, count_rate, power_law, sky_rate
from astroclassify.simulate import named_spectrum

#: A pixel is masked if more than this part of its light comes from masked pixels.
MASKED_SHARE = 0.1
#: Pixel scales that differ by less than this are the same.
_SAME_SCALE = 0.005
#: Part of the pixels that may have more noise than they should, by the scatter of the estimates, or around
#: stars whose saturated cores no change of optics explains.
_TOLERATED = 0.1
_BLOCK, _LOW = 16, 0.05  # faint level: this quantile of the medians of blocks of so many pixels


@checked(exptime_factor=rules.number, rng=rules.randomness)
def degrade(
    frame,
    *,
    exptime_factor=1.0,
    band=None,
    sed=None,
    psf_fwhm=None,
    zernike_rms=None,
    extra_noise=0.0,
    instrument=None,
    pixel_scale=None,
    gain=None,
    read_noise=None,
    rng=None,
):
    """
    Degrade a frame: what a shorter exposure, another band, worse optics or another camera would have given.

    Parameters
    ----------
    frame : CCDData
        A real or simulated frame as `~astroclassify.read_frames` gives it: raw (bias-subtracted, ADU),
        calibrated or drizzled (electrons, or electrons per second), or any other with ``gain``.
    exptime_factor : float, default 1
        Exposure time of the result over that of the frame, above 0 and up to 1.
    band : str or Bandpass, optional
        Another band, of ``instrument`` or of the frame's own; by default the frame's, or of another
        instrument the one nearest to it in pivot wavelength.
    sed : synphot.SourceSpectrum or str, optional
        Spectrum assumed for the light, where band or instrument change: a name of ``SPECTRA`` or
        ``"star G0"``, or as for `~astroclassify.photometry.count_rate`. By default one that is flat in
        frequency (colour 0 in AB magnitudes).
    psf_fwhm : float or Quantity, optional
        FWHM of a Gaussian to blur by, arcseconds; it adds to the frame's own in quadrature.
    zernike_rms : float or Quantity, optional
        RMS of random aberrations (focus to spherical) to add to the optics, nm of wavefront, 0 to 500.
    extra_noise : float, default 0
        RMS of additional white noise, electrons per pixel of the result.
    instrument : str or Instrument, optional
        Another camera: its telescope, throughput, pixels, dark current, read noise and gain.
    pixel_scale : float or Quantity, optional
        Coarser pixels, arcseconds; by default those of ``instrument``, or the frame's. Without another
        instrument, pixels are added up after they were read, and so is the square of their read noise.
    gain : float, optional
        Electrons for each unit of the frame, where that is not known.
    read_noise : float, optional
        Read noise of the frame, electrons rms, where that is not known.
    rng : numpy.random.Generator or int, optional
        Source of randomness or its seed; the same seed gives the same frame.

    Returns
    -------
    CCDData
        float32, in the frame's unit, with uncertainty, mask, WCS, and the story in ``meta``: ``EXPTIME``,
        ``ACBLUR`` (what was done), ``HISTORY`` (all parameters).

    Raises
    ------
    ParameterError
        If a parameter is out of range, needs something that the frame does not say, or would need noise to
        be removed (more light than the frame had, less read noise).
    FrameError
        If the frame cannot be turned into electrons.
    UnknownNameError
        If there is no such instrument, band or spectrum.

    Notes
    -----
    The noise of the result is what a real frame would have: of the new signal and the new read noise,
    white, or with the correlation of drizzled pixels if the frame has it. What was there already is
    measured or known, scaled and blurred with the frame, and only the rest is added; see :doc:`/blur`.

    A pixel is masked if more than ``MASKED_SHARE`` (0.1) of its light comes from masked ones. Cosmic rays and
    saturated pixels are light like any other: mask them before, if they should not be scaled and blurred.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.nddata import CCDData
    >>> from astroclassify.degrade import degrade
    >>> photons = np.random.default_rng(1).poisson(1000.0, (256, 256))
    >>> shorter = degrade(CCDData(photons, unit="electron"), exptime_factor=0.1, rng=2)
    >>> print(f"mean {shorter.data.mean():.0f}, variance {shorter.data.var():.0f}")
    mean 100, variance 10...
    """
    rng = np.random.default_rng(rng)
    parameters = _checked(
        exptime_factor=exptime_factor,
        psf_fwhm=psf_fwhm,
        zernike_rms=zernike_rms,
        extra_noise=extra_noise,
        pixel_scale=pixel_scale,
        gain=gain,
        read_noise=read_noise,
    )
    if not isinstance(frame, CCDData) or frame.data.ndim != 2:
        kind, axes = (
            type(frame).__name__,
            f" of {np.ndim(frame.data)} axes" if isinstance(frame, CCDData) else "",
        )
        raise FrameError(f"frame is a {kind}{axes}; expected a CCDData of 2 axes, as read_frames gives it")
    counted = count_electrons(frame, gain=parameters["gain"], read_noise=parameters["read_noise"])
    setup = _setup(frame, instrument, band, parameters["pixel_scale"])
    light = _light(frame, counted, setup, parameters["exptime_factor"], _spectrum(sed))
    blur, zernikes = _blur(frame, counted, setup, parameters, rng)
    exposed = _exposed(frame, counted, light, setup, parameters, blur, rng)
    _check_possible(exposed, counted, setup, light)
    history = {name: value for name, value in parameters.items() if value} | _derived(
        setup, light, sed, zernikes
    )
    return _frame(frame, exposed, setup, _cards(frame, setup, parameters, exposed), history)


# Parameters ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Setup:
    """Cameras and bands, `None` where they are not known or do not matter; ``ratio`` of the pixels."""

    old_camera: Instrument | None
    camera: Instrument | None
    old_band: Bandpass | None
    band: Bandpass | None
    scale: float | None
    ratio: float

    @property
    def new_camera(self):
        """Whether the detector changes (bool)."""
        return self.camera is not None and (
            self.old_camera is None or self.camera.name != self.old_camera.name
        )

    @property
    def new_light(self):
        """Whether telescope, throughput or band change (bool)."""
        return self.new_camera or (self.band is not self.old_band)


@dataclass(frozen=True)
class _Light:
    """Factors of signal and background: ``electrons * signal + pedestal``; ``hidden`` for its variance."""

    exptime: float
    signal: float
    pedestal: float
    hidden: float


@dataclass(frozen=True, eq=False)
class _Exposed:
    """The result in electrons: pixels, their variance as stated, wanted and carried over, read variance."""

    electrons: np.ndarray
    variance: np.ndarray
    wanted: np.ndarray
    carried: np.ndarray
    bad: np.ndarray | None
    floor: float | np.ndarray
    per_electron: float | np.ndarray


_RANGES = {
    "exptime_factor": (1e-6, 1.0, u.dimensionless_unscaled, "above 0 and up to 1"),
    "psf_fwhm": (1e-6, 60.0, u.arcsec, "arcseconds, above 0 and up to 60"),
    "zernike_rms": (0.0, 500.0, u.nm, "nm, 0 to 500"),
    "extra_noise": (0.0, 1e6, u.electron, "electrons, 0 to 1e6"),
    "pixel_scale": (1e-4, 60.0, u.arcsec, "arcseconds, above 0 and up to 60"),
    "gain": (1e-12, 1e12, u.electron / u.adu, "electrons for each unit, 1e-12 to 1e12"),
    "read_noise": (0.0, 1e6, u.electron, "electrons, 0 to 1e6"),
}


def _checked(**parameters):
    """Turn quantities into plain numbers, and refuse those out of range."""
    return {name: _number(name, value) for name, value in parameters.items()}


def _number(name, value):
    low, high, unit, expected = _RANGES[name]
    if value is None and name != "extra_noise":
        return None
    try:
        number = in_unit(name, value, unit)
    except ParameterError as error:
        raise rules.wrong(name, value, expected) from error
    if np.ndim(number) or not low <= number <= high:
        raise rules.wrong(name, value, expected)
    return number


def _setup(frame, instrument, band, pixel_scale):
    old_camera, scale = camera_of(frame), scale_of(frame)
    camera = old_camera
    if instrument is not None:
        camera = instrument if isinstance(instrument, Instrument) else INSTRUMENTS[str(instrument)]
    changed = camera is not None and (old_camera is None or camera.name != old_camera.name)
    old_band, new_band = None, None
    if changed or band is not None:
        old_band = _band_of_frame(frame, old_camera)
        same = not changed and isinstance(band, str) and band == old_band.name
        new_band = old_band if same else _wanted_band(band, camera, old_band)
    elif old_camera is not None and (old_camera.name, band_of(frame)) in BANDS:
        old_band = new_band = BANDS[old_camera.name, band_of(frame)]
    if pixel_scale is None and changed:
        pixel_scale = camera.pixel_scale
    ratio = _ratio(scale, pixel_scale, min(frame.shape))
    return _Setup(old_camera, camera, old_band, new_band, scale, ratio)


def _band_of_frame(frame, camera):
    if camera is None or not band_of(frame):
        raise ParameterError(
            "band=, instrument= and zernike_rms= need the frame's own instrument and band; its ACINSTR is "
            f"{frame.meta.get('ACINSTR', '')!r}, its band {band_of(frame)!r}. Set both cards, for example "
            "frame.meta['ACINSTR'] = 'acs-wfc', frame.meta['ACBAND'] = 'F814W'"
        )
    return BANDS[camera.name, band_of(frame)]


def _wanted_band(band, camera, old_band):
    if band is None:
        names = BANDS.of(camera)
        if not names:
            raise ParameterError(f"no bands of {camera.name!r} are known; give band= as a Bandpass")
        if old_band.name in names:
            return BANDS[camera.name, old_band.name]
        nearest = min(names, key=lambda name: abs(np.log(BANDS[camera.name, name].pivot / old_band.pivot)))
        return BANDS[camera.name, nearest]
    if isinstance(band, str):
        return BANDS[camera.name, band]
    try:
        return as_bandpass(band)
    except ParameterError as error:
        raise ParameterError(f"band: {error}") from error


def _ratio(scale, pixel_scale, side):
    if pixel_scale is None:
        return 1.0
    if scale is None:
        raise ParameterError(
            "pixel_scale= needs the frame's own scale, but it has neither WCS nor instrument"
        )
    ratio = pixel_scale / scale
    if ratio < 1 - _SAME_SCALE:
        raise ParameterError(
            f'pixel_scale is {pixel_scale:.4g}", finer than the frame\'s {scale:.4g}"; only coarser can be '
            f"made (of another instrument with finer pixels: pixel_scale={scale:.4g})"
        )
    if int(side / ratio + 1e-6) < 1:
        raise ParameterError(
            f"pixel_scale is {pixel_scale:.4g}\", and the frame's shorter side has {side} pixels of "
            f'{scale:.4g}": not one of the new pixels fits; expected {side * scale:.4g}" or less'
        )
    return 1.0 if ratio < 1 + _SAME_SCALE else ratio


def _spectrum(sed):
    """Give the spectrum that is assumed: a frame does not say which one its light has."""
    if sed is None:
        return power_law(-2)
    if isinstance(sed, str):
        return named_spectrum(sed)
    if not isinstance(sed, tuple) and not hasattr(sed, "waveset"):
        raise rules.wrong("sed", sed, "the name of a spectrum, a synphot SourceSpectrum or a table of one")
    return sed


def _light(frame, counted, setup, factor, spectrum):
    """Eq. (1) for the light of the body, the sky and the dark current, before and after."""
    if not setup.new_light:
        return _Light(factor, factor, 0.0, factor)
    # The spectrum sets how many electrons the new band or camera would have counted for each that was
    # (Eq. 1, before and after).
    old, new = (count_rate(spectrum, b).value for b in (setup.old_band, setup.band))
    signal = float(factor * new / old)
    sky_old, sky_new = (
        float(sky_rate(b, pixel_scale=setup.scale).value) for b in (setup.old_band, setup.band)
    )
    # The background is sky and dark current, not the body's light, and has a ratio of its own. What of it is
    # still in the frame (`level`, where the frame is faintest, at most what sky and dark current make) was
    # multiplied by the ratio of the signal; the pedestal makes up the difference: level * (ratio of
    # backgrounds - of signals). Dark current per pixel, of the new camera on the area of an old pixel.
    before = sky_old + setup.old_camera.dark_current
    after = sky_new + setup.camera.dark_current / setup.ratio**2
    exptime = number_card(frame, "EXPTIME")
    level = 0.0 if exptime is None else min(before * exptime, max(_faint_level(counted), 0.0))
    pedestal = level * (factor * after / before - signal)
    return _Light(factor, signal, pedestal, float(factor * after / before))


def _faint_level(counted):
    """Electrons where the frame shows least."""
    # Medians of blocks, which stars do not pull up; of these the 5% quantile, as bodies may fill most of a
    # frame.
    size = [min(_BLOCK, n) for n in counted.electrons.shape]
    return float(np.quantile(block_reduce(counted.electrons, size, func=np.median), _LOW))


def _blur(frame, counted, setup, parameters, rng):
    """Give the blur, or `None` where there is none, and the random aberrations."""
    zernikes = random_zernikes(parameters["zernike_rms"], rng) if parameters["zernike_rms"] else ()
    kernel, sigma = None, 0.0
    if (parameters["psf_fwhm"] or zernikes) and setup.scale is None:
        name = "psf_fwhm" if parameters["psf_fwhm"] else "zernike_rms"
        raise ParameterError(f"{name}= needs the frame's pixel scale, but it has neither WCS nor instrument")
    if zernikes or setup.new_light:
        if setup.old_band is None:
            _band_of_frame(frame, setup.old_camera)
        old, new = (setup.old_camera, setup.old_band), (setup.camera, setup.band)
        smear = setup.new_camera and setup.ratio > 1
        kernel = optics_kernel(old, new, setup.scale, zernikes=zernikes, smear=smear)
    if parameters["psf_fwhm"]:
        sigma = sigma_of(parameters["psf_fwhm"] / setup.scale)
    if kernel is None and not sigma:
        return None, zernikes
    return Blur(counted.electrons.shape, sigma=sigma, kernel=kernel, texture=counted.texture), zernikes


# The exposure --------------------------------------------------------------------------------


def _exposed(frame, counted, light, setup, parameters, blur, rng):
    """Scale, blur and resample light and noise; then add the noise that is missing."""
    image = _Image(
        signal=light.signal * counted.electrons + np.float32(light.pedestal),
        noise=np.float32(0),
        variance=np.float32(light.signal**2) * counted.variance,
        bad=counted.bad,
    )
    grid = Grid(image.signal.shape, setup.ratio) if setup.ratio > 1 else None
    read, per_electron = _detector(frame, counted, light, setup, grid)
    floor = read + parameters["extra_noise"] ** 2 / setup.ratio**2
    hidden, texture, shot = light.hidden * counted.hidden, counted.texture, counted.shot
    if blur is not None:
        image = _blurred(image, hidden + floor, shot, blur, rng)
    grain = 1.0
    if grid is not None:
        # Noise that is correlated adds up to more.
        grain = grid.correlated(texture) if texture else 1.0
        hidden, floor = (grid.mean(variance) * grid.ratio**2 for variance in (hidden, floor))
        image = _resampled(image, hidden + floor, shot, grid, grain, rng)
        texture /= grid.ratio
    # Variances of Poisson counts equal their means: the light's is shot * signal (shot = 1 but for drizzled
    # frames), that of what was subtracted is `hidden`, that of amplifiers and added noise is `floor`. What
    # the blurred, resampled frame has already is `image.variance`; white noise of the difference of the two
    # is added.
    if setup.new_camera:  # its frame is not drizzled, even if the old one is
        hidden, shot, texture, grain = hidden / shot, 1.0, 0.0, 1.0
    wanted = np.maximum(grain * (shot * image.signal + (hidden + floor)), 0, dtype=np.float32)
    missing = np.sqrt(np.clip(wanted - image.variance, 0, None))
    electrons = image.signal + image.noise + missing * textured_noise(wanted.shape, texture, rng)
    # As readers do: pixels that happen to be negative still have the read noise.
    stated = grain * (shot * np.maximum(image.signal, 0) + (hidden + floor))
    return _Exposed(electrons, stated, wanted, image.variance, image.bad, floor, per_electron)


@dataclass(frozen=True, eq=False)
class _Image:
    """Light (with the noise it came with), noise that was added, and the variance of both noises."""

    signal: np.ndarray
    noise: np.ndarray
    variance: np.ndarray
    bad: np.ndarray | None


def _detector(frame, counted, light, setup, grid):
    """Give the new read variance for each old pixel, and what an electron is in units of the frame."""
    # A new camera reads a pixel of ratio**2 old ones once: each old pixel gets that share of the read
    # variance.
    rate = u.s in frame.unit.bases
    per_electron = counted.per_electron / light.exptime if rate else counted.per_electron
    if not setup.new_camera:
        return counted.read, per_electron if grid is None else grid.mean(per_electron)
    gain, read_noise = mean_amplifier(setup.camera)
    if u.adu in frame.unit.bases:
        per_electron = 1 / gain
        per_electron /= number_card(frame, "EXPTIME") * light.exptime if rate else 1
    return read_noise**2 / setup.ratio**2, per_electron


def _blurred(image, floor, shot, blur, rng):
    """
    Blur the light; make its noise white again, without more of it than a real frame has.

    Blurred noise has the spectrum ``|W|**2``; what makes it flat has ``1 - |W|**2``. Next to bright stars
    the noise of the star, which was blurred too, may leave less room: the sum has the right variance there,
    but is not white.
    """
    # Complement noise of the same level makes the spectrum level * (|W|**2 + 1 - |W|**2), which is flat. The
    # blurred frame has the variance kept * level, so that level = variance / kept.
    signal, variance = blur.image(image.signal), blur.variance(image.variance)
    room = np.clip(shot * signal + floor - variance, 0, None) / max(1 - blur.kept, 1e-9)
    level = np.minimum(variance / blur.kept, room)
    noise = np.sqrt(level) * blur.complement(rng)
    bad = None if image.bad is None else blur.share(image.bad) > MASKED_SHARE
    return _Image(signal, noise, variance + level * np.float32(1 - blur.kept), bad)


def _resampled(image, floor, shot, grid, grain, rng):
    """Add up pixels; make their noise white again, as `_blurred` does, if it was white."""
    signal, variance, area = grid.sum(image.signal), grid.variance(image.variance), grid.ratio**2
    noise = grid.sum(image.noise) if np.ndim(image.noise) else image.noise
    bad = None if image.bad is None else grid.sum(image.bad.astype(np.float32)) / area > MASKED_SHARE
    lost = np.clip(area - grid.squares, 0, None)
    if grain != 1 or lost.max() < 1e-4 * area:  # drizzled, or no pixel is shared
        return _Image(signal, noise, np.float32(grain) * variance, bad)
    room = np.clip(shot * signal + floor - variance, 0, None) / np.maximum(lost, 1e-6)
    level = np.minimum(grid.mean(image.variance), room)
    return _Image(signal, noise + np.sqrt(level) * grid.exchange(rng), variance + level * lost, bad)


def _check_possible(exposed, counted, setup, light):
    excess = exposed.carried - exposed.wanted > 0.01 * exposed.wanted + 1e-6
    usable = slice(None) if exposed.bad is None else ~exposed.bad
    if not np.mean(excess[usable]) > _TOLERATED:
        return
    there, wanted = (float(np.sqrt(np.median(v[excess]))) for v in (exposed.carried, exposed.wanted))
    reasons = []
    if light.signal > 1:
        reasons.append(
            f"{_name(setup)} would count {light.signal:.3g} times the electrons; "
            f"exptime_factor up to {light.exptime / light.signal:.2g} can be made"
        )
    if setup.new_camera and np.mean(exposed.floor) < light.signal**2 * np.mean(counted.read) * setup.ratio**2:
        reasons.append(f"instrument={setup.camera.name!r} has little read noise; take a shorter exposure")
    if not reasons:
        reasons.append("take a shorter exposure (exptime_factor), or add extra_noise")
    raise ParameterError(
        f"noise cannot be removed: the frame's own would be {there:.3g} electrons rms, a real frame has "
        f"{wanted:.3g}: {'; '.join(reasons)}"
    )


def _name(setup):
    return f"{setup.camera.name} {setup.band.name}" if setup.band is not None else "the new setup"


# The frame -----------------------------------------------------------------------------------


def _frame(frame, exposed, setup, cards, history):
    """Assemble the result."""
    resampled = setup.ratio > 1
    header = frame.meta.copy()
    if resampled:
        rescale_header(header, setup.ratio)
    if resampled or setup.new_camera:
        for key in [key for key in header if key.startswith("ACAMP")]:  # of other pixels
            del header[key]
    wcs = frame.wcs
    if wcs is not None:
        wcs = rescale_wcs(wcs, setup.ratio) if resampled else wcs.deepcopy()
        wcs.array_shape = exposed.electrons.shape
    header.update(cards)
    _add_history(header, f"degraded by astroclassify: {json.dumps(history)}")
    data = np.asarray(exposed.electrons * exposed.per_electron, np.float32)
    sigma = np.asarray(np.sqrt(exposed.variance) * exposed.per_electron, np.float32)
    flags = None if resampled or frame.flags is None else frame.flags
    mask = exposed.bad if exposed.bad is not None and exposed.bad.any() else None
    result = CCDData(data, unit=frame.unit, mask=mask, flags=flags, wcs=wcs, meta=header)
    result.uncertainty = StdDevUncertainty(sigma)
    return result


def _cards(frame, setup, parameters, exposed):
    """The cards that say what the frame is now."""
    cards = {"ACBLUR": _causes(setup, parameters)}
    exptime = number_card(frame, "EXPTIME")
    if exptime is not None:
        cards["EXPTIME"] = exptime * parameters["exptime_factor"]
    cards["ACRDNOIS"] = (round(float(np.sqrt(np.mean(exposed.floor))), 6), "[electron] read and added noise")
    if setup.new_camera:
        cards["ACGAIN"] = (mean_amplifier(setup.camera)[0], "[electron/adu] gain")
        cards["ACINSTR"] = (setup.camera.name, "astroclassify instrument")
    elif parameters["gain"]:
        cards["ACGAIN"] = (parameters["gain"], "[electron] for each unit of the frame")
    if setup.band is not setup.old_band:
        cards["ACBAND"] = cards["FILTER"] = (setup.band.name, "filter")
    if not isinstance(frame.meta, fits.Header):
        return {key: value[0] if isinstance(value, tuple) else value for key, value in cards.items()}
    return cards


def _causes(setup, parameters):
    causes = {
        "exposure": parameters["exptime_factor"] < 1,
        "band": setup.band is not setup.old_band,
        "optics": bool(parameters["psf_fwhm"] or parameters["zernike_rms"]),
        "noise": parameters["extra_noise"] > 0,
        "instrument": setup.new_camera,
        "pixels": setup.ratio > 1,
    }
    return ", ".join(name for name, there in causes.items() if there) or "nothing"


def _derived(setup, light, sed, zernikes):
    """Numbers that follow from the parameters, for HISTORY."""
    history = {"signal": light.signal, "pixels": setup.ratio}
    if setup.new_light:
        history |= {
            "band": [f"{b.instrument} {b.name}".strip() for b in (setup.old_band, setup.band)],
            "sed": "flat in frequency" if sed is None else str(sed),
        }
    if zernikes:
        history["zernikes"] = {index: round(strength, 3) for index, strength in zernikes}
    # Without the time of day: the same seed makes the same file.
    return {key: value for key, value in provenance(**history).items() if key != "created"}


def _add_history(header, text):
    text = text.encode("ascii", "replace").decode()
    if isinstance(header, fits.Header):
        header.add_history(text)
    else:
        header["HISTORY"] = [*header.get("HISTORY", []), text]
