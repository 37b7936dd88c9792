"""Sky truth of one view, before any optics and for no band in particular.

Diffuse light is kept in layers, one for each spectrum (and dust) it has; point sources in a
catalogue. `Scene.observed` turns both into electrons per second in a band.
"""

import numpy as np
import torch

from astroclassify.core import UnknownNameError, checked, rules
from astroclassify.simulate._rules import device
from astroclassify.simulate.scenes._palette import SPECTRA, STAR_TYPES, star_types
from astroclassify.simulate.scenes._view import View

#: Point sources are kept as far outside the window as their spikes reach into it, arcseconds.
MARGIN = 6.0
#: Extinction in magnitudes for each unit of optical depth: 2.5 log10(e).
MAGNITUDES_PER_DEPTH = 1.0857


@checked(view=rules.instance(View), device=device)
class Scene:
    """
    Surface brightness and point sources, in physical units.

    Light is given in units of V (AB) magnitude 0, gas in units of 1e-15 erg / s / cm2 in Halpha;
    diffuse layers hold them for each square arcsecond.

    Parameters
    ----------
    view : View
        The window.
    device : str or torch.device, default "cpu"
        Where the maps are.

    Examples
    --------
    Old stars of 20 V mag / arcsec2 with one star in front, as electrons per second in F814W:

    >>> import torch
    >>> from astroclassify.simulate import Scene, View, response
    >>> scene = Scene(View((64, 64), scale=20.0, pixel_scale=0.05))
    >>> scene.add("old", torch.full((64, 64), 1e-8))
    >>> scene.add_stars(y=[32], x=[32], magnitude=[22.0], temperature=[5800.0])
    >>> light, (y, x, flux) = scene.observed(response("acs-wfc", "F814W"))
    >>> print(f"{float(light.mean()):.2f} in a pixel, {flux[0]:.1f} of the star")
    1.29 in a pixel, 51.5 of the star
    """

    def __init__(self, view, *, device="cpu"):
        self.view = view
        self.device = torch.device(device)
        self._layers = []
        self._sources = []

    def add(self, spectrum, light, *, dust=None):
        """
        Add diffuse light.

        Parameters
        ----------
        spectrum : str
            One of ``SPECTRA``.
        light : torch.Tensor
            Surface brightness per square arcsecond, of the view's shape.
        dust : torch.Tensor, optional
            Optical depth in V in front of it.
        """
        if spectrum not in SPECTRA:
            raise UnknownNameError(f"no spectrum is named {spectrum!r}; there are: {', '.join(SPECTRA)}")
        self._layers.append((spectrum, light, dust))

    def add_stars(self, y, x, magnitude, temperature, *, extinction=0.0):
        """
        Add stars; those far outside the window are dropped.

        Parameters
        ----------
        y, x : array_like
            Pixel positions in the view.
        magnitude : array_like
            V (AB) magnitudes without extinction.
        temperature : array_like
            Effective temperatures, K; the nearest of ``STAR_TYPES`` gives the colour.
        extinction : array_like, default 0
            A_V in front of each, mag.
        """
        # Pogson's law: a star of magnitude m sends 10**(-0.4 m) of the light of one of magnitude 0.
        self._add_points(
            y, x, 10 ** (-0.4 * np.asarray(magnitude, float)), star_types(temperature), extinction
        )

    def add_points(self, spectrum, y, x, flux, *, extinction=0.0):
        """
        Add point sources that are no stars: unresolved H II regions, clusters, nuclei.

        Parameters
        ----------
        spectrum : str
            One of ``SPECTRA``.
        y, x : array_like
            Pixel positions in the view.
        flux : array_like
            In units of V = 0 or, for gas, 1e-15 erg / s / cm2 in Halpha.
        extinction : array_like, default 0
            A_V in front of each, mag.
        """
        self._add_points(y, x, flux, len(STAR_TYPES) + SPECTRA.index(spectrum), extinction)

    def _add_points(self, y, x, flux, spectrum, extinction):
        new = np.stack(np.broadcast_arrays(y, x, flux, spectrum, extinction)).astype(np.float64)
        new = new.reshape(5, -1)
        # A bright star just outside the window still sends its halo and its spikes into it.
        margin = MARGIN / self.view.pixel_scale
        rows, columns = self.view.shape
        near = (
            (new[0] > -margin) & (new[0] < rows + margin) & (new[1] > -margin) & (new[1] < columns + margin)
        )
        self._sources.append(new[:, near])

    def screen(self, depth):
        """
        Put dust in front of everything added so far.

        Parameters
        ----------
        depth : torch.Tensor or float
            Optical depth in V: a map of the view's shape, or one number.
        """
        # Screens one behind the other: exp(-a) exp(-b) = exp(-(a + b)), so optical depths add up. Light
        # that is added later lies in front of the dust.
        self._layers = [
            (spectrum, light, depth if dust is None else dust + depth)
            for spectrum, light, dust in self._layers
        ]
        points = self.sources
        at = depth
        if isinstance(depth, torch.Tensor):
            rows, columns = self.view.shape
            y = np.clip(np.round(points[0]), 0, rows - 1).astype(int)
            x = np.clip(np.round(points[1]), 0, columns - 1).astype(int)
            at = depth.cpu().numpy()[y, x]
        # Optical depth to magnitudes: 2.5 log10(e) = 1.086.
        points[4] += MAGNITUDES_PER_DEPTH * at
        self._sources = [points]

    def merge(self, other, *, weight=1.0):
        """
        Add all that another scene of the same window holds.

        Parameters
        ----------
        other : Scene
            The other scene; its view has the same shape and pixel scale.
        weight : float, default 1
            Multiplies its light.
        """
        other = other.scaled(weight)
        self._layers += other._layers
        self._sources += other._sources

    def scaled(self, factor):
        """
        Make a copy with all light multiplied.

        Parameters
        ----------
        factor : float
            Zero or more.

        Returns
        -------
        Scene
            The copy.
        """
        copy = Scene(self.view, device=self.device)
        copy._layers = [(spectrum, light * factor, dust) for spectrum, light, dust in self._layers]
        copy._sources = [self.sources * np.array([1, 1, factor, 1, 1])[:, None]]
        return copy

    @property
    def layers(self):
        """Tuples of spectrum, light and dust (or None) (tuple)."""
        return tuple(self._layers)

    @property
    def sources(self):
        """Rows y, x, flux, number of the spectrum and A_V of the point sources (numpy.ndarray, (5, N))."""
        return np.concatenate([np.zeros((5, 0)), *self._sources], axis=1)

    def observed(self, response):
        """
        See the scene in a band.

        Parameters
        ----------
        response : Response
            Response of the band.

        Returns
        -------
        diffuse : torch.Tensor
            Electrons per second in each pixel of the view, float32.
        points : numpy.ndarray
            Rows y, x (pixels of the view) and electrons per second; shape (3, N).
        """
        diffuse = torch.zeros(self.view.shape, device=self.device)
        for spectrum, light, dust in self._layers:
            rate = response.rates[spectrum] * self.view.pixel_area
            # A screen of optical depth tau in V dims the light behind it by exp(-tau A / A_V) in the band.
            # Each layer has one of its own, so that stars before a cloud are not reddened by it.
            if dust is None:
                diffuse.add_(light, alpha=rate)
            elif isinstance(dust, torch.Tensor):
                diffuse.addcmul_(light, torch.exp(dust * -response.attenuation), value=rate)
            else:
                diffuse.add_(light, alpha=rate * float(np.exp(-response.attenuation * dust)))
        y, x, flux, spectrum, extinction = self.sources
        rates = np.concatenate([response.star_rates, [response.rates[name] for name in SPECTRA]])
        electrons = flux * rates[spectrum.astype(int)] * 10 ** (-0.4 * response.attenuation * extinction)
        return diffuse, np.stack([y, x, electrons])
