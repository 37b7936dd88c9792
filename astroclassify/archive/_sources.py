"""Sources of frames: MAST, the public cloud bucket, any other server or bucket."""

import base64
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from astroclassify.core import AstroclassifyError, ParameterError, optional_import

#: The public bucket of STScI: files lie under the first four characters of their names, then the name.
CLOUD_BUCKET = "s3://stpubdata/hst/public"
_MAST_PATH = "/api/v0.1/Download/file?uri="
_MAST_URI = "mast:HST/product/{file}"
_CHUNK = 2**16  # what is lost at most when a connection breaks
_CLOUD_STEP = 2**22  # bytes asked of a bucket at a time
_NOT_THERE = (401, 403, 404, 410)
_PASSING = (408, 425, 429)
_RANGE_REFUSED = 416
_SERVER_ERRORS = 500
_MD5 = re.compile(r"[0-9a-f]{32}")


class TransferError(AstroclassifyError, OSError):
    """
    A file could not be fetched this time.

    Parameters
    ----------
    message : str
        The message.
    passing : bool, default True
        Whether it may work when it is tried again.
    wait : float, optional
        Seconds that the server asks to wait before.
    """

    def __init__(self, message, *, passing=True, wait=None):
        super().__init__(message)
        self.passing = passing
        self.wait = wait


class SlowError(TransferError):
    """A source gives bytes, but so slowly that it would never end."""


class NotThereError(TransferError):
    """A source does not have a file, or does not give it to everybody."""

    def __init__(self, message):
        super().__init__(message, passing=False)


class RangeError(TransferError):
    """A file is shorter than what was fetched of it before: it has changed."""


@dataclass(frozen=True)
class Piece:
    """
    Bytes of a remote file on their way, and what is known of the file.

    Parameters
    ----------
    start : int
        Where in the file they begin: 0 where a server does not know ranges.
    size : int or None
        Bytes of the whole file.
    tag : str
        Version of the file (ETag); empty where the server gives none.
    md5 : str
        Of the whole file, hexadecimal; empty where it is not told.
    partial : bool
        Whether they are the range that was asked for; False where a server does not know ranges.
    chunks : iterator of bytes
        The bytes.
    """

    start: int
    size: int | None
    tag: str
    md5: str
    partial: bool
    chunks: Iterator[bytes]


class WebSource:
    """
    Files on a web server.

    Parameters
    ----------
    template : str
        Address of a file, with ``{file}``, and ``{obsid}`` and ``{first4}`` where they are needed.
    name : str
        For messages and for telling whether a download can go on.
    timeout : float
        Seconds to wait for a connection, and for each answer.
    """

    def __init__(self, template, *, name, timeout):
        self._requests = optional_import("requests", needed_for="fetching frames", extra="mast")
        self._broken = optional_import(
            "urllib3", needed_for="fetching frames", extra="mast"
        ).exceptions.HTTPError
        self._template = template
        self.name = name
        self._timeout = timeout
        self._own = threading.local()
        self._sessions = []

    def address(self, obsid):
        """Give the URL of an exposure's file (str)."""
        return _filled(self._template, obsid)

    @contextmanager
    def open(self, obsid, start=0, stop=None):
        """
        Ask for a file, or for a range of its bytes.

        Parameters
        ----------
        obsid : str
            Rootname of the exposure.
        start, stop : int, optional
            Half-open range of bytes; by default everything.

        Yields
        ------
        Piece
            The bytes asked for; the whole file of a server without ranges.

        Raises
        ------
        TransferError
            If the server does not answer, or with an error, or the connection breaks.
        """
        url = self.address(obsid)
        headers = {"Accept-Encoding": "identity"}
        if start or stop is not None:
            headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
        try:
            with self._session().get(url, headers=headers, timeout=self._timeout, stream=True) as response:
                _check_status(response, url)
                yield _web_piece(response, start)
        except (self._requests.RequestException, self._broken) as error:
            raise TransferError(f"{url}: {_first_line(error)}") from error

    def _session(self):
        """A session of each thread: they are not made to be shared."""
        if not hasattr(self._own, "session"):
            self._own.session = self._requests.Session()
            self._sessions.append(self._own.session)
        return self._own.session

    def close(self):
        """Close all connections."""
        for session in self._sessions:
            session.close()


def _check_status(response, url):
    status = response.status_code
    if status < 300:
        return
    message = f"{url}: the server says {status} {response.reason}"
    if status in _NOT_THERE:
        raise NotThereError(message).with_facts(file=url, found=status)
    if status == _RANGE_REFUSED:
        raise RangeError(message).with_facts(file=url, found=status)
    passing = status in _PASSING or status >= _SERVER_ERRORS
    wait = _retry_after(response.headers.get("Retry-After"))
    raise TransferError(message, passing=passing, wait=wait).with_facts(file=url, found=status)


def _retry_after(text):
    """Seconds of a Retry-After header, which gives seconds or a date; None where it says neither."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    try:
        return float(Retry().parse_retry_after(text)) if text else None
    except InvalidHeader:
        return None


def _web_piece(response, asked):
    headers = response.headers
    start, size = 0, _whole_number(headers.get("Content-Length"))
    if response.status_code == 206:
        served = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", "").strip())
        if served is None:
            raise TransferError(f"{response.url}: the server gives a range without saying which")
        start, size = int(served[1]), _whole_number(served[2])
        if start != asked:
            raise TransferError(
                f"{response.url}: asked for bytes from {asked} on, the server gives {served[0]!r}"
            )
    md5 = _base64_hex(headers.get("Content-MD5", "")) if response.status_code != 206 else ""
    tag = headers.get("ETag") or headers.get("Last-Modified") or ""
    return Piece(start, size, tag, md5, response.status_code == 206, _as_they_come(response.raw))


def _as_they_come(body):
    """Give the bytes of a body as soon as they are there: who waits for many cannot see that few come."""
    while chunk := body.read1(_CHUNK):
        yield chunk


def _whole_number(text):
    return int(text) if text and text.isdigit() else None


def _base64_hex(text):
    try:
        return base64.b64decode(text, validate=True).hex()
    except ValueError:
        return ""


class BucketSource:
    """
    Files in a bucket that everybody may read, by fsspec and s3fs.

    Parameters
    ----------
    template : str
        Path of a file, ``s3://...``, with ``{file}``, and ``{obsid}`` and ``{first4}`` where they are needed.
    name : str
        For messages and for telling whether a download can go on.
    timeout : float
        Seconds to wait for a connection, and for each answer.
    """

    def __init__(self, template, *, name, timeout):
        fsspec = optional_import("fsspec", needed_for="fetching frames from the cloud", extra="mast")
        optional_import("s3fs", needed_for="fetching frames from the cloud", extra="mast")
        self._template = template
        self.name = name
        self._files = fsspec.filesystem(
            "s3",
            anon=True,
            skip_instance_cache=True,
            use_listings_cache=False,
            config_kwargs={
                "connect_timeout": timeout,
                "read_timeout": timeout,
                "retries": {"total_max_attempts": 1},
            },
        )
        self._files.retries = 1  # waiting and trying again is the transfer's work

    def address(self, obsid):
        """Give the path of an exposure's file (str)."""
        return _filled(self._template, obsid)

    @contextmanager
    def open(self, obsid, start=0, stop=None):
        """
        Ask for a file, or for a range of its bytes.

        Parameters
        ----------
        obsid : str
            Rootname of the exposure.
        start, stop : int, optional
            Half-open range of bytes; by default everything.

        Yields
        ------
        Piece
            The bytes asked for.

        Raises
        ------
        TransferError
            If the bucket does not answer, or does not have the file.
        """
        path = self.address(obsid)
        found = self._asked(path, self._files.info, path)
        tag = str(found.get("ETag") or found.get("LastModified") or "")
        size = int(found["size"])
        if start > size:
            raise RangeError(f"{path}: it has {size} bytes, and {start} are here already").with_facts(
                file=path, found=size, expected=start
            )
        stop = size if stop is None else min(stop, size)
        md5 = tag.strip('"')
        md5 = md5 if _MD5.fullmatch(md5) else ""  # of several parts it is none
        yield Piece(start, size, tag, md5, True, self._chunks(path, start, stop, tag))

    def _chunks(self, path, start, stop, tag):
        for here in range(start, stop, _CLOUD_STEP):
            end = min(here + _CLOUD_STEP, stop)
            chunk = self._asked(path, self._files.cat_file, path, start=here, end=end)
            if len(chunk) != end - here:
                raise TransferError(f"{path}: {len(chunk)} bytes came of {end - here}")
            yield chunk
        # Each step is a request of its own: were they all of the same file?
        found = self._asked(path, self._files.info, path)
        if tag != str(found.get("ETag") or found.get("LastModified") or ""):
            raise RangeError(f"{path}: it changed while it was fetched")

    def _asked(self, path, call, *arguments, **options):
        try:
            return call(*arguments, **options)
        except (FileNotFoundError, PermissionError) as error:
            raise NotThereError(f"{path}: {_first_line(error) or 'there is no such file'}") from error
        except Exception as error:  # botocore, aiohttp, asyncio and fsspec each have errors of their own
            raise TransferError(f"{path}: {type(error).__name__}: {_first_line(error)}") from error

    def close(self):
        """Close all connections."""
        from fsspec.asyn import sync

        client = getattr(self._files, "_s3", None)
        if client is not None:
            sync(self._files.loop, client.close)


def _first_line(error):
    return (str(error).strip().splitlines() or [""])[0]


def _filled(template, obsid):
    name = obsid.lower()
    return template.format(obsid=name, first4=name[:4], file=f"{name}_raw.fits")


def mast_source(*, timeout):
    """
    Give MAST, at the server that astroquery is set to.

    Parameters
    ----------
    timeout : float
        Seconds to wait for each answer.

    Returns
    -------
    WebSource
        The source.
    """
    mast = optional_import("astroquery.mast", needed_for="fetching frames from MAST", extra="mast")
    uri = quote(_MAST_URI, safe=":/{}")
    return WebSource(f"{mast.conf.server.rstrip('/')}{_MAST_PATH}{uri}", name="mast", timeout=timeout)


def cloud_source(*, timeout):
    """
    Give the public bucket of STScI.

    Parameters
    ----------
    timeout : float
        Seconds to wait for each answer.

    Returns
    -------
    BucketSource
        The source.
    """
    return BucketSource(f"{CLOUD_BUCKET}/{{first4}}/{{obsid}}/{{file}}", name="cloud", timeout=timeout)


def open_sources(source, obsid, *, timeout):
    """
    Give the sources to try for each file, best first.

    Parameters
    ----------
    source : str
        ``"auto"`` (the cloud if it answers, then MAST), ``"mast"``, ``"cloud"``, or the address of a
        folder or a template of an address (``https://...`` or ``s3://...``).
    obsid : str
        An exposure that is needed, for the question whether the cloud answers.
    timeout : float
        Seconds to wait for each answer.

    Returns
    -------
    list of WebSource and BucketSource
        One or two; the caller closes them.

    Raises
    ------
    ParameterError
        If the source is none of these.
    OptionalDependencyError
        If a package is missing that the source needs.
    """
    if source == "auto":
        return [*_answering_cloud(obsid, timeout), mast_source(timeout=timeout)]
    if source == "mast":
        return [mast_source(timeout=timeout)]
    if source == "cloud":
        return [cloud_source(timeout=timeout)]
    kind = {"http": WebSource, "https": WebSource, "s3": BucketSource}.get(str(source).partition("://")[0])
    if kind is None or "://" not in str(source):
        raise ParameterError(
            f"source is {source!r}; it can be 'auto', 'mast', 'cloud', or an address as https://... or s3://..."
        )
    return [kind(_template(str(source)), name=str(source), timeout=timeout)]


def _template(address):
    """The address of a file: one with names in braces is taken as it is, another is that of a folder."""
    if "{" not in address:
        return f"{address.rstrip('/')}/{{file}}"
    try:
        _filled(address, "j12345678")
    except (KeyError, IndexError, ValueError) as error:
        raise ParameterError(
            f"source is {address!r}; between braces it can have only {{file}}, {{obsid}} and {{first4}}"
        ) from error
    return address


def _answering_cloud(obsid, timeout):
    """The cloud, if its packages are there and it answers, even that this one file is not in it."""
    try:
        cloud = cloud_source(timeout=timeout)
    except ImportError:
        return []
    try:
        with cloud.open(obsid):
            return [cloud]
    except NotThereError:
        return [cloud]
    except TransferError:
        cloud.close()
        return []
