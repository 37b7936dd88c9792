"""Readers of further missions, each a description in a file of its own, as a plug-in's would be."""

from astroclassify.io.missions._decam import DECAM
from astroclassify.io.missions._euclid import EUCLID_VIS
from astroclassify.io.missions._jwst import JWST
from astroclassify.io.missions._lsst import LSST
from astroclassify.io.missions._roman import ROMAN
from astroclassify.io.missions._wfpc2 import WFPC2
from astroclassify.io.missions._ztf import ZTF

__all__ = []
