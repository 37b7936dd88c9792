"""The one frame of a file that is asked for."""

from astroclassify.core import FrameError
from astroclassify.io._read import read_frames


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
    >>> frame = read_frame("jbf301a1q_raw.fits", chip=1)  # doctest: +SKIP
    """
    frames = read_frames(source, chips=chip, instrument=instrument)
    if len(frames) != 1:
        there = ", ".join(str(frame.meta.get("ACCHIP", "?")) for frame in frames)
        raise FrameError(f"{source} holds {len(frames)} frames (chips {there}); choose one with chip=")
    return frames[0]
