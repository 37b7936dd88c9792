"""Files elsewhere: buckets (moto plays S3), MAST, servers that give no ranges or nothing at all."""

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from astropy.io import fits

from astroclassify.core import ParameterError, ReadError, conf
from astroclassify.io import is_address, read_frames
from astroclassify.scale import open_remote

pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")


@pytest.fixture(scope="module")
def content():
    stream = io.BytesIO()
    pixels = np.random.default_rng(1).normal(1000, 5, (300, 400)).astype("float32")
    fits.PrimaryHDU(pixels).writeto(stream)
    return stream.getvalue()


class Plain(BaseHTTPRequestHandler):
    """A server that knows no ranges; it keeps the paths that it was asked for."""

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.send_response(404 if "gone" in self.path else 200)
        self.end_headers()

    def do_GET(self):
        self.server.paths.append(self.path)
        self.send_response(404 if "gone" in self.path else 200)
        self.end_headers()
        self.wfile.write(self.server.content)


@pytest.fixture
def server(content):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Plain)
    server.daemon_threads, server.content, server.paths = True, content, []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def mean_of(address):
    with open_remote(address) as file:
        (frame,) = read_frames(file)
        return float(frame.data.mean()), frame.meta["ACSOURCE"]


def test_a_server_without_ranges_gives_all_of_it_within_bounds(server, content):
    mean, source = mean_of(f"{server.url}/folder/a.fits?key=5")
    assert mean == pytest.approx(1000, abs=1)
    assert source == "a.fits"
    with conf.set_temp("max_unpacked_mb", 0), pytest.raises(ReadError, match="more than 0 MB"):
        mean_of(f"{server.url}/a.fits")


def test_what_is_not_there_is_told(server):
    with pytest.raises(ReadError, match="there is no such file"):
        mean_of(f"{server.url}/gone.fits")


def test_mast_is_asked_as_its_addresses_say(server):
    mast = pytest.importorskip("astroquery.mast")
    with mast.conf.set_temp("server", server.url):
        assert mean_of("mast:HST/product/jabc01xyq_raw.fits")[1] == "jabc01xyq_raw.fits"
    assert server.paths[-1] == "/api/v0.1/Download/file?uri=mast:HST/product/jabc01xyq_raw.fits"


def test_a_public_bucket_is_read(content, monkeypatch):
    boto3 = pytest.importorskip("boto3")
    pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0, verbose=False
    )
    moto.start()
    try:
        url = "http://{}:{}".format(*moto.get_host_and_port())
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=url, **keys)
        client.create_bucket(Bucket="frames", ACL="public-read")
        client.put_object(Bucket="frames", Key="night/a.fits", Body=content, ACL="public-read")
        client.close()
        assert mean_of("s3://frames/night/a.fits")[0] == pytest.approx(1000, abs=1)
        with pytest.raises(ReadError, match="no such file"):
            mean_of("s3://frames/night/b.fits")
    finally:
        moto.stop()


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://there/a", "memory://a", "https://a::file:///etc"]
)
def test_other_schemes_and_chains_are_refused(address):
    assert is_address(address)
    with pytest.raises(ParameterError, match="expected an address of one of"), open_remote(address):
        pass
