"""Eq. (1): spectrum x throughput x area x time -> electrons; zero points, sky, depths.

Importing this room is light; synphot and dust_extinction are imported when a spectrum is first made.
"""

from astroclassify.photometry._bandpass import Bandpass, as_bandpass
from astroclassify.photometry._bands import BANDS, Bands, edge_bandpass
from astroclassify.photometry._core import photon_rate
from astroclassify.photometry._counts import CoverageWarning, count_rate, electrons, zero_point
from astroclassify.photometry._lines import (
    WAVELENGTHS,
    emission_lines,
    hii_region,
    planetary_nebula,
    supernova_remnant,
)
from astroclassify.photometry._modify import ab_magnitude, normalise, redden, redshift
from astroclassify.photometry._observe import (
    ApertureNoise,
    aperture_noise,
    exposure_for_snr,
    limiting_magnitude,
    saturation_magnitude,
    snr,
    survey_depth,
)
from astroclassify.photometry._populations import (
    old_population,
    reflection_nebula,
    star_forming_population,
    starburst_population,
)
from astroclassify.photometry._sky import earthshine, sky_rate, zodiacal_light
from astroclassify.photometry._spectra import (
    SPECTRAL_TYPES,
    blackbody,
    effective_temperature,
    power_law,
    star,
)
from astroclassify.photometry._vega import vega

__all__ = [
    "BANDS",
    "Bandpass",
    "ab_magnitude",
    "aperture_noise",
    "as_bandpass",
    "count_rate",
    "earthshine",
    "edge_bandpass",
    "electrons",
    "exposure_for_snr",
    "hii_region",
    "limiting_magnitude",
    "normalise",
    "redden",
    "redshift",
    "saturation_magnitude",
    "sky_rate",
    "snr",
    "star",
    "star_forming_population",
    "survey_depth",
    "vega",
    "zero_point",
    "zodiacal_light",
]
