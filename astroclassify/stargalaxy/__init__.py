"""Star or galaxy, source by source: detection and photometry on all bands, cut-outs, sets of sources."""

from astroclassify.stargalaxy._match import with_truth
from astroclassify.stargalaxy._measure import measure_sources
from astroclassify.stargalaxy._sample import BAND_COLUMNS, FLAGS, SOURCE_COLUMNS, SourceSample
from astroclassify.stargalaxy._set import SourceSet
from astroclassify.stargalaxy._simulated import simulate_sources

__all__ = [
    "BAND_COLUMNS",
    "FLAGS",
    "SOURCE_COLUMNS",
    "SourceSample",
    "SourceSet",
    "measure_sources",
    "simulate_sources",
    "with_truth",
]
