"""The download of one file: retried, resumed, and checked."""

import json
import os
import random
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from astropy.io.fits import VerifyError

from astroclassify.archive._fits_layout import contents, cut
from astroclassify.archive._sources import RangeError, SlowError, TransferError
from astroclassify.core import fingerprint, write_text

_LONGEST_WAIT = 60.0
_LONGEST_ASKED = 900.0  # a server that asks for more gets its file left out this time
_WINDOW = 2**16  # bytes read at least where headers are looked for
#: Seconds after which the speed is judged, and the fewest bytes a second.
SLOW_AFTER, _SLOWEST = 60.0, 1000
#: What stays free on a disk; how often that is looked at; and more than any raw file has (bytes).
SPARE, _BETWEEN_LOOKS, _LARGEST_FILE = 2**26, 2**26, 4 * 10**9
#: The images of a full raw file.
BOTH_CHIPS = frozenset((1, 4))


@dataclass(frozen=True)
class RetryPolicy:
    """
    How often and how soon something is tried again.

    `urllib3.util.Retry` counts the attempts of one request. Here a file counts: an attempt that brought bytes
    starts the count anew, whether the server failed, the connection broke, or the file came damaged; files of
    a bucket, which is no web server's, are tried again alike; and an interrupt ends the waiting at once.

    Parameters
    ----------
    retries : int
        Further attempts in a row that may bring nothing new; one that brings bytes starts the count anew.
    backoff : float
        Seconds before the first of them, at most; twice that before each further one, up to a minute.
    stop : threading.Event
        Ends the waiting, and with it the attempts.
    """

    retries: int
    backoff: float
    stop: object

    def call(self, attempt, progress=lambda: 0):
        """
        Call with retries.

        Parameters
        ----------
        attempt : callable
            Takes nothing; raises `TransferError` where it fails.
        progress : callable, optional
            Gives a number that grows with what an attempt has brought.

        Returns
        -------
        object
            The result of the attempt.

        Raises
        ------
        TransferError
            Of the last attempt.
        """
        failures, best = 0, progress()
        while True:
            try:
                return attempt()
            except TransferError as error:
                reached = progress()
                failures = 1 if reached > best and not isinstance(error, SlowError) else failures + 1
                best = max(best, reached)
                if not error.passing or failures > self.retries or (error.wait or 0) > _LONGEST_ASKED:
                    raise
                if self.stop.wait(self._seconds(failures, error.wait)):
                    raise

    def _seconds(self, failures, asked):
        """The wait that the server asks for; else exponential backoff with jitter."""
        if asked is not None:
            return asked
        longest = min(self.backoff * 2 ** (failures - 1), _LONGEST_WAIT)
        return longest * random.uniform(0.5, 1.0)


class Pace:
    """
    Whether bytes come fast enough, and not more of them than there is room for.

    Parameters
    ----------
    path : pathlib.Path
        The file that grows.
    """

    def __init__(self, path):
        self._path = path
        self._since, self._from, self._looked = monotonic(), None, None

    def check(self, length, size):
        """
        Look at what has come.

        Parameters
        ----------
        length : int
            Bytes of the file by now.
        size : int or None
            Bytes of the whole file, where the source has told.

        Raises
        ------
        TransferError
            If fewer than 1 kB a second came over a minute, the disk fills up, or a source that tells no size
            gives more than any raw file has.
        """
        self._check_speed(length)
        if size is None and length > _LARGEST_FILE:
            raise TransferError(
                f"more than {_LARGEST_FILE // 10**9} GB came, and no end is told", passing=False
            )
        if self._looked is None or length - self._looked > _BETWEEN_LOOKS:
            self._looked = length
            if (free := shutil.disk_usage(self._path.parent).free) < SPARE:
                raise TransferError(f"the disk has only {free // 10**6} MB left", passing=False)

    def _check_speed(self, length):
        now = monotonic()
        self._from = length if self._from is None else self._from
        if now - self._since < SLOW_AFTER:
            return
        if length - self._from < _SLOWEST * (now - self._since):
            raise SlowError(f"only {length - self._from} bytes came in {now - self._since:.0f} s")
        self._since, self._from = now, length


class PartFile:
    """
    A partial file, with a note of the file that its bytes are of.

    Parameters
    ----------
    path : pathlib.Path
        Where they are kept; a note of their origin lies beside them.
    """

    def __init__(self, path):
        self.path = path
        self._note = path.with_suffix(".json")
        self.origin = self._read_note()
        #: The most that there ever was of it in this session.
        self.reached = self.length

    @property
    def length(self):
        """Bytes that are here (int)."""
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def complete(self):
        """Whether all bytes of a whole file are here, as far as their number was told (bool)."""
        return self.origin.get("size") is not None and self.length == self.origin["size"]

    def begin(self, origin, *, md5=""):
        """
        Keep the bytes if they are of the same origin; else start again.

        Parameters
        ----------
        origin : dict
            ``source``, ``tag`` (what changes when the file does), ``hdus`` (a list where the file is
            cut) and ``size`` (of the whole file). Without a tag nobody knows whether it is still the same.
        md5 : str, optional
            Of the whole file, where it is told.
        """
        same = all(self.origin.get(key) == value for key, value in origin.items())
        if same and origin["tag"] and self.path.is_file():
            return
        self.path.write_bytes(b"")
        write_text(json.dumps(origin | {"md5": md5}), self._note)
        self.origin = origin | {"md5": md5}

    def add(self, chunks, stop):
        """
        Write more bytes at the end.

        Parameters
        ----------
        chunks : iterable of bytes
            Pieces of the file, in order.
        stop : threading.Event
            Ends it between chunks.
        """
        pace = Pace(self.path)
        with open(self.path, "ab") as file:
            for chunk in chunks:
                file.write(chunk)
                file.flush()
                self.reached = max(self.reached, file.tell())
                if stop.is_set():
                    raise TransferError("interrupted", passing=False)
                pace.check(file.tell(), self.origin.get("size"))

    def discard(self):
        """Delete the bytes and the note."""
        self._note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        self.origin = {}

    def move_to(self, target):
        """
        Put the file in its place, at once.

        Parameters
        ----------
        target : pathlib.Path
            Its name.
        """
        with open(self.path, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(self.path, target)
        self._note.unlink(missing_ok=True)

    def _read_note(self):
        try:
            return json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}


def download(source, obsid, part, *, wanted, whole, retry):
    """
    Download a file from a source, whole or with the wanted images only, and check it.

    Parameters
    ----------
    source : WebSource or BucketSource
        Where from.
    obsid : str
        Rootname of the exposure.
    part : PartFile
        Where its bytes go.
    wanted : set of int
        Numbers of the HDUs whose pixels are needed.
    whole : bool
        Whether the other images are fetched, too.
    retry : RetryPolicy
        How often it is tried again.

    Returns
    -------
    Contents
        The contents of the file, which is now complete in the part file.

    Raises
    ------
    TransferError
        If it could not be had, or was damaged each time.
    """
    # Raw files hold two images at most: where both are needed there is nothing to leave out
    transfer = _whole if whole or wanted >= BOTH_CHIPS else _cut

    def attempt():
        try:
            transfer(source, obsid, part, wanted, retry.stop)
        except RangeError:  # the file is another one by now
            part.discard()
            raise
        return _checked(part, source.address(obsid))

    return retry.call(attempt, lambda: part.reached)


def _whole(source, obsid, part, wanted, stop):
    mine = part.origin.get("source") == source.name and part.origin.get("hdus") is None
    if mine and part.complete:
        return
    start = part.length if mine and part.origin.get("tag") else 0
    with source.open(obsid, start) as piece:
        origin = {"source": source.name, "tag": piece.tag, "hdus": None, "size": piece.size}
        part.begin(origin, md5=piece.md5)
        if piece.start == 0 and part.length:  # the server gives no ranges
            part.discard()
            part.begin(origin, md5=piece.md5)
        if part.length == piece.start:
            part.add(piece.chunks, stop)
            _check_length(part, piece.size, source.address(obsid))
            return
    # What was here is of another version, and was thrown away
    _whole(source, obsid, part, wanted, stop)


def _check_length(part, size, address):
    if size is not None and part.length != size:
        short = part.length < size
        if not short:
            part.discard()
        raise TransferError(
            f"{address}: {'only ' if short else ''}{part.length} bytes came of {size}"
        ).with_facts(file=address, found=part.length, expected=size)


def _cut(source, obsid, part, wanted, stop):
    window = _Window(source, obsid)
    window.read(0, 1)
    if not window.ranges:
        _whole(source, obsid, part, wanted, stop)
        return
    part.begin({"source": source.name, "tag": window.tag, "hdus": sorted(wanted), "size": window.size})
    position = 0
    try:
        for segment in cut(window.read, window.size, wanted):
            position = _add_segment(window, part, position, segment, stop)
    except (ValueError, VerifyError):  # not as a raw file is laid out: nothing can be left out
        _whole(source, obsid, part, wanted, stop)


def _add_segment(window, part, position, segment, stop):
    """Add what is not here yet of the next bytes of a cut file; gives the position after them."""
    here = max(0, part.length - position)
    if isinstance(segment, bytes):
        part.add([segment[here:]], stop)
        return position + len(segment)
    start, end = segment
    if here < end - start:
        with window.opened(start + here, end) as piece:
            part.add(piece.chunks, stop)
    position += end - start
    if part.length < position:
        raise TransferError(f"{window.address}: {position - part.length} bytes did not come")
    return position


class _Window:
    """Small ranges of a remote file: headers are read many at a time."""

    def __init__(self, source, obsid):
        self._source, self._obsid = source, obsid
        self._start, self._bytes = 0, b""
        self.address = source.address(obsid)
        self.tag, self.size, self.ranges = None, None, True

    def read(self, start, stop):
        stop = stop if self.size is None else min(stop, self.size)
        if not self._start <= start <= stop <= self._start + len(self._bytes):
            self._load(start, max(stop, start + _WINDOW))
        return self._bytes[start - self._start : stop - self._start]

    def _load(self, start, stop):
        with self.opened(start, stop) as piece:
            if self.tag is None:
                self.tag, self.size = piece.tag, piece.size
                self.ranges = piece.partial and bool(piece.size) and bool(piece.tag)
            if self.ranges:
                self._start, self._bytes = start, b"".join(piece.chunks)

    @contextmanager
    def opened(self, start, stop):
        """A range of the file, as long as it is the same file."""
        with self._source.open(self._obsid, start, stop) as piece:
            if self.tag is not None and (piece.tag, piece.size, piece.start) != (self.tag, self.size, start):
                raise RangeError(f"{self.address}: it changed while it was fetched")
            yield piece


def _checked(part, address):
    """The contents of the file, after a check; a damaged one is deleted."""
    problem = ""
    if part.origin.get("hdus") is None and part.origin.get("md5"):
        found = fingerprint(part.path, algorithm="md5")
        problem = "" if found == part.origin["md5"] else f"its MD5 is {found}, not {part.origin['md5']}"
    found = contents(part.path)
    problem = problem or found.problem
    if problem:
        part.discard()
        raise TransferError(f"{address}: the file that came is damaged: {problem}").with_facts(
            file=address, found=problem
        )
    return found
