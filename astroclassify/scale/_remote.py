"""Files elsewhere: on a web server, in a bucket, at MAST; only the bytes that are asked for come."""

import re
from contextlib import contextmanager
from io import BytesIO

from astroclassify.core import OptionalDependencyError, ParameterError, ReadError, conf, optional_import

#: Schemes of addresses that are read, and no others: fsspec alone would take a dozen, and chains of them.
SCHEMES = ("https", "http", "s3", "mast")
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://|(mast):", re.IGNORECASE)
_MAST_PATH = "/api/v0.1/Download/file?uri="
#: Bytes asked for beyond those that are needed: a header takes one request, and so does an image.
_BLOCK = 2**18
#: Seconds to wait for an answer.
_TIMEOUT = 60


@contextmanager
def open_remote(address):
    """
    Open a file elsewhere, for the time of a block.

    Parameters
    ----------
    address : str
        ``https://...``, ``s3://...`` (a public bucket) or ``mast:HST/product/...``.

    Yields
    ------
    binary file object
        Seekable; where the server gives ranges, only what is read of it comes.

    Raises
    ------
    ParameterError
        If the address has another scheme.
    ReadError
        If nothing answers, or it is not there.
    OptionalDependencyError
        If a package is missing that the scheme needs.
    """
    url = _checked(address)
    fsspec = optional_import("fsspec", needed_for="reading files elsewhere", extra="scale")

    try:
        with fsspec.open(url, "rb", **_options(url)) as file:
            yield _named(_seekable(file, address), address)
    except ImportError as error:
        raise OptionalDependencyError(
            f"reading {address} needs a package: pip install 'astroclassify[scale,mast]' ({error})"
        ) from error
    except FileNotFoundError as error:
        raise ReadError(f"{address}: there is no such file") from error
    except TimeoutError as error:
        raise ReadError(f"{address}: no answer in {_TIMEOUT} s") from error


def _checked(address):
    found = _ADDRESS.match(address)
    scheme = (found[1] or found[2]).lower()
    if scheme not in SCHEMES or "::" in address:
        raise ParameterError(f"{address}: expected an address of one of {', '.join(SCHEMES)}, and no chain")
    if scheme != "mast":
        return address
    mast = optional_import("astroquery.mast", needed_for="reading from MAST", extra="mast")
    return f"{mast.conf.server.rstrip('/')}{_MAST_PATH}{address}"


def _options(url):
    if url.lower().startswith("s3:"):
        times = {"connect_timeout": _TIMEOUT, "read_timeout": _TIMEOUT}
        return {
            "anon": True,
            "default_block_size": _BLOCK,
            "default_cache_type": "readahead",
            "config_kwargs": times,
        }
    aiohttp = optional_import("aiohttp", needed_for="reading from the web", extra="scale")
    limits = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT, sock_read=_TIMEOUT)
    return {"block_size": _BLOCK, "cache_type": "readahead", "client_kwargs": {"timeout": limits}}


def _seekable(file, address):
    """Give what can be read anywhere: a server without ranges sends all of it, within bounds."""
    if file.seekable() and getattr(file, "size", None):
        return file
    content, most = bytearray(), conf.max_unpacked_mb * 2**20
    while chunk := file.read(_BLOCK):  # it gives what has come by now, not all that is asked for
        content += chunk
        if len(content) > most:
            raise ReadError(f"{address}: more than {conf.max_unpacked_mb} MB come; see conf.max_unpacked_mb")
    return BytesIO(bytes(content))


def _named(file, address):
    file.name = address.partition("?")[0].rpartition("/")[2] or address
    return file
