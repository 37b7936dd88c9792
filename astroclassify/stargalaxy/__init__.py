"""Star or galaxy, source by source: detection and photometry on all bands, cut-outs, sets of sources."""

from astroclassify.stargalaxy._sample import BAND_COLUMNS, FLAGS, SOURCE_COLUMNS, SourceSample
from astroclassify.stargalaxy._set import SourceSet

__all__ = ["BAND_COLUMNS", "FLAGS", "SOURCE_COLUMNS", "SourceSample", "SourceSet"]
