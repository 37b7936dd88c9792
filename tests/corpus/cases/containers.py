"""What holds a file: paths, bytes, streams, compression, HDUs in memory."""

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile

import numpy as np
from astropy.io import fits
from astropy.nddata import CCDData

from .case import IMAGE, Case, Right
from .make import encoded, image, primary

KIND = "containers"
_PLAIN = encoded(primary(IMAGE))
_WHOLE = np.rint(IMAGE).astype("int16")


def cases(kind):
    """Give the cases."""
    for name, make in (*_STREAMS.items(), *_OPENED.items(), *_PACKED.items(), *_NAMED.items()):
        yield Case(kind, name, make, Right(IMAGE))
    for name, make, right in (*_changed(), *_tiles(), *_refused()):
        yield Case(kind, name, make, right)


def _path(folder, name="image.fits", content=_PLAIN):
    (folder / name).write_bytes(content)
    return folder / name


def _stream(mode):
    return lambda folder: open(_path(folder), mode)


def _named_temporary(folder):
    file = tempfile.NamedTemporaryFile(suffix=".fits", dir=folder)  # noqa: SIM115 - the case is an open file
    file.write(_PLAIN)
    file.seek(0)
    return file


def _spooled(folder):
    file = tempfile.SpooledTemporaryFile()  # noqa: SIM115
    file.write(_PLAIN)
    file.seek(0)
    return file


class _Pipe(io.RawIOBase):
    """A stream that cannot be wound back."""

    def __init__(self, content):
        self._stream = io.BytesIO(content)

    def readable(self):
        return True

    def read(self, size=-1):
        return self._stream.read(size)


def _behind_something(folder):
    file = io.BytesIO(b"rubbish!" * 360 + _PLAIN)
    file.seek(2880)
    return file


_STREAMS = {
    "a path as text": lambda folder: str(_path(folder)),
    "a path": _path,
    "bytes": lambda folder: _PLAIN,
    "bytearray": lambda folder: bytearray(_PLAIN),
    "memoryview": lambda folder: memoryview(_PLAIN),
    "BytesIO": lambda folder: io.BytesIO(_PLAIN),
    "a file opened rb": _stream("rb"),
    "a file opened r+b": _stream("r+b"),
    "NamedTemporaryFile": _named_temporary,
    "SpooledTemporaryFile": _spooled,
    "a pipe": lambda folder: _Pipe(_PLAIN),
    "a member of a zip archive, opened": lambda folder: _member(_zip(_PLAIN)),
    "a gzip stream": lambda folder: gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(_PLAIN))),
}
_OPENED = {
    "an HDUList": lambda folder: fits.open(_path(folder)),
    "an HDUList from bytes": lambda folder: fits.HDUList.fromstring(_PLAIN),
    "an HDUList whose data were looked at": lambda folder: _touched(fits.open(_path(folder))),
    "a PrimaryHDU": lambda folder: fits.PrimaryHDU(IMAGE),
    "an ImageHDU": lambda folder: fits.ImageHDU(IMAGE, name="SCI"),
    "an HDU of an opened file": lambda folder: fits.open(
        _path(folder, content=encoded(primary(), image(IMAGE)))
    )[1],
    "a CompImageHDU": lambda folder: fits.CompImageHDU(IMAGE, compression_type="GZIP_2", quantize_level=0.0),
    "what CCDData wrote": lambda folder: _ccddata(folder),
}


def _touched(hdulist):
    assert hdulist[0].data.sum() > 0
    return hdulist


def _ccddata(folder):
    CCDData(IMAGE, unit="adu").write(folder / "ccd.fits")
    return folder / "ccd.fits"


def _zip(content, *others, name="image.fits"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in others:
            archive.writestr(member, b"anything")
        archive.writestr(name, content)
    return buffer.getvalue()


def _member(archive):
    return zipfile.ZipFile(io.BytesIO(archive)).open("image.fits")


_MAC = ("__MACOSX/._image.fits",)
_PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zip": _zip}
_PACKED = {
    **{
        f"image.fits.{end}": lambda folder, end=end, pack=pack: _path(
            folder, f"image.fits.{end}", pack(_PLAIN)
        )
        for end, pack in _PACKERS.items()
    },
    **{f"bytes of {end}": lambda folder, pack=pack: pack(_PLAIN) for end, pack in _PACKERS.items()},
    "a zip archive made on a Mac": lambda folder: _zip(_PLAIN, *_MAC),
    "a zip archive of a folder": lambda folder: _zip(_PLAIN, "night/", name="night/image.fits"),
}
_NAMED = {
    f"a file called {name}": lambda folder, name=name: _path(folder, name)
    for name in ("image.fit", "image.FTS", "image", "image.dat", "with blank.fits", "größe.fits")
} | {"a file called image.fts.gz": lambda folder: _path(folder, "image.fts.gz", gzip.compress(_PLAIN))}


def _changed():
    """HDULists whose pixels are no longer those on disk."""

    def scaled(folder, **options):
        hdu = primary(_WHOLE.copy())  # scale() changes the pixels in place
        hdu.scale("int16", bscale=2.0, bzero=10)
        return _touched(fits.open(_path(folder, content=encoded(hdu)), **options))

    def bias_subtracted(folder):
        hdulist = fits.open(_path(folder, content=encoded(primary(_WHOLE))))
        hdulist[0].data = hdulist[0].data - 12.5
        return hdulist

    def changed_in_place(folder):
        hdulist = fits.open(_path(folder))
        hdulist[0].data += 1
        return hdulist

    def half(folder):
        hdulist = fits.open(_path(folder))
        hdulist[0].data = hdulist[0].data[:12]
        return hdulist

    rounded = np.round((IMAGE - 10) / 2) * 2 + 10
    yield "an HDUList with BSCALE, looked at", scaled, Right(rounded)
    yield (
        "an HDUList with scale_back, looked at",
        lambda folder: scaled(folder, scale_back=True),
        Right(rounded),
    )
    yield "an HDUList from which a bias was subtracted", bias_subtracted, Right(IMAGE - 12.5)
    yield "an HDUList changed in place", changed_in_place, Right(IMAGE + 1)
    yield "an HDUList cut in two", half, Right(IMAGE[:12])


def _tiles():
    """Tile-compressed images."""
    for kind in ("RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1"):
        hdu = fits.CompImageHDU(_WHOLE, compression_type=kind)
        yield f"tiles: {kind}", lambda _, hdu=hdu: encoded(fits.PrimaryHDU(), hdu), Right(IMAGE)
    floats = fits.CompImageHDU(IMAGE + 0.5, compression_type="RICE_1", quantize_level=-0.01)
    yield (
        "tiles: quantised floats",
        lambda _: encoded(fits.PrimaryHDU(), floats),
        Right(IMAGE + 0.5, close=0.02),
    )


def _tar(folder):
    with tarfile.open(folder / "night.tar", "w") as archive:
        archive.add(_path(folder), "image.fits")
    return folder / "night.tar"


def _refused():
    """What is no file of a frame."""
    yield "an empty file", lambda folder: _path(folder, content=b""), Right(refused="is empty")
    yield "a folder", lambda folder: folder, Right(refused="this is a folder")
    yield "no file", lambda folder: folder / "none.fits", Right(refused="no such file")
    yield "a pattern without files", lambda folder: f"{folder}/*.fits", Right(refused="no file matches")
    yield (
        "a page of HTML instead of a file",
        lambda folder: b"<!DOCTYPE html>" * 300,
        Right(refused="a web page, .* fetch it again"),
    )
    yield "a tar archive", _tar, Right(refused="a tar archive; unpack it")
    address = "https://archive.example/image.fits"
    yield "an address", lambda folder: address, Right(refused="this is an address, .* fetch it first")
    named = {"[1]": "extension=1", "[SCI]": "extension='SCI'", "[SCI,2]": r"extension=\('SCI', 2\)"}
    for end, advice in named.items():
        yield (
            f"a path with {end} behind it (IRAF, CFITSIO)",
            lambda folder, end=end: f"{_path(folder)}{end}",
            Right(refused=f"give {advice}"),
        )
    yield "a zip archive of two files", lambda folder: _zip(_PLAIN, "b.fits"), Right(refused="holds 2 files")
    yield "half a zip archive", lambda folder: _zip(_PLAIN)[:500], Right(refused="zip archive cannot be read")
    yield "half a gzip file", lambda folder: gzip.compress(_PLAIN)[:1500], Right(refused="truncated|corrupt")
    yield "half a FITS file", lambda folder: _PLAIN[:4000], Right(refused="truncated")
    yield "a text file opened", lambda folder: io.StringIO("text"), Right(refused="binary mode")
    yield "a number", lambda folder: 5, Right(refused="no source of frames")
