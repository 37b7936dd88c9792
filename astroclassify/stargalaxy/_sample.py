"""Measured sources: a catalogue with a row for each, and a cut-out of each in every band."""

from dataclasses import dataclass, field

import numpy as np
from astropy import units as u
from astropy.table import QTable

from astroclassify.core import ParameterError, tuple_of_strings

#: Columns that a catalogue of sources has once.
SOURCE_COLUMNS = (
    "id",
    "x",
    "y",
    "a",
    "b",
    "theta",
    "ellipticity",
    "fwhm",
    "half_light_radius",
    "kron_radius",
    "concentration",
    "peak_over_flux",
    "snr",
    "area",
    "neighbour",
    "flag",
)
#: Columns that it has for each band, ``mag_r`` for example.
BAND_COLUMNS = ("flux", "flux_err", "mag", "mag_err", "snr", "fwhm", "noise", "flag")
_ARCSEC = ("a", "b", "fwhm", "half_light_radius", "kron_radius", "neighbour")
#: Units of those columns that have one (dict of str to unit).
SOURCE_UNITS = dict.fromkeys(_ARCSEC, u.arcsec) | {"theta": u.rad}
BAND_UNITS = {
    "flux": u.uJy,
    "flux_err": u.uJy,
    "noise": u.uJy,
    "mag": u.mag,
    "mag_err": u.mag,
    "fwhm": u.arcsec,
}
#: What is known of simulated sources besides; magnitudes are ``true_mag_r`` and so on.
TRUTH_COLUMNS = (
    "true_class",
    "true_kind",
    "true_x",
    "true_y",
    "true_redshift",
    "true_half_light_radius",
    "true_separation",
    "true_blend",
)
#: Bits of the column ``flag`` and of ``flag_B`` (dict of str to int).
FLAGS = {
    "not detected": 1,  # S/N in a small aperture below 3; of the whole source: in every band
    "saturated": 2,  # a pixel of the source is at the full well
    "masked": 4,  # masked pixels within the source
    "edge": 8,  # the source reaches the edge of the image
    "blended": 16,  # divided from a neighbour
    "missing": 32,  # the band was not observed here
}
#: Side of the cut-outs, pixels.
CUTOUT = 32


@dataclass(frozen=True, eq=False)
class SourceSample:
    """
    Measured sources: a catalogue and cut-outs.

    Parameters
    ----------
    catalogue : astropy.table.QTable
        A row for each source, see Notes.
    cutouts : numpy.ndarray
        float32 ``[source, band, y, x]``, microjansky per pixel, the sky subtracted; NaN where a band is
        missing, a pixel masked, or beyond the image. The source is at ``[S // 2, S // 2]`` to half a pixel.
    bands : tuple of str
        The bands, in the order of the cut-outs.
    pixel_scale : float
        Arcseconds per pixel.
    meta : dict, optional
        What else is known: the frames, the versions.

    Raises
    ------
    ParameterError
        If catalogue, cut-outs and bands do not belong together.

    Notes
    -----
    Columns that a catalogue has once, measured on the mean of the bands, weighted by the inverse variance:

    * ``id``, ``x``, ``y``: number from 1 on; centroid in pixels, centres at integers; ``sky_centroid`` where
      the frames have world coordinates.
    * ``a``, ``b``, ``theta``, ``ellipticity``: rms along the axes (arcsec) and direction of the long one,
      from x to y (rad), and ``1 - b / a``; moments weighted by a Gaussian as large as the source.
    * ``fwhm``, ``half_light_radius``, ``kron_radius`` (arcsec), ``concentration`` (5 log10 of the ratio of
      the radii of 80% and 20% of the light), ``peak_over_flux`` (of the brightest pixel).
    * ``snr`` of the detection; ``area``, pixels above the threshold; ``neighbour``, distance of the nearest
      source (arcsec); ``flag``, bits of ``stargalaxy.FLAGS``.

    Columns for each band *B*:

    * ``flux_B``, ``flux_err_B`` (microjansky), ``mag_B``, ``mag_err_B`` (AB): all of the source, in one
      ellipse for all bands; magnitudes are NaN where the flux is not positive, all are NaN where the band is
      missing. Frames without a zero point count as if it were 23.9 mag for one unit of theirs.
    * ``snr_B``: of the light in a small round aperture; ``fwhm_B`` (arcsec); ``noise_B``, rms of a pixel
      (microjansky); ``flag_B``.

    Simulated sources have ``true_`` columns besides, and ``field``, ``latitude``.

    Examples
    --------
    >>> from astroclassify.simulate import survey_field
    >>> from astroclassify.stargalaxy import measure_sources
    >>> sample = measure_sources(survey_field(1, bands=("g", "i"), shape=(128, 128), latitude=25).images)
    >>> sample.bands, sample.cutouts.shape[1:], len(sample.catalogue) == len(sample.cutouts)
    (('g', 'i'), (2, 32, 32), True)
    """

    catalogue: QTable
    cutouts: np.ndarray = field(repr=False)
    bands: tuple[str, ...]
    pixel_scale: float
    meta: dict = field(default_factory=dict, repr=False)

    def __post_init__(self):
        object.__setattr__(self, "bands", tuple_of_strings("bands", self.bands))
        shape = np.shape(self.cutouts)
        if len(shape) != 4 or shape[:2] != (len(self.catalogue), len(self.bands)) or shape[2] != shape[3]:
            raise ParameterError(
                f"the cut-outs have the shape {shape}; expected [source, band, y, x] of "
                f"{len(self.catalogue)} sources and {len(self.bands)} bands, square"
            )

    def __len__(self):
        return len(self.catalogue)

    def __getitem__(self, rows):
        """
        Select sources.

        Parameters
        ----------
        rows : slice, array of bool or array of int
            Which of them.

        Returns
        -------
        SourceSample
            These, in this order.
        """
        if isinstance(rows, int | np.integer):
            rows = [rows]
        return SourceSample(
            self.catalogue[rows], self.cutouts[rows], self.bands, self.pixel_scale, dict(self.meta)
        )

    @property
    def noise(self):
        """Rms of a pixel in each band, microjansky (numpy.ndarray, float32 ``[source, band]``)."""
        columns = [np.asarray(self.catalogue[f"noise_{band}"], np.float32) for band in self.bands]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self), 0), np.float32)
