"""Star or galaxy, source by source: detection and photometry on all bands, cut-outs, sets of sources."""

from astroclassify.stargalaxy._answers import classify_sample, sample_logits
from astroclassify.stargalaxy._bands import SURVEY_BANDS, band_roles
from astroclassify.stargalaxy._baselines import BASELINES, Baseline, FittedBaseline, fit_baseline
from astroclassify.stargalaxy._from_catalogue import sample_of_catalogue
from astroclassify.stargalaxy._inputs import (
    BAND_MEASURES,
    PIXEL_MEASURES,
    SOURCE_MEASURES,
    SourceInputs,
    prepared,
    source_inputs,
)
from astroclassify.stargalaxy._match import with_truth
from astroclassify.stargalaxy._measure import measure_sources
from astroclassify.stargalaxy._points import USUAL_WIDTH, point_widths, reference_band
from astroclassify.stargalaxy._predict import (
    check_prior,
    checked_inputs,
    magnitude_bins,
    shares_by_magnitude,
    source_logits,
    source_probabilities,
)
from astroclassify.stargalaxy._sample import BAND_COLUMNS, FLAGS, SOURCE_COLUMNS, SourceSample
from astroclassify.stargalaxy._set import SourceSet
from astroclassify.stargalaxy._simulated import simulate_sources

__all__ = [
    "BASELINES",
    "FLAGS",
    "SOURCE_COLUMNS",
    "SourceInputs",
    "SourceSample",
    "SourceSet",
    "band_roles",
    "fit_baseline",
    "measure_sources",
    "simulate_sources",
    "source_inputs",
]
