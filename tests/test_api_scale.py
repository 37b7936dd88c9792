"""`classify_many` by workers and into a data set: the same answers, nothing twice, nothing lost."""

import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from astropy.io import fits

from astroclassify import classify_many, watch_folder
from astroclassify.core import ParameterError
from astroclassify.io import raw_hdus
from astroclassify.scale import read_results

pytest.importorskip("pyarrow")
QUIET = {"progress": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frames")
    rng = np.random.default_rng(5)
    for number in range(5):
        sky = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0 + number, "CRVAL2": -20.0}
        header = fits.Header({"FILTER": "F814W", "EXPTIME": 600.0, **sky, "CDELT1": -1e-4, "CDELT2": 1e-4})
        image = rng.normal(1000, 5, (96, 128)).astype("float32")
        fits.PrimaryHDU(image, header).writeto(folder / f"f{number}.fits")
    (folder / "g_bad.fits").write_bytes(b"SIMPLE is not what this is")
    return folder


@pytest.fixture
def output(tmp_path):
    return tmp_path / "results.parquet"


def answers(table):
    columns = ("source", "chip", "label", "error")
    return [tuple(map(str, (row[name] for name in columns))) for row in table]


def test_workers_answer_as_this_process_does(folder):
    here = classify_many(folder, **QUIET)
    there = classify_many(folder, executor="threads", workers=2, **QUIET)
    assert answers(there) == answers(here)
    assert there.colnames == here.colnames
    np.testing.assert_allclose(there["p_galaxy"], here["p_galaxy"], atol=1e-3)
    assert there.meta["weights_sha256"] == here.meta["weights_sha256"]


def test_a_data_set_keeps_what_is_known_and_is_not_made_twice(folder, output, monkeypatch):
    table = classify_many(folder, output=output, thumbnails=True, evidence=True, **QUIET)
    assert answers(table) == answers(classify_many(folder, **QUIET))
    kept = read_results(output)
    kept.sort("source")
    assert kept["band"][0] == "F814W"
    assert kept["s_region"][0].startswith("POLYGON ICRS 9.99")
    assert kept["thumbnail"][0].startswith(b"\xff\xd8")
    assert kept["evidence"][0].startswith(b"\x89PNG")
    assert kept["seconds"][0] > 0
    asked = []
    monkeypatch.setattr("astroclassify._work.read_frames", lambda item, **_: asked.append(item.name) or [])
    again = classify_many(folder, output=output, thumbnails=True, evidence=True, **QUIET)
    assert asked == ["g_bad.fits"]  # what failed is tried again
    assert answers(again)[:5] == answers(table)[:5]


def test_a_file_that_is_given_twice_is_classified_once(folder, output, monkeypatch):
    from astroclassify._work import read_frames

    asked = []

    def read(item, **options):
        asked.append(item)
        return read_frames(item, **options)

    monkeypatch.setattr("astroclassify._work.read_frames", read)
    monkeypatch.chdir(folder)
    table = classify_many(
        ["f0.fits", folder / "f0.fits", f"../{folder.name}/f0.fits"], output=output, **QUIET
    )
    assert (len(asked), len(table)) == (1, 1)


def test_a_file_that_hangs_is_a_failed_row(folder, output, monkeypatch):
    from astroclassify._work import read_frames

    def hang(item, **options):
        if item.name == "f1.fits":
            time.sleep(20)
        return read_frames(item, **options)

    monkeypatch.setattr("astroclassify._work.read_frames", hang)
    table = classify_many(folder, output=output, timeout=0.5, **QUIET)
    told = {row["source"].rpartition("/")[2]: row["error"] for row in table}
    assert "not read within 0.5 s" in told.pop("f1.fits")
    assert [name for name, error in told.items() if error] == ["g_bad.fits"]


def test_frames_in_memory_have_no_name_to_be_kept_by(output):
    with pytest.raises(ParameterError, match="output takes files"):
        classify_many([np.ones((64, 64))], output=output, **QUIET)


def test_an_error_is_raised_where_that_is_asked_for(folder):
    with pytest.raises(OSError, match="g_bad"):
        classify_many(folder, executor="threads", workers=2, on_error="raise", **QUIET)


def test_visits_are_grouped_of_what_workers_found(folder, output):
    table = classify_many(folder, output=output, group_by="file", **QUIET)
    assert len(table) == 6
    assert "spread" in table.colnames


def test_a_watched_folder_is_classified_and_can_be_stopped(folder, output, tmp_path):
    incoming, stop, told = tmp_path / "incoming", threading.Event(), []
    incoming.mkdir()
    (incoming / "before.fits").write_bytes((folder / "f0.fits").read_bytes())

    def tell(rows):
        told.extend(rows)
        stop.set()

    watch_folder(incoming, output, stop=stop, on_rows=tell)
    assert [row["source"].rpartition("/")[2] for row in told] == ["before.fits"]
    assert read_results(output)["label"][0] == told[0]["label"]


# Files elsewhere ---------------------------------------------------------------------------------


class Ranges(SimpleHTTPRequestHandler):
    """A server of files that gives ranges, and counts what it sends."""

    sent = 0

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()

    def do_GET(self):
        content, asked = self.server.content, self.headers.get("Range", "")
        start, _, stop = asked.removeprefix("bytes=").partition("-")
        part = content[int(start or 0) : int(stop) + 1 if stop else None] if asked else content
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(part)))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{int(start) + len(part) - 1}/{len(content)}")
        self.end_headers()
        self.server.sent += len(part)
        self.wfile.write(part)


@pytest.fixture
def server():
    pytest.importorskip("aiohttp")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges))
    server.daemon_threads, server.sent = True, 0
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_of_a_file_elsewhere_only_the_asked_chip_comes(server):
    import io

    rng = np.random.default_rng(1)
    pixels = {chip: rng.integers(2000, 2200, (2068, 4144), dtype="uint16") for chip in (1, 2)}
    stream = io.BytesIO()
    raw_hdus("jtest0001_raw.fits", pixels, instrument="acs-wfc", band="F814W", exptime=500).writeto(stream)
    server.content = stream.getvalue()
    address = f"http://127.0.0.1:{server.server_port}/jtest0001_raw.fits"
    table = classify_many([address], chip=1, **QUIET)
    assert (table["error"][0], table["chip"][0], table["source"][0]) == ("", 1, address)
    assert server.sent < 0.6 * len(server.content)


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://there/a.fits", "https://a::file:///etc/passwd"]
)
def test_other_addresses_are_refused(address):
    error = classify_many([address], **QUIET)["error"][0]
    assert "expected an address of one of https, http, s3, mast" in error
