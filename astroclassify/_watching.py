"""`watch_folder`: classify every file that lands in a folder."""

from astroclassify._request import Request
from astroclassify._scaled import Work, columns_of, completed
from astroclassify._work import provenance_of
from astroclassify.scale import ResultSet, WatchedFolder, watch


def watch_folder(
    folder,
    output,
    *,
    stop,
    on_rows=lambda rows: None,
    pattern=None,
    poll=None,
    status=None,
    model="default",
    weights=None,
    device=None,
    extension=None,
    mask_bits=None,
    thumbnails=False,
    timeout=None,
):
    """
    Classify every file that arrives in a folder, until it is told to stop.

    Parameters
    ----------
    folder : path-like
        The folder, not deeper. A file counts when it is complete: closed by who wrote it, or renamed to its
        name. Links are not followed.
    output : path-like
        The data set of results, ``NAME.parquet``, as of `~astroclassify.classify_many`; files that are in it
        are not classified again.
    stop : threading.Event
        Ends it after the file at hand.
    on_rows : callable, optional
        Called with the rows of each file (list of dict) as soon as they are kept.
    pattern : str, optional
        What the names of files are like; by default those with a suffix of frames.
    poll : float, optional
        Look through the folder each so many seconds, where the system does not tell: on network disks.
    status : path-like, optional
        A JSON file of what is done, waits and failed, and of latencies.
    model : str or ModelSpec, default "default"
        As for `~astroclassify.classify`.
    weights : str, path-like or Weights, optional
        As for `~astroclassify.classify`.
    device : str, optional
        As for `~astroclassify.classify`.
    extension : int, str, tuple or list of these, optional
        As for `~astroclassify.read_frames`.
    mask_bits : int, str or iterable of str, optional
        As for `~astroclassify.read_frames`.
    thumbnails : bool, default False
        Keep a small picture of each frame.
    timeout : float, optional
        Seconds that the reading of a file may take.

    Raises
    ------
    ParameterError
        If there is no such folder, or the output holds something else.
    ReadError
        If the folder is removed or replaced while it is watched.
    OptionalDependencyError
        If watchdog or pyarrow is not installed.

    Examples
    --------
    What is in the folder is classified first; then the event, which is set here, ends the call:

    >>> import threading
    >>> from astroclassify import watch_folder
    >>> incoming, stop = getfixture("tmp_path") / "incoming", threading.Event()
    >>> incoming.mkdir()
    >>> stop.set()
    >>> watch_folder(incoming, incoming.parent / "results.parquet", stop=stop)
    """
    request = Request(
        **{
            "model": model,
            "weights": weights,
            "device": device,
            "thumbnails": thumbnails,
            "timeout": timeout,
        },
        **{"recorded": True, "facts": True},
        chosen={"chip": None, "read": {"extension": extension, "mask_bits": mask_bits}, "survey": None},
    )
    asked = request.asked()
    _warm(asked)
    work, columns = Work(request, alone=True), columns_of(asked)
    about = {"model": asked.model.spec.name, "weights": asked.model.sha256}

    def rows_of(path):
        ((_, _, rows),) = work(((0, path),))
        return completed(rows, columns)

    watched = WatchedFolder(folder, pattern=pattern, poll=poll)
    results = ResultSet(output, columns, about=about, provenance=provenance_of(asked))
    with results, watched:  # events are kept from before the folder is looked through
        watch(watched, results, rows_of, stop=stop, on_rows=on_rows, status=status)


def _warm(asked):
    """Classify a made-up frame, since libraries choose their ways at the first."""
    import numpy as np

    from astroclassify._work import classified

    frame = np.random.default_rng(1).normal(1000, 5, (2048, 4096)).astype(np.float32)
    list(classified([frame], asked, {"chip": None}, depth=0))
