"""A whole exposure: from a body on the sky, through the telescope and the detector, to a raw file."""

import json
from dataclasses import asdict, dataclass, field

import torch
from astropy import units as u

from astroclassify.core import ParameterError, checked, open_executor, rules
from astroclassify.instruments import Instrument
from astroclassify.io import raw_hdus, read_frames, write_raw
from astroclassify.photometry import BANDS, as_bandpass
from astroclassify.simulate._calibrated import calibrated
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate._light import light_on_field, random_pointing, random_sky
from astroclassify.simulate._random_streams import RandomStreams
from astroclassify.simulate._rules import BODY, CAMERA, DATE, DENSITY, device
from astroclassify.simulate._rules import band as is_band
from astroclassify.simulate._rules import pointing as pointing_rule
from astroclassify.simulate._rules import sky as sky_light
from astroclassify.simulate.detector._chip import ChipWindow
from astroclassify.simulate.detector._collect import collect_electrons, satellite_trail
from astroclassify.simulate.detector._effects import REFERENCE_DATE, Effects
from astroclassify.simulate.detector._readout import read_out
from astroclassify.simulate.optics._psf import PointSpread
from astroclassify.simulate.optics._telescopes import Optics
from astroclassify.simulate.scenes._bodies import random_body, random_view
from astroclassify.simulate.scenes._view import View


@dataclass(frozen=True)
class RawExposure:
    """
    Raw images of one exposure, and the truth about them.

    Parameters
    ----------
    raw : dict of int to numpy.ndarray
        For each chip its raw image in ADU, uint16, overscan included.
    instrument : Instrument
        The camera.
    band : str
        Filter.
    exptime : float
        Seconds.
    wcs : dict of int to astropy.wcs.WCS
        Linear world coordinates of each chip's science pixels.
    layouts : dict of int to ChipLayout
        What was read of each chip.
    truth : dict
        Body, class, view, sky, effects. In a file it stands in HISTORY, where no model looks.
    expstart : float, default 57677
        Start of the exposure, MJD.
    distorted_wcs : dict of int to astropy.wcs.WCS, optional
        World coordinates with the distortion (SIP), as calibrated files have them.

    Examples
    --------
    >>> from astroclassify.simulate import simulate_exposure
    >>> exposure = simulate_exposure("globular", "wfc3-uvis", "F606W", aperture="UVIS2-C512C-SUB", rng=1)
    >>> exposure.truth["label"], [raw.dtype.name for raw in exposure.raw.values()]
    ('star cluster', ['uint16'])
    """

    raw: dict
    instrument: Instrument
    band: str
    exptime: float
    wcs: dict
    layouts: dict
    truth: dict
    expstart: float = REFERENCE_DATE
    distorted_wcs: dict = field(default_factory=dict)

    def write(self, path, *, header=None, history=None, overwrite=False):
        """
        Write the exposure as a raw FITS file.

        Parameters
        ----------
        path : path-like
            File name, by convention ``*_raw.fits``.
        header : mapping, optional
            Further cards, for example TARGNAME.
        history : sequence of str, optional
            HISTORY cards; by default the truth, as JSON.
        overwrite : bool, default False
            Replace an existing file.
        """
        write_raw(path, self.raw, **self._described(header, history), overwrite=overwrite)

    def frames(self, *, name="simulated_raw.fits", header=None, history=None):
        """
        Give the frames that the reader would make of the exposure's file, without a file.

        Parameters
        ----------
        name : str, default "simulated_raw.fits"
            What the file would be called.
        header : mapping, optional
            Further cards, for example EXPSTART.
        history : sequence of str, optional
            HISTORY cards; by default the truth, as JSON.

        Returns
        -------
        list of CCDData
            One for each chip, as `~astroclassify.read_frames` gives them: the same pixels, header, world
            coordinates and uncertainty as after `write`, to the last bit.

        Warns
        -----
        FrameWarning
            If an aperture has no overscan to measure the bias in.

        Examples
        --------
        >>> from astroclassify.simulate import simulate_exposure
        >>> exposure = simulate_exposure("globular", aperture="WFC1A-512", rng=1)
        >>> [(frame.shape, str(frame.unit)) for frame in exposure.frames()]
        [((512, 2048), 'adu')]
        """
        return read_frames(self.hdus(name, header=header, history=history))

    def hdus(self, name, *, header=None, history=None):
        """
        Give the HDUs of the exposure's raw file, without a file.

        Parameters
        ----------
        name : str
            What the file would be called.
        header : mapping, optional
            Further cards, for example EXPSTART.
        history : sequence of str, optional
            HISTORY cards; by default the truth, as JSON.

        Returns
        -------
        astropy.io.fits.HDUList
            Headers and pixels as `write` would write them.
        """
        return raw_hdus(name, self.raw, **self._described(header, history))

    def _described(self, header, history):
        """What a raw file says besides its pixels."""
        history_cards = [f"simulated by astroclassify: {json.dumps(self.truth)}"]
        return {
            "instrument": self.instrument,
            "band": self.band,
            "exptime": self.exptime,
            "wcs": self.wcs,
            "header": self._own_cards() | dict(header or {}),
            "history": history_cards if history is None else history,
        }

    def calibrated(self):
        """
        Calibrate the exposure as the telescope's pipeline does: bias, gain, dark current and flat field.

        Returns
        -------
        list of astropy.nddata.CCDData
            The chips' science areas in electrons, with noise and distorted world coordinates. Hot pixels,
            cosmic rays, the light of a flash and deferred charge are left as they are.

        Notes
        -----
        The flat field is the one that the chip has, of uniform light: it takes the pixels' areas out as well,
        so that a uniform sky is uniform, and stars are as bright as their pixels are large.
        """
        return calibrated(self)

    def _own_cards(self):
        return {"EXPSTART": self.expstart} | _subarray_cards(self.layouts) | _flash_cards(self.truth)


def _subarray_cards(layouts):
    """Say which amplifier reads a subarray, and where on the chip it lies."""
    if len(layouts) > 1:
        return {}
    (layout,) = layouts.values()
    return {"CCDAMP": "".join(layout.amplifiers), "LTV1": layout.ltv[0], "LTV2": layout.ltv[1]}


def _flash_cards(truth):
    """Say how long the lamp shone, at 10 electrons per second: our choice, as no source gives it."""
    electrons = truth["effects"]["post_flash"]
    if not electrons:
        return {}
    return {"FLASHDUR": round(electrons / 10, 1), "FLASHCUR": "LOW", "FLASHSTA": "SUCCESSFUL"}


@checked(
    body=rules.either(rules.text, BODY),
    instrument=CAMERA,
    band=is_band,
    exptime=rules.quantity(u.s, 0.5, 3600),
    rng=rules.randomness,
    device=device,
    effects=rules.optional(rules.instance(Effects)),
    optics=rules.optional(rules.instance(Optics, PointSpread)),
    view=rules.optional(rules.instance(View)),
    centred=rules.flag,
    pointing=rules.optional(pointing_rule),
    aperture=rules.optional(rules.text),
    sky=rules.optional(sky_light),
    foreground=DENSITY,
    background=DENSITY,
    expstart=DATE,
)
def simulate_exposure(
    body,
    instrument="acs-wfc",
    band="F606W",
    exptime=500.0,
    *,
    rng=None,
    device="cpu",
    effects=None,
    optics=None,
    view=None,
    centred=False,
    pointing=None,
    aperture=None,
    sky=None,
    foreground=1.0,
    background=1.0,
    expstart=REFERENCE_DATE,
):
    """
    Simulate an exposure of a body on all chips of a camera.

    Parameters
    ----------
    body : Body or str
        What to look at; of a kind's name a random body is made.
    instrument : str or Instrument, default "acs-wfc"
        The camera.
    band : str or Bandpass, default "F606W"
        One of the camera's filters, or a throughput of one's own.
    exptime : float or astropy.units.Quantity, default 500
        Seconds, 0.5 to 3600.
    rng : numpy.random.Generator or int, optional
        Source of randomness or its seed; same seed, same bytes (on one kind of device).
    device : str or torch.device, default "cpu"
        Where to compute.
    effects : Effects, optional
        What the detector adds and loses; by default what is typical of the camera.
    optics : Optics or PointSpread, optional
        Aberrations and jitter, or a point-spread function of one's own; by default those of the camera.
    view : View, optional
        Where the middle of the field looks: its ``centre`` and ``angle`` count, size and scale follow from
        camera and body. Random by default, a piece of the body.
    centred : bool, default False
        Put the body's centre in the middle of the field, turned at random; only without a `view`.
    pointing : tuple of float, optional
        RA and Dec of the middle of the field and position angle of the y axis, degrees; random by default.
    aperture : str, optional
        Name of one of the camera's layouts, for a subarray; full frames by default.
    sky : tuple of float, optional
        Zodiacal light and earthshine, V mag per square arcsecond; random by default.
    foreground, background : float, default 1
        Numbers of foreground stars and of background galaxies, relative to what is usual at the body's
        Galactic latitude.
    expstart : float, default 57677
        Start of the exposure, MJD: the chip's hot pixels are those of that date.

    Returns
    -------
    RawExposure
        Raw images, world coordinates and truth.

    Raises
    ------
    ParameterError
        If the exposure time is out of range, a view is given as well as `centred`, or the camera cannot be
        simulated.
    UnknownNameError
        If there is no such kind of body, instrument, filter or aperture.

    Notes
    -----
    The scene is drawn on pixels twice as large as the detector's; stars are placed exactly. Light becomes
    electrons by Eq. (1), see `response`.

    Examples
    --------
    >>> from astroclassify.simulate import simulate_exposure
    >>> exposure = simulate_exposure("spiral", "wfc3-uvis", "F814W", 300.0, aperture="UVIS2-C512C-SUB", rng=1)
    >>> (frame,) = exposure.frames()
    >>> frame.shape, frame.unit
    ((512, 513), Unit("adu"))
    """
    if centred and view is not None:
        raise ParameterError("both a view and centred=True were given; expected one of them")
    streams = RandomStreams(rng, device=device)
    body = random_body(body, streams.rng) if isinstance(body, str) else body
    field = FieldOfView.of(instrument, aperture)
    view = _view_of_field(field, body, view, streams.rng, centred=centred)
    pointing = pointing or random_pointing(streams.rng)
    sky = sky or random_sky(streams.rng)
    effects = Effects.typical(field.camera) if effects is None else effects
    densities = (foreground, background)
    rate = light_on_field(field, body, view, band, sky, optics=optics, densities=densities, device=device)
    bandpass = BANDS[field.camera.name, band] if isinstance(band, str) else as_bandpass(band)
    raw = read_chips(field, rate, exptime, effects, streams, bandpass=bandpass, date=expstart)
    truth = _truth(body, view, sky, effects, optics, densities)
    return RawExposure(
        raw,
        field.camera,
        bandpass.name,
        float(exptime),
        field.world(*pointing),
        field.layouts,
        truth,
        float(expstart),
        field.world(*pointing, distorted=True),
    )


def _view_of_field(field, body, view, rng, *, centred):
    """The window of the whole field on detector pixels."""
    pixel_scale = field.camera.pixel_scale
    if view is None:
        view = random_view(rng, body, field.shape, pixel_scale=pixel_scale, centred=centred)
    # Pixels for one unit of the body, its angular radius.
    scale = body.angular_radius / pixel_scale
    return View(field.shape, scale, view.centre, view.angle, pixel_scale, field.distortion)


def read_chips(field, rate, exptime, effects, streams, *, bandpass=None, date=REFERENCE_DATE):
    """
    Expose the chips of a camera to light, and read them.

    Parameters
    ----------
    field : FieldOfView
        Where the chips are.
    rate : torch.Tensor
        Electrons per second and detector pixel on the whole field.
    exptime : float
        Seconds.
    effects : Effects
        What the detector adds and loses.
    streams : RandomStreams
        Source of randomness.
    bandpass : Bandpass, optional
        Filter: the chips' sensitivity depends on it a little.
    date : float, default 57677
        Start of the exposure, MJD.

    Returns
    -------
    dict of int to numpy.ndarray
        Raw image of each chip, ADU, uint16.
    """
    trails = _trails(field, effects, streams)

    def chip_image(chip, own):
        extra = None if trails is None else field.cut(trails, chip)
        layout, light = field.layouts[chip], field.cut(rate, chip)
        settings = {"effects": effects, "streams": own}
        window = ChipWindow.of(field.camera, layout, bandpass=bandpass, date=date)
        electrons = collect_electrons(light, field.camera, exptime, extra=extra, window=window, **settings)
        return read_out(electrons, layout, field.camera, **settings)

    chips = list(field.layouts)
    # Each chip has its own stream: its noise is the same whether or not, and in whichever order, others
    # are read.
    children = streams.spawn(len(chips))
    # One thread for each chip, but never more than torch itself may use: workers have one.
    threads = min(len(chips), torch.get_num_threads()) if streams.device.type == "cpu" else 1
    with open_executor(threads, "threads") as executor:
        images = [executor.submit(chip_image, *each) for each in zip(chips, children, strict=True)]
        return {chip: image.result() for chip, image in zip(chips, images, strict=True)}


def _trails(field, effects, streams):
    if not effects.satellite_trails:
        return None
    return sum(satellite_trail(field.shape, streams) for _ in range(int(effects.satellite_trails)))


def _truth(body, view, sky, effects, optics, densities):
    described = {} if isinstance(optics, PointSpread) or optics is None else asdict(optics)
    return {
        "kind": body.kind,
        "label": body.label,
        "body": body.described(),
        "view": {"centre": list(view.centre), "angle": view.angle},
        "sky": list(sky),
        "effects": asdict(effects),
        "optics": described,
        "foreground": densities[0],
        "background": densities[1],
    }
