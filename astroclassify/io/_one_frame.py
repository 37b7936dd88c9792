"""The one frame of a file that is asked for, and the header of one HDU."""

import os
from pathlib import Path

from astroclassify.core import FrameError, ParameterError, ReadError
from astroclassify.io._open import open_fits, source_name
from astroclassify.io._read import only_our_errors, read_frames


def read_frame(source, *, chip=None, instrument=None):
    """
    Read one frame of a file.

    Parameters
    ----------
    source : path-like, bytes, binary file object or astropy.io.fits.HDUList
        As for `read_frames`.
    chip : int, optional
        Which chip; needed where the file has more than one.
    instrument : str or Instrument, optional
        As for `read_frames`.

    Returns
    -------
    astropy.nddata.CCDData
        The frame.

    Raises
    ------
    FrameError
        If the file holds several chips and ``chip`` is not given.
    ReadError
        If the file cannot be read.

    Examples
    --------
    >>> from astroclassify.io import read_frame
    >>> from astroclassify.simulate import simulate_exposure
    >>> exposure = simulate_exposure("spiral", "acs-wfc", "F606W", 500.0, aperture="WFC1A-512", rng=1)
    >>> read_frame(exposure.hdus("simulated_raw.fits")).shape          # or the name of a file
    (512, 2048)
    """
    frames = read_frames(source, chip=chip, instrument=instrument)
    if len(frames) != 1:
        raise FrameError(f"{_spoken(source)} holds {len(frames)} frames{_how_to_choose(frames)}")
    return frames[0]


def _spoken(source):
    """A path as it was given; of what is in memory a short name."""
    return source if isinstance(source, str | os.PathLike) else source_name(source)


def _how_to_choose(frames):
    numbers = [frame.meta.get("ACCHIP") for frame in frames]
    if None in numbers:
        return " without chip numbers; read_frames gives all of them, and one with extension="
    return f" (chips {', '.join(map(str, numbers))}); choose one with chip="


def check_chip(frame, chip):
    """
    Refuse a chip that a frame in memory is not of, where it would be passed over.

    Parameters
    ----------
    frame : object
        A frame or an array: no file, of which a chip could be chosen.
    chip : int or None
        What was asked for.

    Raises
    ------
    ParameterError
        If another chip than the frame's was asked for.
    """
    cards = getattr(frame, "meta", None)
    own = cards.get("ACCHIP") if hasattr(cards, "get") else None
    if chip is not None and own != chip:
        told = "has no chip number" if own is None else f"is of chip {own}"
        raise ParameterError(
            f"chip is {chip!r}, and the frame in memory {told}; a chip is chosen of a file: leave it out"
        )


def read_header(path, hdu):
    """
    Read the header of one HDU of a FITS file whose structure was checked first.

    Parameters
    ----------
    path : path-like
        The file.
    hdu : int
        Number of the HDU; 0 is the primary one.

    Returns
    -------
    astropy.io.fits.Header
        A copy of its header.

    Raises
    ------
    ReadError
        If the file cannot be read, or has no such HDU.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from astropy.io import fits
    >>> from astroclassify.io import read_header
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "empty.fits")
    ...     fits.PrimaryHDU(header=fits.Header({"TARGNAME": "M13"})).writeto(file)
    ...     print(read_header(file, 0)["TARGNAME"])
    M13
    """
    path = Path(path)
    with only_our_errors(str(path)), open_fits(path, str(path)) as hdulist:
        try:
            return hdulist[hdu].header.copy()
        except IndexError:
            raise ReadError(f"{path}: it has no HDU {hdu}, but {len(hdulist)}") from None
