"""The folder of fetched frames, which several processes and people may share."""

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from astropy.config import get_cache_dir_path
from filelock import FileLock

from astroclassify.archive._download import BOTH_CHIPS, PartFile
from astroclassify.archive._fits_layout import contents
from astroclassify.core import ParameterError, conf, fingerprint, write_text

_VARIABLE = "ASTROCLASSIFY_FRAMES"
_SUMS = "SHA256SUMS"
_WORK = ".fetch"


def frames_folder(frame_dir=None):
    """
    Give the folder of fetched frames.

    Parameters
    ----------
    frame_dir : path-like, optional
        A folder of one's own choice; by default that of the environment variable
        ``ASTROCLASSIFY_FRAMES``, of ``conf.frames_dir``, or ``frames`` in the cache, in this order.

    Returns
    -------
    pathlib.Path
        The folder, which need not be there.

    Examples
    --------
    >>> from astroclassify.archive import frames_folder
    >>> frames_folder("frames").name
    'frames'
    """
    chosen = frame_dir or os.environ.get(_VARIABLE) or conf.frames_dir
    if chosen:
        return Path(chosen).expanduser()
    cache = Path(conf.cache_dir).expanduser() if conf.cache_dir else get_cache_dir_path("astroclassify")
    return Path(cache) / "frames"


@dataclass(frozen=True)
class FileRequest:
    """A file that a list asks for: exposure, the HDUs that are needed, bytes (0: not known)."""

    obsid: str
    hdus: frozenset
    size: int

    @property
    def both(self):
        """Whether nothing can be left out: raw files hold two images at most (bool)."""
        return not self.hdus or self.hdus >= BOTH_CHIPS


class Store:
    """
    A folder of raw files that several processes may fill.

    Besides the files there are their checksums in ``SHA256SUMS``, as ``sha256sum -c`` reads them, and a
    hidden folder of what is begun, with a lock for each file that ends with the process that holds it.
    """

    def __init__(self, folder):
        self.folder = folder
        self._work = folder / _WORK

    def path(self, obsid):
        return self.folder / f"{obsid}_raw.fits"

    def part(self, obsid):
        return PartFile(self._work / f"{obsid}.part")

    def make(self):
        try:
            self._work.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ParameterError(f"the folder {self.folder} cannot be made: {error}") from error
        if not os.access(self._work, os.W_OK):
            raise ParameterError(f"the folder {self.folder} is not yours to write to; choose another one")

    def state(self, request, sums):
        """Say how a file is, as in `plan_fetch`, and what is wrong with it."""
        path = self.path(request.obsid)
        if not path.is_file():
            return ("begun" if self.part(request.obsid).length else "missing"), ""
        found = contents(path)
        expected = sums.get(path.name)
        problem = found.problem
        if not problem and expected and (own := fingerprint(path)) != expected:
            problem = f"its SHA-256 is {own}, and was {expected} when it came"
        if problem:
            return "damaged", problem
        if request.hdus & found.left_out:
            return "cut", f"HDU {min(request.hdus & found.left_out)} was left out"
        return "there", missing_images(request, found)

    @contextmanager
    def locked(self, obsid, *, wait):
        """Lock a file, to be its only downloader; yields whether that worked."""
        lock = self._lock(obsid)
        try:
            lock.acquire(timeout=-1 if wait else 0)
        except TimeoutError:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def _lock(self, name):
        return FileLock(self._work / f"{name}.lock")

    def sums(self):
        """The checksums that were kept, by file name."""
        try:
            lines = (self.folder / _SUMS).read_text(encoding="utf-8").splitlines()
        except OSError:
            return {}
        return {name.strip(): sha256 for sha256, _, name in (line.partition("  ") for line in lines)}

    def keep_sum(self, path, sha256):
        """Add a checksum; that of an earlier file of the same name goes."""
        with self._lock(_SUMS):
            sums = self.sums()
            line = f"{sha256}  {path.name}\n"
            if path.name not in sums:
                with open(self.folder / _SUMS, "a", encoding="utf-8") as file:
                    file.write(line)
                return
            sums[path.name] = sha256
            text = "".join(f"{each}  {name}\n" for name, each in sums.items())
            write_text(text, self.folder / _SUMS)


def missing_images(request, found):
    missing = request.hdus - found.images
    there = ", ".join(str(number) for number in sorted(found.images)) or "none"
    return f"the file has no image in HDU {min(missing)}; it has {there}" if missing else ""
