"""The contract of a reader: what it recognises, and how it makes frames."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from astropy.nddata import CCDData

_FLOAT32 = np.dtype("float32")


@dataclass(frozen=True)
class ReadOptions:
    """
    What a caller asked of `read_frames`.

    Parameters
    ----------
    bias : {"overscan", "none"}
        Subtract the bias level measured in the overscan, or leave it in.
    rows : {"all", "paper"}
        Keep every science row, or the paper's 2048.
    dtype : numpy.dtype
        Floating type of the frames.
    chips : tuple of int or None
        Only these chips; `None` for all.
    mask_bits : int or tuple of str or None
        The bits of a mask image that make a pixel unusable, by value or by the names in its header; `None`
        for what is known of the file's kind.
    extension : tuple or None
        Only these extensions, each by number, name, or name and EXTVER; `None` for those that hold science
        images.
    source : str
        The file's name, for messages and provenance.
    fresh : bool
        The file was opened for this call alone: its pixels are those on disk, and a reader may
        map them itself.

    Examples
    --------
    >>> from astroclassify.io import ReadOptions
    >>> options = ReadOptions(bias="none")
    >>> options.bias, options.rows
    ('none', 'all')
    """

    bias: str = "overscan"
    rows: str = "all"
    dtype: np.dtype = _FLOAT32
    chips: tuple[int, ...] | None = None
    mask_bits: int | tuple[str, ...] | None = None
    extension: tuple | None = None
    source: str = "<memory>"
    fresh: bool = False


@dataclass(frozen=True)
class Reader:
    """
    A reader, which turns an opened FITS file into frames.

    Parameters
    ----------
    name : str
        Registry name.
    description : str
        One line for listings.
    identify : callable
        ``identify(headers) -> bool``: a pure function of the headers of all HDUs (primary
        first). It never guesses and never opens anything.
    read : callable
        ``read(hdulist, options) -> list of CCDData``.
    instruments : tuple of str
        Names of the instruments whose files it reads.
    maps : bool
        Whether ``read`` maps pixels by itself and uses of the HDUs no more than ``header``, ``is_image``,
        ``data`` and ``fileinfo()``; of such files no HDUList need be made.

    Examples
    --------
    >>> from astroclassify.io import READERS
    >>> READERS["hst-raw"].instruments
    ('acs-wfc', 'acs-hrc', 'wfc3-uvis')
    """

    name: str
    description: str
    identify: Callable[[Sequence[fits.Header]], bool]
    read: Callable[[fits.HDUList, ReadOptions], list[CCDData]]
    instruments: tuple[str, ...] = ()
    maps: bool = False
