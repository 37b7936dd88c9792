"""The one progress bar."""

import sys

from tqdm import tqdm


def progress_bar(iterable=None, *, progress, total=None, description=None):
    """
    Wrap an iterable in a progress bar on standard error.

    Parameters
    ----------
    iterable : iterable, optional
        What is iterated over; without one, call ``update()`` on the result.
    progress : bool or None
        Show the bar; `None` shows it only on a terminal.
    total : int, optional
        Number of items, where the iterable has no length.
    description : str, optional
        Text before the bar.

    Returns
    -------
    tqdm.tqdm
        The wrapped iterable, also a context manager.

    Examples
    --------
    >>> from astroclassify.core import progress_bar
    >>> sum(progress_bar([1, 2, 3], progress=False))
    6
    """
    hidden = not sys.stderr.isatty() if progress is None else not progress
    return tqdm(iterable, total=total, desc=description, disable=hidden, file=sys.stderr, leave=False)
