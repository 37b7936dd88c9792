"""The plan of one exposure of a simulated set: everything about it, before anything is drawn."""

import json
from dataclasses import asdict, dataclass

import numpy as np

from astroclassify.simulate._exposure import simulate_exposure
from astroclassify.simulate.detector._effects import Effects
from astroclassify.simulate.optics._telescopes import Optics
from astroclassify.simulate.scenes._bodies import Body
from astroclassify.simulate.scenes._view import View
from astroclassify.simulate.sets._config import FULL_FRAME

#: The stream of random numbers of exposures; those of plans are numbered below it.
_EXPOSURE = 7


@dataclass(frozen=True)
class ExposurePlan:
    """
    One exposure of a simulated set.

    Parameters
    ----------
    index, seed : int
        Number of the exposure, and seed of its set.
    name : str
        Name of the body in the manifest; it says nothing about the body.
    rootname : str
        Nine letters and digits, as the archive's.
    body : Body
        What is looked at.
    instrument, band : str
        Camera and filter.
    exptime : float
        Seconds.
    aperture : str or None
        Name of a subarray; None for full frames.
    view : View
        Window on detector pixels.
    pointing : tuple of float
        RA and Dec of the middle of the field, position angle of the y axis, degrees.
    sky : tuple
        Zodiacal light and earthshine (or None), V mag / arcsec2.
    effects : Effects
        Strengths of the detector's effects.
    optics : Optics
        Aberrations and jitter.
    foreground, background : float
        Numbers of foreground stars and background galaxies, relative to the usual.
    expstart : float
        Start, MJD.
    cause : str, default "none"
        Why the frame is blurry, one of ``CAUSES``.
    snr, snr_without_cause : float, optional
        Predicted signal-to-noise per pixel of the body where it is bright: of a blurry frame; of a clear
        one on the chip where it is least.

    Examples
    --------
    >>> from astroclassify.simulate import SimulationConfig, plan_exposure
    >>> plan = plan_exposure(SimulationConfig(), seed=7, index=3)
    >>> print(plan.label, plan.body.kind, plan.instrument, plan.band)
    nsc dark acs-wfc F625W
    """

    index: int
    seed: int
    name: str
    rootname: str
    body: Body
    instrument: str
    band: str
    exptime: float
    aperture: str | None
    view: View
    pointing: tuple[float, float, float]
    sky: tuple[float, float | None]
    effects: Effects
    optics: Optics
    foreground: float
    background: float
    expstart: float
    cause: str = "none"
    snr: float | None = None
    snr_without_cause: float | None = None

    @property
    def label(self):
        """``"galaxy"``, ``"nsc"``, or ``"field"`` (str)."""
        return self.body.label if self.body.label in ("galaxy", "field") else "nsc"

    def expose(self, *, device="cpu"):
        """
        Make the exposure.

        Parameters
        ----------
        device : str or torch.device, default "cpu"
            Where to compute.

        Returns
        -------
        RawExposure
            Raw images, world coordinates and truth.
        """
        return simulate_exposure(
            self.body,
            self.instrument,
            self.band,
            self.exptime,
            rng=_generator(self.seed, _EXPOSURE, self.index),
            device=device,
            effects=self.effects,
            optics=self.optics,
            view=self.view,
            pointing=self.pointing,
            aperture=self.aperture,
            sky=self.sky,
            foreground=self.foreground,
            background=self.background,
            expstart=self.expstart,
        )

    def header(self):
        """
        Give the cards that the exposure's file has beside the usual ones.

        Returns
        -------
        dict
            Target and start; none depends on the class.
        """
        return {"TARGNAME": self.name, "EXPSTART": self.expstart}

    def truth(self):
        """
        Give everything that is known about the exposure.

        Returns
        -------
        dict of str to int, float, str, bool or None
            A row of the table of truth.
        """
        body = {f"body_{key}": value for key, value in self.body.described().items() if key != "kind"}
        return {
            "OBSID": self.rootname,
            "index": self.index,
            "seed": self.seed,
            "ID": self.name,
            "label": self.label,
            "class": self.body.label,
            "kind": self.body.kind,
            **body,
            "exptime": self.exptime,
            "aperture": self.aperture or FULL_FRAME,
            "view_v": self.view.centre[0],
            "view_u": self.view.centre[1],
            "view_angle": self.view.angle,
            "zodiacal": self.sky[0],
            "earthshine": self.sky[1],
            "foreground": self.foreground,
            "background": self.background,
            "cause": self.cause,
            "snr": self.snr,
            "snr_without_cause": self.snr_without_cause,
            **{f"effect_{key}": value for key, value in asdict(self.effects).items()},
            **{f"optics_{key}": _scalar(value) for key, value in asdict(self.optics).items()},
        }


def _generator(*numbers):
    return np.random.default_rng(np.random.SeedSequence(numbers))


def _scalar(value):
    plain = value is None or isinstance(value, str | int | float)
    return value if plain else json.dumps(value, separators=(",", ":"))
