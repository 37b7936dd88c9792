"""Point-spread functions of telescope, camera and detector, by Fourier optics."""

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np
import torch

from astroclassify.core import ParameterError, UnknownNameError, checked, rules
from astroclassify.instruments import INSTRUMENTS, Instrument
from astroclassify.photometry import BANDS, Bandpass, as_bandpass
from astroclassify.simulate._rules import CAMERA, device
from astroclassify.simulate._rules import band as is_band
from astroclassify.simulate.optics._ghosts import Ghost, ghosts_of
from astroclassify.simulate.optics._pupil import pupil, wavefront
from astroclassify.simulate.optics._telescopes import CAMERAS, Optics, Telescope

#: Side of the box that a point-spread function is computed in, arcseconds.
FIELD = 12.6
#: Wavelengths that a band is averaged over.
_WAVELENGTHS = 8
_RADIAN = 206_264.806  # arcseconds
#: Correlation length of the mirrors' roughness, m. What it scatters falls as (r**2 + r0**2)**-1.5 around a
#: star, with r0 = lambda / (2 pi length), 0.15 arcseconds at 600 nm: half of it lies within sqrt(3) r0 =
#: 0.26. Fitted with the roughnesses of `CAMERAS` to Tiny Tim's encircled energies.
_ROUGHNESS_LENGTH = 0.13
#: Scale of the far halo, arcseconds. Chosen by us; no camera has a halo unless it is asked for.
_HALO_RADIUS = 1.5


@dataclass(frozen=True, eq=False)
class PointSpread:
    """
    The effective point-spread function of one band: optics, charge diffusion and the pixel itself.

    Made by `point_spread` or `PointSpread.from_array`.

    Parameters
    ----------
    array : torch.Tensor
        The share of a point's light that a detector pixel gets, by the offset of the pixel from the point
        in steps of ``1 / oversampling`` pixels; offset zero is element [0, 0], negative ones wrap around.
        Square; float32; ``oversampling`` times a multiple of 64 on a side.
    oversampling : int
        Samples per detector pixel.
    pixel_scale : float
        Arcseconds per detector pixel.
    ghosts : tuple of Ghost, default empty
        Ghosts that go with bright stars.
    stray_light, stray_angle : float, default 0
        As in `Optics`.
    vanes : tuple of float, default empty
        Directions of the telescope's vanes, radians: bright stars have spikes along them.
    tables : dict, optional
        Cache of tables derived from the array, see `PointSpread.kept`.
    """

    array: torch.Tensor = field(repr=False)
    oversampling: int
    pixel_scale: float
    ghosts: tuple[Ghost, ...] = ()
    stray_light: float = 0.0
    stray_angle: float = 0.0
    vanes: tuple[float, ...] = ()
    tables: dict = field(default_factory=dict, repr=False)

    def kept(self, key, make):
        """
        Cache a table that is derived from the array.

        Parameters
        ----------
        key : hashable
            Name of the table, with the numbers that it depends on.
        make : callable
            Without arguments; makes it.

        Returns
        -------
        object
            The table; made at the first call with this key.
        """
        if self.tables.get("of") is not self.array:
            self.tables.clear()  # they came along with another array, through dataclasses.replace
            self.tables["of"] = self.array
        if key not in self.tables:
            self.tables[key] = make()
        return self.tables[key]

    @classmethod
    def from_array(cls, array, *, oversampling=1, pixel_scale, pixel_integrated=None, device="cpu"):
        """
        Take a point-spread function of one's own.

        Parameters
        ----------
        array : array_like
            Image of a point, square, its centre at ``[n // 2, n // 2]``; it need not sum to 1.
        oversampling : int, default 1
            Samples of the array per detector pixel.
        pixel_scale : float
            Arcseconds per *detector* pixel.
        pixel_integrated : bool, optional
            Whether the array has the blur of the detector pixel in it already; by default only if it is not
            oversampled.
        device : str or torch.device, default "cpu"
            Where to keep it.

        Returns
        -------
        PointSpread
            Of unit sum.

        Raises
        ------
        ParameterError
            If the array is not square and finite, its sum is not positive, or a number is out of range.
        """
        array = np.array(array, float)
        if array.ndim != 2 or array.shape[0] != array.shape[1] or not np.isfinite(array).all():
            raise ParameterError(f"the array has shape {array.shape}; expected a square of finite numbers")
        if not (array.sum() > 0 and oversampling == int(oversampling) >= 1 and 0 < pixel_scale < np.inf):
            raise ParameterError(
                f"the array sums to {array.sum():g}, oversampling is {oversampling}, pixel_scale "
                f"{pixel_scale}; expected positive numbers, and a whole one for oversampling"
            )
        size = oversampling * _even_pixels(max(FIELD / pixel_scale, array.shape[0] / oversampling))
        box = np.zeros((size, size))
        box[: array.shape[0], : array.shape[0]] = array / array.sum()
        centre = array.shape[0] // 2
        box = torch.as_tensor(np.roll(box, (-centre, -centre), axis=(0, 1)), device=device)
        if pixel_integrated is None:
            pixel_integrated = oversampling == 1
        if not pixel_integrated:
            box = torch.fft.ifft2(torch.fft.fft2(box) * _pixel(size, oversampling, device)).real
        return cls((box * oversampling**2).float(), int(oversampling), float(pixel_scale))

    @property
    def pixels(self):
        """Detector pixels on a side of the box (int)."""
        return self.array.shape[0] // self.oversampling

    @property
    def device(self):
        """Where the arrays are (torch.device)."""
        return self.array.device

    def image(self, *, dy=0.0, dx=0.0):
        """
        Draw a point of unit flux on detector pixels.

        Parameters
        ----------
        dy, dx : float, default 0
            Offset of the point from the middle pixel's centre, in pixels.

        Returns
        -------
        torch.Tensor
            Square of ``pixels`` on a side, sum 1; the middle pixel is ``[pixels // 2, pixels // 2]``.
        """
        size, step, n = self.array.shape[0], self.oversampling, self.pixels
        k = torch.fft.fftfreq(size, d=1 / step, dtype=torch.float64, device=self.device)
        shift = [torch.exp(-2j * torch.pi * k * (d + n // 2)) for d in (dy, dx)]
        spectrum = torch.fft.fft2(self.array.double()) * shift[0][:, None] * shift[1]
        folded = spectrum.reshape(step, n, step, n).sum(dim=(0, 2)) / step**2
        return torch.fft.ifft2(folded).real.float()

    def encircled_energy(self, radius):
        """
        Give the share of the light within a radius, the blur by the pixel included.

        Parameters
        ----------
        radius : array_like
            Arcseconds, 0 to half of the box.

        Returns
        -------
        numpy.ndarray
            Fractions, of the radii's shape.
        """
        edges, shares = self._growth
        return np.interp(np.asarray(radius, float), edges, shares)

    def radius_of(self, energy):
        """
        Give the radius that holds a share of the light.

        Parameters
        ----------
        energy : float
            Above 0 and below 1, for example 0.8.

        Returns
        -------
        float
            Arcseconds.
        """
        edges, shares = self._growth
        return float(np.interp(energy, shares, edges))

    @cached_property
    def _growth(self):
        """Radii in arcseconds and the light within, from the light in rings of half a sample."""
        size, step = self.array.shape[0], self.pixel_scale / self.oversampling
        offset = np.fft.fftfreq(size) * size
        rings = np.round(2 * np.hypot(offset[:, None], offset)).astype(int)
        light = np.bincount(rings.ravel(), self.array.double().cpu().numpy().ravel())
        edges = (np.arange(light.size) + 0.5) * step / 2
        return np.append(0, edges), np.append(0, np.cumsum(light) / light.sum())

    @cached_property
    def fwhm(self):
        """Full width at half maximum in arcseconds, of the circle as large as the part above it (float)."""
        # The area A where the light exceeds half of its peak, as that of a circle: 2 sqrt(A / pi). Unlike
        # a cut along one axis, it does not depend on how a point-spread function that is not round lies.
        half = self.pixels // 2
        n = min(half, 16) * self.oversampling
        core = torch.roll(self.array, (n, n), dims=(0, 1))[: 2 * n, : 2 * n]
        fine = torch.nn.functional.interpolate(core[None, None], scale_factor=8, mode="bicubic")
        area = float((fine > self.array.max() / 2).sum()) / 64
        return 2 * np.sqrt(area / np.pi) * self.pixel_scale / self.oversampling


@checked(
    instrument=CAMERA,
    band=is_band,
    optics=rules.optional(rules.instance(Optics)),
    telescope=rules.optional(rules.instance(Telescope)),
    device=device,
)
def point_spread(instrument, band, *, optics=None, telescope=None, device="cpu"):
    """
    Compute a point-spread function.

    Parameters
    ----------
    instrument : str or Instrument
        The camera.
    band : str or Bandpass
        Name of one of its shipped bands, or a throughput of one's own.
    optics : Optics, optional
        Aberrations and jitter; by default what is usual for the camera.
    telescope : Telescope, optional
        The aperture; by default the camera's. Without charge diffusion if it is given.
    device : str or torch.device, default "cpu"
        Where to compute and to keep it.

    Returns
    -------
    PointSpread
        Of unit sum, centred on its core; it ends softly between 4.4 and 6.3 arcseconds from there. The same
        object for the same arguments, as long as it is among the last twelve.

    Raises
    ------
    UnknownNameError
        If the camera's telescope is not known, or it has no such band.
    ParameterError
        If the camera has no pixel scale.

    Notes
    -----
    The amplitude on the pupil is Fourier transformed at wavelengths that share the band's light evenly.
    The mirrors' roughness, which no one has mapped, multiplies the transfer function by its mean over all
    mirrors that are as rough, ``exp(-(2 pi s / lambda)**2 (1 - C))``; C is the correlation of two points of
    the mirror.

    Examples
    --------
    >>> from astroclassify.simulate import point_spread
    >>> hst, csst = point_spread("acs-wfc", "F606W"), point_spread("csst-msc", "r")
    >>> bool(hst.encircled_energy(0.5) > 0.85), csst.radius_of(0.8) < 0.15
    (True, True)
    """
    camera = instrument if isinstance(instrument, Instrument) else INSTRUMENTS[str(instrument)]
    optics = Optics.of(camera) if optics is None else optics
    if telescope is None and camera.name not in CAMERAS:
        raise UnknownNameError(
            f"the telescope of {camera.name!r} is not known; give telescope=, or use one of "
            f"{', '.join(CAMERAS)}"
        )
    if not camera.pixel_scale > 0:
        raise ParameterError(f"{camera.name} has the pixel scale {camera.pixel_scale}; expected arcseconds")
    bandpass = BANDS[camera.name, band] if isinstance(band, str) else as_bandpass(band)
    sharp = replace(optics, ghosts=False, stray_light=0.0, stray_angle=0.0)
    spread = _cached_point_spread(
        (camera.name, camera.pixel_scale), bandpass, sharp, telescope, torch.device(device)
    )
    if not (optics.ghosts or optics.stray_light):
        return spread
    ghosts = ghosts_of(camera.name, bandpass.name) if optics.ghosts else ()
    return replace(spread, ghosts=ghosts, stray_light=optics.stray_light, stray_angle=optics.stray_angle)


def width_before_pixels(instrument, band):
    """
    Give the full width at half maximum of what falls on the pixels, as handbooks do.

    Parameters
    ----------
    instrument : str or Instrument
        The camera.
    band : str or Bandpass
        One of its bands, or a throughput of one's own.

    Returns
    -------
    float
        Detector pixels, charge diffusion included, the blur by the pixel itself left out.
    """
    camera = instrument if isinstance(instrument, Instrument) else INSTRUMENTS[str(instrument)]
    bandpass = BANDS[camera.name, band] if isinstance(band, str) else as_bandpass(band)
    settings = (camera.name, camera.pixel_scale), bandpass, Optics.of(camera), None, torch.device("cpu")
    return _cached_point_spread(*settings, pixel=False).fwhm / camera.pixel_scale


@lru_cache(maxsize=12)
def _cached_point_spread(camera, bandpass, optics, telescope, device, pixel=True):
    name, pixel_scale = camera
    own = CAMERAS[name] if telescope is None else None
    aperture = own.telescope if own else telescope
    diffusion = _diffusion(own, bandpass) if optics.diffusion is None else optics.diffusion
    shortest = _light_quantiles(bandpass)[0] * 1e-9
    # The finest detail has the frequency diameter / wavelength; two samples for each of its periods.
    needed = 2 * aperture.diameter / shortest * pixel_scale / _RADIAN
    oversampling = max(4, 2 * int(np.ceil(needed / 2 - 0.25)))
    size = oversampling * _even_pixels(FIELD / pixel_scale)
    sample = pixel_scale / _RADIAN / oversampling
    image = _polychromatic_image(aperture, bandpass, optics, size, sample, device)
    transfer = torch.fft.fft2(image / image.sum())
    transfer *= _blur(size, sample, optics, bandpass, diffusion * oversampling * sample)
    if pixel:
        transfer *= _pixel(size, oversampling, device)
    array = _centred(transfer, oversampling).clamp_min(0) * _fade(size, device)
    array *= oversampling**2 / array.sum()
    return PointSpread(array.float(), oversampling, pixel_scale, vanes=aperture.vanes)


def _diffusion(camera, bandpass):
    if camera is None:
        return 0.0
    wavelengths, rms = np.transpose(camera.diffusion)
    return float(np.interp(bandpass.pivot.value, wavelengths, rms))


def _even_pixels(pixels):
    return 64 * int(np.ceil(pixels / 64))


def _light_quantiles(bandpass: Bandpass):
    """Wavelengths in nm that stand for equal shares of the electrons of a flat spectrum (in F_nu)."""
    # Photons of F_nu = constant: F_lambda lambda ~ (1 / lambda**2) lambda, so electrons ~ throughput /
    # lambda.
    wavelength = bandpass.wavelength
    rate = bandpass.throughput / wavelength
    growth = np.append(0, np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(wavelength)))
    shares = (np.arange(_WAVELENGTHS) + 0.5) / _WAVELENGTHS
    return np.interp(shares, growth / growth[-1], wavelength)


def _polychromatic_image(telescope, bandpass, optics, size, sample, device):
    """Intensity of a point, its peak at [0, 0]: the sum over wavelengths of the pupil's transform."""
    zernikes = (*optics.zernikes, (4, optics.breathing))
    total = torch.zeros((size, size), dtype=torch.float64, device=device)
    for nanometres in _light_quantiles(bandpass):
        # Fraunhofer: the image is the transform of the pupil, and its angle theta belongs to the frequency
        # theta / lambda. With n samples of dx metres on the pupil, those of the image are lambda / (n dx)
        # radians apart; here n and the image's step are given, so that 1 / dx = n step / lambda.
        scale = size * sample / (nanometres * 1e-9)
        amplitude, rho, theta = pupil(telescope, scale, device=device)
        error = wavefront(zernikes, rho, theta, obscuration=telescope.obscuration)
        field_ = torch.polar(amplitude.float(), (2 * torch.pi / nanometres * error).float())
        # In two steps: most columns of the padded pupil are empty.
        field_ = torch.fft.fft(torch.fft.fft(field_, n=size, dim=0), n=size, dim=1)
        total += (field_.real**2 + field_.imag**2) / (amplitude**2).sum()
    return total


def _blur(size, sample, optics, bandpass, diffusion):
    """Transfer function of jitter and charge diffusion (Gaussian), roughness and halo, all but the pixel."""
    frequency = torch.fft.fftfreq(size, d=sample, dtype=torch.float64)
    f = torch.hypot(frequency[:, None], frequency)
    # A Gaussian of rms s on the sky has the transfer function exp(-2 (pi s f)**2); variances add.
    variance = (optics.jitter / _RADIAN) ** 2 + diffusion**2
    transfer = torch.exp(-2 * (torch.pi**2) * variance * f**2)
    if optics.roughness > 0:
        # The frequency f correlates points of the mirror that are lambda f apart. If their heights differ by
        # a Gaussian number of variance 2 s**2 (1 - C), the mean of exp(i phase) is exp(-p**2 (1 - C)), with p
        # = 2 pi s / lambda; C falls as exp(-distance / length). At 600 nm, 22 nm rms scatter 1 - exp(-(2 pi
        # 22 / 600)**2) = 5% of the light out of the core.
        wavelengths = _light_quantiles(bandpass) * 1e-9
        phase = float(np.mean((2 * np.pi * optics.roughness * 1e-9 / wavelengths) ** 2))
        correlation = torch.exp(-f * float(wavelengths.mean()) / _ROUGHNESS_LENGTH)
        transfer = transfer * torch.exp(-phase * (1 - correlation))
    if optics.halo > 0:
        # The transform of light that falls as (r**2 + radius**2)**-1.5: far out as r**-3.
        halo = torch.exp(-2 * torch.pi * _HALO_RADIUS / _RADIAN * f)
        transfer = transfer * (1 - optics.halo + optics.halo * halo)
    return transfer


def _centred(transfer, oversampling):
    """Transform back, shifted so that the core's centroid (of a Gaussian window) is at [0, 0]."""
    size, half = transfer.shape[0], 8 * oversampling
    core = torch.roll(torch.fft.ifft2(transfer).real, (half, half), dims=(0, 1))[: 2 * half, : 2 * half]
    x = torch.arange(-half, half, dtype=torch.float64, device=transfer.device)
    centre = [0.0, 0.0]
    for _ in range(8):  # until the window stands where the centroid is
        window = [torch.exp(-0.5 * ((x - c) / (1.5 * oversampling)) ** 2) for c in centre]
        light = core * window[0][:, None] * window[1]
        centre = [float((light.sum(axis) * x).sum() / light.sum()) for axis in (1, 0)]
    k = torch.fft.fftfreq(size, dtype=torch.float64, device=transfer.device)
    down, right = (torch.exp(2j * torch.pi * k * c) for c in centre)
    return torch.fft.ifft2(transfer * (down[:, None] * right)).real


def _fade(size, device):
    """Taper the wings to zero in a circle, so that bright stars do not show the box."""
    x = torch.fft.fftfreq(size, d=0.5, dtype=torch.float64, device=device)
    r = torch.hypot(x[:, None], x)
    return (1 + torch.cos(torch.pi * ((r - 0.7) / 0.3).clamp(0, 1))) / 2


def _pixel(size, oversampling, device):
    """Transfer function of a square detector pixel."""
    across = torch.sinc(torch.fft.fftfreq(size, d=1 / oversampling, dtype=torch.float64, device=device))
    return across[:, None] * across
