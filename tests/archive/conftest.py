"""A local archive: a web server that speaks the calls of MAST that astroquery makes, and fails when told."""

import json
import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pytest
from astropy.coordinates import angular_separation
from astropy.io import fits

_TYPES = {str: "string", int: "int", float: "float"}
_CONTINUOUS = ("s_ra", "s_dec", "t_min", "t_max", "t_exptime", "t_obs_release")


@dataclass
class Fault:
    """What goes wrong with one answer: a status, or bytes that are cut off, replaced, slow or do not come."""

    status: int = 200
    headers: dict = field(default_factory=dict)
    cut: int | None = None
    stall: threading.Event | None = None
    content: bytes | None = None
    drip: float = 0.0  # seconds before each byte


class Archive:
    """The files and tables of the archive, the faults to come, and what was asked and sent."""

    def __init__(self, url):
        self.url = url
        self.files = {}
        self.observations, self.products = [], []
        self.faults = defaultdict(list)
        self.ranges, self.tags, self.lengths = True, True, True
        self.headers = {}
        self.asked = defaultdict(list)
        self.sent = defaultdict(int)
        self.calls, self.paths = [], []

    def add(self, name, content, tag="1"):
        """Offer a file; a new tag says that it is another one by now."""
        self.files[name] = content, tag


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.archive.paths.append(self.path)
        address = urlsplit(self.path)
        uri = parse_qs(address.query).get("uri", [address.path])[0]
        self._send_file(unquote(uri).rsplit("/", 1)[1])

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        archive = self.server.archive
        if self.path.endswith("/columnsconfig"):
            return self._send_json(_columns(archive))
        request = json.loads(unquote(body).removeprefix("request="))
        archive.calls.append(request)
        if archive.faults["invoke"]:
            fault = archive.faults["invoke"].pop(0)
            return self._send_status(fault)
        rows = archive.products if "Products" in request["service"] else archive.observations
        return self._send_json(_table(_selected(rows, request)))

    def _send_json(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_status(self, fault):
        self.send_response(fault.status)
        for key, value in ({"Content-Length": "0"} | fault.headers).items():
            self.send_header(key, value)
        self.end_headers()

    def _send_file(self, name):
        archive = self.server.archive
        asked = self.headers.get("Range", "")
        archive.asked[name].append(asked)
        fault = archive.faults[name].pop(0) if archive.faults[name] else Fault()
        if name not in archive.files:
            fault = Fault(404)
        if fault.status != 200:
            return self._send_status(fault)
        content, tag = archive.files[name]
        content = content if fault.content is None else fault.content
        body, place = content, None
        if asked and archive.ranges:
            start, stop = re.fullmatch(r"bytes=(\d+)-(\d*)", asked).groups()
            if int(start) >= len(content):
                return self._send_status(Fault(416))
            body = content[int(start) : int(stop) + 1 if stop else None]
            place = f"bytes {start}-{int(start) + len(body) - 1}/{len(content)}"
        self.send_response(206 if place else 200)
        headers = {"Content-Length": len(body), "Content-Range": place, "ETag": f'"{tag}"'}
        if not archive.tags:
            del headers["ETag"]
        if not archive.lengths:
            del headers["Content-Length"]
            self.close_connection = True
        for key, value in (headers | archive.headers | fault.headers).items():
            if value is not None:
                self.send_header(key, str(value))
        self.end_headers()
        return self._send_body(name, body, fault)

    def _send_body(self, name, body, fault):
        archive = self.server.archive
        first = body[: fault.cut]
        try:
            if fault.drip:
                self._drip(first, fault.drip)
                first = b""
            self.wfile.write(first)
            self.wfile.flush()
            archive.sent[name] += len(first)
            if fault.stall is not None:
                fault.stall.wait(60)
                self.wfile.write(body[len(first) :])
                archive.sent[name] += len(body) - len(first)
        except OSError:  # the client has gone
            self.close_connection = True
        if len(first) < len(body):
            self.close_connection = True

    def _drip(self, body, seconds):
        for place in range(len(body)):
            time.sleep(seconds)
            self.wfile.write(body[place : place + 1])


def _columns(archive):
    columns = {key: {"vot.datatype": "char", "separator": ";"} for key in archive.observations[0]}
    return columns | {key: {"vot.datatype": "double"} for key in _CONTINUOUS}


def _selected(rows, request):
    """What MAST would find: by filters and position, or the products of observations."""
    wanted = request["params"]
    if "obsid" in wanted:
        return [row for row in rows if row["parent_obsid"] in wanted["obsid"].split(",")]
    rows = [row for row in rows if all(_fits(row, each) for each in wanted["filters"])]
    if "position" in wanted:
        ra, dec, radius = (float(number) for number in wanted["position"].split(","))
        near = lambda row: _degrees(row, ra, dec) <= radius  # noqa: E731
        rows = [row for row in rows if near(row)]
    first = (request["page"] - 1) * request["pagesize"]
    return rows[first : first + request["pagesize"]]


def _degrees(row, ra, dec):
    return np.degrees(angular_separation(*np.radians([row["s_ra"], row["s_dec"], ra, dec])))


def _fits(row, criterion):
    value = row[criterion["paramName"]]
    if criterion["values"] and isinstance(criterion["values"][0], dict):
        return criterion["values"][0]["min"] <= value <= criterion["values"][0]["max"]
    pattern = criterion.get("freeText", "").replace("%", "*")
    return bool(set(str(value).split(";")) & set(criterion["values"])) or fnmatch(str(value), pattern)


def _table(rows):
    fields = [{"name": key, "type": _TYPES[type(value)]} for key, value in (rows[0] if rows else {}).items()]
    return {"status": "COMPLETE", "msg": "", "fields": fields, "data": rows}


@pytest.fixture
def archive():
    """Give a local archive (Archive)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    archive = server.archive = Archive(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield archive
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def raw_bytes():
    """Give a function that makes a tiny file laid out as a raw one of both chips, or one (callable)."""

    def made(seed=0, *, chips=2):
        rng = np.random.default_rng(seed)
        hdus = [fits.PrimaryHDU(header=fits.Header({"NEXTEND": 3 * chips}))]
        for version in range(1, chips + 1):
            pixels = rng.integers(0, 65535, (64, 96), dtype="uint16")
            hdus.append(fits.ImageHDU(pixels, name="SCI", ver=version))
            hdus += [fits.ImageHDU(name=name, ver=version) for name in ("ERR", "DQ")]
        return _content(hdus)

    return made


def _content(hdus):
    from io import BytesIO

    stream = BytesIO()
    fits.HDUList(hdus).writeto(stream)
    return stream.getvalue()


@pytest.fixture
def fault():
    """Give the class of faults (type)."""
    return Fault


@pytest.fixture
def big(archive):
    """Offer a file of two larger images, of which one can be left out (bytes)."""
    rng = np.random.default_rng(1)
    hdus = [fits.PrimaryHDU(header=fits.Header({"NEXTEND": 6}))]
    for version in (1, 2):
        pixels = rng.integers(0, 65535, (1000, 500), dtype="uint16")
        hdus.append(fits.ImageHDU(pixels, name="SCI", ver=version))
        hdus += [fits.ImageHDU(name=name, ver=version) for name in ("ERR", "DQ")]
    content = _content(hdus)
    for name in ("jabc01xyq", "iabc01xyq"):
        archive.add(f"{name}_raw.fits", content)
    return content
