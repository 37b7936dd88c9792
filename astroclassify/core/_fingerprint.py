"""What a file or data are known by: a checksum of the content, or what the file system tells."""

import hashlib
import json
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

#: What is read of a large file with ``sampled``: so many blocks, evenly spaced, of so many bytes.
_BLOCKS, _BLOCK_BYTES = 16, 4096


def fingerprint(data, *, sampled=False, algorithm="sha256"):
    """
    Compute a checksum of a file, an array or plain data.

    Parameters
    ----------
    data : pathlib.Path, numpy.ndarray, str, bytes or plain data
        A path is a file, of which the content counts; of an array the shape, type and values count; a text
        counts as UTF-8. Numbers, lists and dictionaries of them count as JSON with sorted keys.
    sampled : bool, default False
        Read only 16 blocks or rows of a file or array, evenly spaced, and its size: fast, and enough for
        images, in which noise makes every block another when the pixels are others.
    algorithm : str, default "sha256"
        As `hashlib` knows it.

    Returns
    -------
    str
        Hexadecimal.

    Raises
    ------
    OSError
        If the file cannot be read.
    TypeError
        If the data are not plain.

    Examples
    --------
    >>> from astroclassify.core import fingerprint
    >>> fingerprint({"seed": 5, "count": 2}) == fingerprint({"count": 2, "seed": 5})
    True
    """
    if isinstance(data, Path):
        return _of_file(data, sampled, algorithm)
    if isinstance(data, np.ndarray):
        return _of_array(data, sampled, algorithm)
    data = data if isinstance(data, str | bytes) else json.dumps(data, sort_keys=True)
    return hashlib.new(algorithm, data.encode() if isinstance(data, str) else data).hexdigest()


def _of_file(path, sampled, algorithm):
    with path.open("rb") as file:
        if not sampled:
            return hashlib.file_digest(file, algorithm).hexdigest()
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.new(algorithm, str(size).encode())
        for offset in np.linspace(0, max(0, size - _BLOCK_BYTES), _BLOCKS).astype(int).tolist():
            file.seek(offset)
            digest.update(file.read(_BLOCK_BYTES))
    return digest.hexdigest()


def _of_array(array, sampled, algorithm):
    digest = hashlib.new(algorithm, f"{array.shape} {array.dtype}".encode())
    has_rows = array.ndim > 0 and len(array) > 0
    rows = np.linspace(0, len(array) - 1, _BLOCKS).astype(int) if sampled and has_rows else ...
    digest.update(np.ascontiguousarray(array[rows]).tobytes())
    return digest.hexdigest()


class FileStamp(NamedTuple):
    """
    What tells, without reading it, whether a file is the one it was.

    Parameters
    ----------
    path : str
        Where it is, without links.
    bytes : int
        How long it is.
    modified : int
        When it was last written (nanoseconds).
    """

    path: str
    bytes: int
    modified: int


def file_stamp(path):
    """
    Say what tells whether a file is the one it was.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    FileStamp or None
        ``path``, ``bytes`` and ``modified``; `None` if there is no such file.

    Examples
    --------
    >>> from astroclassify.core import file_stamp, write_text
    >>> path = getfixture("tmp_path") / "label.txt"
    >>> write_text("galaxy", path)
    >>> file_stamp(path).bytes
    6
    """
    path = Path(path)
    if not path.is_file():
        return None
    status = path.stat()
    return FileStamp(str(path.resolve()), status.st_size, status.st_mtime_ns)


def is_unchanged(path, facts):
    """
    Say whether what was found out about a file still holds.

    Parameters
    ----------
    path : path-like
        The file.
    facts : mapping of str
        What was kept of its stamp: ``bytes`` and ``modified``.

    Returns
    -------
    bool
        Whether it is as it was. One that is gone counts as unchanged.

    Examples
    --------
    >>> from astroclassify.core import is_unchanged
    >>> is_unchanged("there/is/no/such/file", {"bytes": 6, "modified": 0})
    True
    """
    stamp = file_stamp(path)
    return stamp is None or (stamp.bytes, stamp.modified) == (facts["bytes"], facts["modified"])
