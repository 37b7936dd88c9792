"""Telescopes, and the state of their optics: what a point-spread function is computed from."""

from dataclasses import dataclass, replace

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError, checked, rules
from astroclassify.simulate._rules import ARCSEC, NUMBER, RADIANS, STRENGTH, known_camera


@checked(
    name=rules.text,
    diameter=rules.quantity(u.m),
    obscuration=NUMBER,
    vanes=rules.several(RADIANS),
    vane_width=STRENGTH,
    pads=rules.several(rules.numbers(u.dimensionless_unscaled, 3)),
)
@dataclass(frozen=True)
class Telescope:
    """
    The aperture of a telescope.

    Lengths without a unit are fractions of the mirror's radius; angles are on the detector, from its x axis
    towards y.

    Parameters
    ----------
    name : str
        What to call it.
    diameter : float
        Metres.
    obscuration : float, default 0
        Radius of the central obscuration, 0 to below 1.
    vanes : tuple of float, default empty
        Directions of the vanes that hold the secondary mirror, radians, one for each vane.
    vane_width : float, default 0
        Full width of a vane.
    pads : tuple of tuple of float, default empty
        Circular pads on the mirror: distance from its centre, direction (radians), radius.

    Raises
    ------
    ParameterError
        If the diameter is not positive or the obscuration is not in [0, 1).

    Examples
    --------
    >>> from astroclassify.simulate import Telescope
    >>> Telescope("ours", 1.5, obscuration=0.25).diameter
    1.5
    """

    name: str
    diameter: float
    obscuration: float = 0.0
    vanes: tuple[float, ...] = ()
    vane_width: float = 0.0
    pads: tuple[tuple[float, float, float], ...] = ()

    def __post_init__(self):
        if not (0 < self.diameter < np.inf and 0 <= self.obscuration < 1):
            raise ParameterError(
                f"diameter is {self.diameter} m, obscuration {self.obscuration}; expected a positive number, "
                "and 0 to below 1"
            )


# Tiny Tim's pupil tables (*.pup of the OTA): secondary 0.330, spiders 0.022, three pads at 120 degrees,
# 0.89 from the centre, of radius 0.065. Vanes lie on the diagonals of the raw axes, as spikes of real frames
# do.
HST = Telescope(
    "HST",
    2.4,
    obscuration=0.33,
    vanes=tuple(np.pi * (0.25 + 0.5 * k) for k in range(4)),
    vane_width=0.022,
    pads=((0.8921, np.pi / 4, 0.065), (0.8853, np.radians(166.4), 0.065), (0.8883, np.radians(284.0), 0.065)),
)
#: Unobscured off-axis mirror of 2 m, so that stars have no spikes.
CSST = Telescope("CSST", 2.0)


#: Of higher ones the pupil's grid has too few pixels.
_LAST_ZERNIKE = 100


def _zernike(name, value):
    """Ask for an aberration: Noll index, nm rms."""
    index, strength = rules.numbers(u.dimensionless_unscaled, 2)(name, value)
    if not index.is_integer() or not 1 <= index <= _LAST_ZERNIKE:
        raise rules.wrong(name, value, f"Noll's index, 1 to {_LAST_ZERNIKE}, and nm rms")
    return int(index), strength


@checked(
    zernikes=rules.several(_zernike),
    breathing=rules.quantity(u.nm),
    jitter=ARCSEC,
    roughness=rules.quantity(u.nm, 0),
    halo=STRENGTH,
    diffusion=rules.optional(rules.quantity(u.pix, 0)),
    ghosts=rules.flag,
    stray_light=rules.quantity(u.electron / u.s, 0),
    stray_angle=RADIANS,
)
@dataclass(frozen=True)
class Optics:
    """
    State of the optics and of the guiding of a telescope.

    Parameters
    ----------
    zernikes : tuple of tuple, default empty
        Noll index and strength of each aberration, nm rms of wavefront.
    breathing : float, default 0
        Defocus on top of them, nm rms: HST's moves by some 10 within an orbit, as its secondary mirror moves
        by 2 micrometres.
    jitter : float, default 0
        Pointing jitter, arcseconds rms in each axis.
    roughness : float, default 0
        Small-scale errors of the mirrors, nm rms of wavefront; they scatter light out of the core, more in
        the blue.
    halo : float, default 0
        Fraction of the light in a far halo, 0 to below 1.
    diffusion : float, optional
        Charge diffusion in the detector, pixels rms in each axis; by default the camera's at the band's
        wavelength.
    ghosts : bool, default False
        Whether bright stars make the camera's ghosts.
    stray_light : float, default 0
        Scattered light at the brightest corner of the field, electrons per second and pixel; it falls off
        to the opposite corner.
    stray_angle : float, default 0
        Direction that the stray light comes from, radians, from x towards y.

    Raises
    ------
    ParameterError
        If a number is out of its range.

    Examples
    --------
    >>> from astroclassify.simulate import Optics
    >>> Optics.of("csst-msc").breathing
    0.0
    """

    zernikes: tuple[tuple[int, float], ...] = ()
    breathing: float = 0.0
    jitter: float = 0.0
    roughness: float = 0.0
    halo: float = 0.0
    diffusion: float | None = None
    ghosts: bool = False
    stray_light: float = 0.0
    stray_angle: float = 0.0

    def __post_init__(self):
        if self.halo >= 1:
            raise rules.wrong("halo", self.halo, "a part of the light below 1")

    @classmethod
    def of(cls, instrument):
        """
        Give a camera's usual state.

        Parameters
        ----------
        instrument : str or Instrument
            The camera.

        Returns
        -------
        Optics
            Its known aberrations; perfect optics for a camera that nothing is known of.
        """
        name = getattr(instrument, "name", instrument)
        return CAMERAS[name].optics if name in CAMERAS else cls()


@dataclass(frozen=True)
class _Camera:
    telescope: Telescope
    optics: Optics
    # Charge diffusion: rms in pixels (each axis) at wavelengths in nm.
    diffusion: tuple[tuple[float, float], ...]


# The aberrations of the HST cameras are those in the headers of Tiny Tim's models of chip 2 (given in waves
# at 547 nm). Jitter: HST points to "better than 5 mas" over orbits (WFPC2 Instrument Handbook 7; almost all
# exposures have less than 10 mas, Two-Gyro Handbook, Table 1.1). Charge diffusion of ACS: second moments of
# the 3 x 3 kernels in the ACS Instrument Handbook 5.6.1 (400 nm) and in Tiny Tim's headers. That of UVIS:
# what makes the width before pixels that of the WFC3 Instrument Handbook, Table 6.7 (``benchmarks/psf.py``
# prints both): charge of blue light comes from near the back, and spreads on its way. At 806 nm it is Tiny
# Tim's.
#: What is known of the cameras' optics, by name (dict).
CAMERAS = {
    "acs-wfc": _Camera(
        HST,
        Optics(
            ((4, 14.3), (5, -0.2), (6, 14.6), (7, -3.6), (8, -4.9), (9, 9.8), (10, 3.8), (11, -13.7)),
            jitter=0.005,
            roughness=22.0,
        ),
        ((400.0, 0.616), (592.0, 0.500), (806.0, 0.438)),
    ),
    "wfc3-uvis": _Camera(
        HST,
        Optics(((4, 6.0), (5, -6.7), (6, 2.8), (7, -8.5), (8, -1.1)), jitter=0.005, roughness=22.0),
        (
            (200.0, 0.750),
            (300.0, 0.653),
            (400.0, 0.581),
            (500.0, 0.531),
            (600.0, 0.484),
            (700.0, 0.411),
            (806.0, 0.312),
        ),
    ),
    # Chosen so that the encircled energies are those of galaxyGenius' models (0.107" for 80% in r; the mean
    # of the end-to-end simulations is 0.114"). How aberrations, jitter, roughness and diffusion share the
    # blur between them is our choice: only their sum is published.
    "csst-msc": _Camera(
        CSST,
        Optics(((5, 13.0), (8, 13.0), (11, 13.0)), jitter=0.012, roughness=24.0),
        ((300.0, 0.2), (950.0, 0.2)),
    ),
}


@checked(rng=rules.randomness, instrument=known_camera)
def random_optics(rng, instrument):
    """
    Draw a state of a camera: breathing, jitter, ghosts and stray light.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    instrument : str or Instrument
        The camera.

    Returns
    -------
    Optics
        Breathing and jitter come in steps (nine and three), so that states recur.

    Raises
    ------
    UnknownNameError
        If there is no camera of this name.
    """
    usual = Optics.of(instrument)
    # Steps of one micrometre of HST's secondary mirror. Behind a primary of f/2.3 and a focus of f/24 the
    # image moves by m**2 + 1 = 110 micrometres for m = 24 / 2.3. Defocus z is a wavefront of z / (8 F**2) =
    # 24 nm from middle to edge, 1 / (2 sqrt(3)) of it rms, and 1 - 0.33**2 of that on the open annulus: 6.1
    # nm rms. The mirror breathes by typically 2 micrometres with the orbit, and drifts as much between
    # adjustments (ISR OSG-FOC-98-01). Of CSST no such figure is published: Hubble's is borrowed.
    breathing = 6.0 * float(np.clip(round(rng.normal(0, 1.7)), -4, 4))  # nm rms
    jitter = usual.jitter * float(rng.choice([0.6, 1.0, 1.6], p=[0.35, 0.5, 0.15]))
    stray = float(np.exp(rng.uniform(np.log(1e-4), np.log(2e-2)))) if rng.random() < 0.15 else 0.0
    angle = float(rng.uniform(0, 2 * np.pi))
    return replace(
        usual, breathing=breathing, jitter=jitter, ghosts=True, stray_light=stray, stray_angle=angle
    )
