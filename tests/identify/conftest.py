"""Frames of places of the sky, and a local server that answers astroquery as SIMBAD, NED and VizieR do."""

import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from astropy.io.votable import from_table, writeto
from astropy.io.votable.tree import Info
from astropy.wcs import WCS, Sip

SHAPE = (2048, 4096)
_CAPABILITIES = b"""<?xml version="1.0"?>
<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:tr="http://www.ivoa.net/xml/TAPRegExt/v1.0">
  <capability standardID="ivo://ivoa.net/std/TAP" xsi:type="tr:TableAccess">
    <language><name>ADQL</name><version ivo-id="ivo://ivoa.net/std/ADQL#v2.0">2.0</version></language>
    <outputFormat><mime>application/x-votable+xml</mime></outputFormat>
    <outputLimit><hard unit="row">2000000</hard></outputLimit>
  </capability>
</vosi:capabilities>"""


@pytest.fixture
def world():
    """Give a function that makes a WCS as of a chip of ACS/WFC, somewhere on the sky (callable)."""

    def made(ra, dec, *, scale=0.05, roll=0.0, shape=SHAPE, sip=False, systems=("RA---TAN", "DEC--TAN")):
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = [f"{name}-SIP" for name in systems] if sip else list(systems)
        wcs.wcs.crval = [ra, dec]
        wcs.wcs.crpix = [(shape[1] + 1) / 2, (shape[0] + 1) / 2]
        cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
        wcs.wcs.cd = scale / 3600 * np.array([[-cos, sin], [sin, cos]])
        if sip:
            forward = np.zeros((3, 3))
            forward[2, 0], forward[1, 1] = 8e-6, 3e-6
            wcs.sip = Sip(forward, forward[::-1].copy() * 0 + forward, None, None, wcs.wcs.crpix)
        wcs.array_shape = shape
        return wcs

    return made


class Service:
    """Answers by the part of the path that is asked for, and what was asked."""

    def __init__(self, url):
        self.url = url
        self.answers, self.asked = {}, []
        self.status = 200

    def offer(self, part, table):
        """Answer with a table, or bytes, wherever the path has a part."""
        if isinstance(table, bytes):
            self.answers[part] = table
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that are no identifiers, as NED's "Object Name"
            self.answers[part] = _votable(table)


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._answer(parse_qs(urlsplit(self.path).query))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self._answer(parse_qs(body))

    def _answer(self, asked):
        service = self.server.service
        service.asked.append((urlsplit(self.path).path, asked))
        body = b"out of order"
        if service.status == 200 and self.path.endswith("/capabilities"):
            body = _CAPABILITIES
        elif service.status == 200:
            body = next(answer for part, answer in service.answers.items() if part in self.path)
        self.send_response(service.status)
        self.send_header("Content-Type", "application/x-votable+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _votable(table):
    name = table.meta.pop("name", "found")
    votable, buffer = from_table(table), BytesIO()
    votable.resources[0].type = "results"
    votable.resources[0].infos.append(Info(name="QUERY_STATUS", value="OK"))
    votable.get_first_table().name = name
    writeto(votable, buffer)
    return buffer.getvalue()


@pytest.fixture
def service(monkeypatch):
    """Let astroquery ask a local server instead of SIMBAD, NED and VizieR (Service)."""
    simbad = pytest.importorskip("astroquery.simbad")
    from astroquery import cache_conf
    from astroquery.hips2fits import hips2fits
    from astroquery.ipac.ned import NedClass
    from astroquery.vizier import VizierClass
    from pyvo.dal import TAPService

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    service = server.service = Service(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    tap = TAPService(f"{service.url}/simbad/sim-tap")
    monkeypatch.setattr(simbad.SimbadClass, "tap", property(lambda _: tap))
    monkeypatch.setattr(NedClass, "OBJ_SEARCH_URL", f"{service.url}/ned")
    monkeypatch.setattr(hips2fits, "server", f"{service.url}/hips2fits")
    monkeypatch.setattr(VizierClass, "_server_to_url", lambda *_, **__: f"{service.url}/vizier")
    with cache_conf.set_temp("cache_active", False):
        yield service
    server.shutdown()
    server.server_close()
    thread.join()
