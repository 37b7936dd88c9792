"""A folder that is watched: every file that is complete there is worked on, once.

A file is complete when whoever wrote it has closed it, or has given it its name. Linux tells both (inotify,
by watchdog). Other systems do not, and none does of a folder on a network: that is looked through every few
seconds, and a file in it counts as complete when two looks find it unchanged. Links are not followed: whoever
may write into the folder does not choose what else of the disk is read.
"""

import json
import os
import queue
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from astropy import units as u

from astroclassify.core import (
    ParameterError,
    ReadError,
    checked,
    file_stamp,
    optional_import,
    rules,
    write_text,
)
from astroclassify.io import FRAME_SUFFIXES

#: Seconds between looks at whether to stop, writings of the status, and searches for missed files.
_TICK, _STATUS_EVERY, _SEARCH_EVERY = 0.1, 1.0, 60.0
#: Of how many of the last files the latency is kept.
_LATENCIES = 1000


@dataclass(frozen=True)
class Landed:
    """
    A file that is complete.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    at : float
        When it was found to be complete (`time.time`, seconds); `None` of what was there before.
    """

    path: Path
    at: float | None


class WatchedFolder:
    """
    The files that land in a folder, one after the other, for the time of a block.

    Parameters
    ----------
    folder : path-like
        The folder; not deeper.
    pattern : str, optional
        What the names of files are like, such as ``"*_raw.fits"``; by default those with a suffix of frames.
    poll : float, optional
        Look through the folder each so many seconds, instead of being told by the system; where that is not
        Linux, once a second by default.
    waiting : int, default 1000
        How many files wait at most; what lands besides is found by a search when these are done.

    Raises
    ------
    ParameterError
        If there is no such folder, or a number is out of range.
    OptionalDependencyError
        If watchdog is not installed.

    Examples
    --------
    >>> from astroclassify.scale import WatchedFolder
    >>> folder = getfixture("tmp_path")
    >>> with WatchedFolder(folder) as watched:
    ...     _ = (folder / "a.fits").write_bytes(b"a frame")
    ...     watched.next(timeout=10).path.name
    'a.fits'
    """

    @checked(poll=rules.optional(rules.quantity(u.s, positive=True)), waiting=rules.whole())
    def __init__(self, folder, *, pattern=None, poll=None, waiting=1000):
        self.folder = Path(folder).absolute()  # so that names hold wherever it is started again
        if not self.folder.is_dir():
            raise ParameterError(f"{folder}: there is no such folder to watch")
        self._real = os.path.realpath(self.folder)
        self._pattern, self._poll = pattern, poll or (None if sys.platform.startswith("linux") else 1.0)
        self._queue = queue.Queue(waiting)
        self._missed = threading.Event()
        self._searched, self._seen, self._told = 0.0, {}, {}
        self._observer, self._held = None if self._poll else self._watching(), None

    def _watching(self):
        inotify = optional_import("watchdog.observers.inotify", needed_for="watching a folder", extra="scale")
        from watchdog.events import FileSystemEventHandler

        class Handler(FileSystemEventHandler):
            def on_closed(_, event):
                self._landed(event.src_path)

            def on_moved(_, event):
                self._landed(event.dest_path)

        observer = inotify.InotifyObserver(generate_full_events=True)  # also of files moved from elsewhere
        observer.schedule(Handler(), str(self.folder))
        return observer

    def __enter__(self):
        if self._observer is not None:
            self._held = os.open(self.folder, os.O_RDONLY)  # as long as it is open, no other has its number
            self._observer.start()
        return self

    def __exit__(self, *_):
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            os.close(self._held)

    def check_there(self):
        """
        Check that the folder is still the one that is watched.

        Raises
        ------
        ReadError
            If it was removed, renamed, or another took its place: of that one the system tells nothing.
        """
        if not self._is_there():
            raise ReadError(
                f"{self.folder}: the folder was removed or replaced while it was watched; start again "
                "when it is there: what is done is not done again"
            )

    def _is_there(self):
        try:
            now = os.stat(self.folder)
            same = self._held is None or os.path.samestat(now, os.fstat(self._held))
        except OSError:
            return False
        return same and self.folder.is_dir() and os.path.realpath(self.folder) == self._real

    @property
    def waiting(self):
        """How many files wait (int)."""
        return self._queue.qsize()

    def suits(self, path):
        """
        Tell whether a file is one to work on.

        Parameters
        ----------
        path : path-like
            A file in the folder.

        Returns
        -------
        bool
            Whether its name fits, and it is a file of this folder and no link.
        """
        path = Path(path)
        name = path.name
        if name.startswith("."):
            return False
        fits = fnmatch(name, self._pattern) if self._pattern else name.lower().endswith(FRAME_SUFFIXES)
        inside = os.path.dirname(os.path.realpath(path)) == self._real
        return fits and inside and not path.is_symlink() and path.is_file()

    def _landed(self, path):
        """Take a file into the queue; called in the thread that the system talks to."""
        at = time.time()
        path = self.folder / os.path.basename(os.fsdecode(path))
        if not self.suits(path):
            return
        try:
            self._queue.put_nowait(Landed(path, at))
        except queue.Full:
            self._missed.set()

    def there(self):
        """
        Find what is in the folder by now.

        Returns
        -------
        list of Landed
            The files to work on, oldest first.

        Raises
        ------
        ReadError
            As of `check_there`.
        """
        self.check_there()
        files = [path for path in self.folder.iterdir() if self.suits(path)]
        stamps = {path: stamp for path in files if (stamp := file_stamp(path)) is not None}
        return [Landed(path, None) for path in sorted(stamps, key=lambda path: (stamps[path].modified, path))]

    def next(self, timeout=None):
        """
        Wait for a file.

        Parameters
        ----------
        timeout : float, optional
            For how long, in seconds.

        Returns
        -------
        Landed or None
            The next file; `None` if there was none in that time.
        """
        ends = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._poll:
                self._look()
            try:
                return self._queue.get(timeout=_TICK)
            except queue.Empty:
                if ends is not None and time.monotonic() >= ends:
                    return None

    def missed(self):
        """
        Say whether files may have landed that are not in the queue.

        Returns
        -------
        bool
            After a burst, and once a minute: the system's own memory of events is bounded, too. Then `there`
            tells what there is.
        """
        now = time.monotonic()
        due = self._missed.is_set() or now - self._searched > _SEARCH_EVERY
        if not due or self.waiting:
            return False
        self._missed.clear()
        self._searched = now
        return True

    def _look(self):
        """Look through the folder: a file that was the same at the last look is complete."""
        now = time.monotonic()
        if now - self._searched < self._poll:
            return
        self._searched = now
        for landed in self.there():
            stamp = file_stamp(landed.path)
            before = self._seen.get(landed.path)
            self._seen[landed.path] = stamp
            if stamp == before and not self._queue.full() and self._told.get(landed.path) != stamp:
                self._told[landed.path] = stamp
                self._queue.put_nowait(Landed(landed.path, time.time()))


def watch(watched, results, work, *, stop, on_rows=lambda rows: None, status=None):
    """
    Work on every file that lands in a folder, until it is told to stop.

    Parameters
    ----------
    watched : WatchedFolder
        The folder, entered.
    results : ResultSet
        Where rows go, entered; a file that is in it already is not worked on again.
    work : callable
        ``work(path)`` gives the rows of a file; it does not raise.
    stop : threading.Event
        Ends it after the file at hand.
    on_rows : callable, optional
        Called with the rows of each file as soon as they are kept.
    status : path-like, optional
        A JSON file that says, at most a second late, how many files are done, how many failed and wait, and
        the median and the 99th percentile of the latency, in ms.

    Raises
    ------
    ReadError
        If the folder is removed or replaced.
    """
    _Watch(watched, results, work, stop, on_rows, status).run()


class _Watch:
    """The loop of `watch`, and its figures."""

    def __init__(self, watched, results, work, stop, on_rows, status):
        self._watched, self._results, self._work = watched, results, work
        self._stop, self._on_rows, self._status = stop, on_rows, status
        self._done = self._failed = 0
        self._not_again = {}  # what files were when they failed: tried again at the next start
        self._latencies, self._written = deque(maxlen=_LATENCIES), 0.0

    def run(self):
        self._catch_up()
        while not self._stop.is_set():
            landed = self._watched.next(timeout=_TICK)
            if landed is not None:
                self._take(landed)
            elif self._watched.missed():
                self._catch_up()
            self._watched.check_there()
            self._write("watching")
        self._write("stopped", at_once=True)

    def _catch_up(self):
        for landed in self._watched.there():
            if self._stop.is_set():
                return
            self._take(landed)
            self._write("catching up")

    def _take(self, landed):
        if self._results.has(landed.path) or not self._watched.suits(landed.path):
            return
        stamp = file_stamp(landed.path)
        if stamp is None or self._not_again.get(landed.path) == stamp:
            return
        rows = self._work(landed.path)
        self._results.add(landed.path, rows, stamp=stamp)
        self._done += 1
        if not self._results.has(landed.path):
            self._not_again[landed.path] = stamp
        self._failed += any(row["error"] for row in rows)
        if landed.at is not None:
            self._latencies.append(1e3 * (time.time() - landed.at))
        self._on_rows(rows)

    def _write(self, state, *, at_once=False):
        now = time.monotonic()
        if self._status is None or (now - self._written < _STATUS_EVERY and not at_once):
            return
        self._written = now
        latencies = list(self._latencies)
        median, last = np.percentile(latencies, [50, 99]).round(1).tolist() if latencies else (None, None)
        facts = {
            **{"state": state, "folder": str(self._watched.folder), "updated": time.time()},
            **{"done": self._done, "failed": self._failed, "waiting": self._watched.waiting},
            **{"latency_ms_median": median, "latency_ms_99": last},
        }
        write_text(json.dumps(facts, indent=1) + "\n", self._status)
