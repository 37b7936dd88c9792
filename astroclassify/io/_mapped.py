"""A raw file as its reader needs it: headers by the walk over its bytes, all else by astropy if needed."""

import os
import re
from collections.abc import Sequence
from functools import cached_property

from astropy.io import fits

from astroclassify.io._lazy import LazyHeader

#: How a header looks that stands for an image of one value: every raw file of HST has some.
_CONSTANT = re.compile(rb"PIXVALUE=")
_IMAGES = (b"SIMPLE  =", b"XTENSION= 'IMAGE   '")


class MappedFits(Sequence):
    """
    What of a `~astropy.io.fits.HDUList` a reader needs that maps the pixels itself.

    Making an HDUList takes longer than all headers of a raw file together.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    walked : sequence of HduBytes
        Its HDUs.
    """

    compression = None

    def __init__(self, path, walked):
        self.name, self.size = str(path), walked[-1].end
        self._hdus = [MappedHdu(self, number, hdu) for number, hdu in enumerate(walked)]

    @classmethod
    def suits(cls, path, walked):
        """Tell whether a file is sound, not compressed, and one whose reader maps it (bool)."""
        return (
            bool(walked)
            and all(hdu.raw.startswith(_IMAGES) and not hdu.problem for hdu in walked)
            and any(_CONSTANT.search(hdu.raw) for hdu in walked)
            and walked[-1].end == os.path.getsize(path)
        )

    def __getitem__(self, index):
        return self._hdus[index]

    def __len__(self):
        return len(self._hdus)

    @cached_property
    def hdulist(self):
        """The same file as astropy opens it (fits.HDUList)."""
        return fits.open(self.name, mode="readonly")

    def close(self, **kwargs):
        """Close what was opened."""
        if "hdulist" in self.__dict__:
            self.hdulist.close(**kwargs)


class MappedHdu:
    """One HDU: its header by the walk, its pixels by astropy."""

    is_image = True

    def __init__(self, file, number, hdu):
        self._file, self._number, self._hdu = file, number, hdu

    @cached_property
    def header(self):
        """The header (fits.Header)."""
        return LazyHeader.of(self._hdu)

    @property
    def data(self):
        """The pixels as astropy scales them (numpy.ndarray or None)."""
        return self._file.hdulist[self._number].data

    def fileinfo(self):
        """Say where it lies, as astropy does (dict)."""
        size = self._hdu.end - self._hdu.data
        return {"file": self._file, "hdrLoc": self._hdu.start, "datLoc": self._hdu.data, "datSpan": size}
