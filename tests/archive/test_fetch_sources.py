"""Fetching from MAST, from the public bucket (moto plays S3), and from whichever answers."""

import hashlib

import pytest
from astropy.table import Table

from astroclassify.archive import fetch_frames

mast = pytest.importorskip("astroquery.mast")
pytest.importorskip("s3fs")
OBSID = "jabc01xyq"
FILE = f"{OBSID}_raw.fits"
KEY = f"hst/public/jabc/{OBSID}/{FILE}"
QUICK = {"backoff": 0.0, "timeout": 5.0, "connections": 1, "progress": False}


def listed(*hdus, obsid=OBSID):
    return Table(rows=[(obsid, hdu) for hdu in hdus or (1, 4)], names=("OBSID", "HDU Index"))


@pytest.fixture
def from_mast(archive):
    """Let astroquery's server be the local archive."""
    with mast.conf.set_temp("server", archive.url):
        yield archive


@pytest.fixture(scope="module")
def moto():
    """Give the address of a local S3 (str)."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0, verbose=False
    )
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(moto, monkeypatch):
    """Give the public bucket, empty, on the local S3 (boto3 client)."""
    import boto3
    import requests

    requests.post(f"{moto}/moto-api/reset", timeout=5)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto)
    secret = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=moto, **secret)
    client.create_bucket(Bucket="stpubdata", ACL="public-read")
    yield client
    client.close()


def put(client, content, key=KEY):
    client.put_object(Bucket="stpubdata", Key=key, Body=content, ACL="public-read")


def test_mast_is_asked_as_astroquery_asks(from_mast, raw_bytes, tmp_path, monkeypatch):
    content = raw_bytes()
    from_mast.add(FILE, content)
    result = fetch_frames(listed(), tmp_path, source="mast", **QUICK)
    assert result.paths[OBSID].read_bytes() == content
    assert from_mast.paths == [f"/api/v0.1/Download/file?uri=mast:HST/product/{FILE}"]


def test_the_bucket_is_read_where_the_archive_puts_its_files(bucket, raw_bytes, tmp_path):
    content = raw_bytes()
    put(bucket, content)
    result = fetch_frames(listed(), tmp_path, source="cloud", **QUICK)
    assert result.paths[OBSID].read_bytes() == content


def test_another_bucket_can_be_named(bucket, raw_bytes, tmp_path):
    put(bucket, raw_bytes(), key=f"mirror/{FILE}")
    assert fetch_frames(listed(), tmp_path, source="s3://stpubdata/mirror", **QUICK).made == 1


def test_only_the_wanted_image_comes_from_the_bucket(bucket, big, tmp_path):
    from astropy.io import fits

    put(bucket, big)
    path = fetch_frames(listed(4), tmp_path, source="cloud", **QUICK).paths[OBSID]
    assert path.stat().st_size < 0.6 * len(big)
    assert fits.getdata(path, 4).shape == (1000, 500)


def test_what_the_bucket_does_not_have_is_a_row(bucket, tmp_path):
    result = fetch_frames(listed(), tmp_path, source="cloud", **QUICK)
    assert FILE in result.failures["error"][0]


def test_a_file_that_is_not_as_the_bucket_says_does_not_count(bucket, raw_bytes, tmp_path, monkeypatch):
    from s3fs import S3FileSystem

    content = raw_bytes()
    put(bucket, content)
    whole = S3FileSystem.cat_file
    answers = iter([lambda found: bytes(len(found)), lambda found: found[:-1], lambda found: found])

    def changed(self, path, **options):
        return next(answers)(whole(self, path, **options))

    monkeypatch.setattr(S3FileSystem, "cat_file", changed)
    result = fetch_frames(listed(), tmp_path, source="cloud", **QUICK)
    assert result.paths[OBSID].read_bytes() == content
    assert next(answers, None) is None


def test_a_download_from_the_bucket_goes_on_where_it_was(bucket, big, tmp_path, monkeypatch):
    from s3fs import S3FileSystem

    put(bucket, big)
    monkeypatch.setattr("astroclassify.archive._sources._CLOUD_STEP", 2**19)
    asked, whole = [], S3FileSystem.cat_file

    def broken(self, path, *, start, end):
        asked.append(start)
        if len(asked) == 3:
            raise TimeoutError("no answer")
        return whole(self, path, start=start, end=end)

    monkeypatch.setattr(S3FileSystem, "cat_file", broken)
    result = fetch_frames(listed(), tmp_path, source="cloud", **QUICK)
    assert result.paths[OBSID].read_bytes() == big
    assert asked == [0, 2**19, 2**20, 2**20, 2**20 + 2**19]


def test_auto_takes_the_cloud_and_mast_for_what_it_lacks(bucket, from_mast, raw_bytes, tmp_path):
    other = "jabc02xyq"
    put(bucket, raw_bytes())
    from_mast.add(f"{other}_raw.fits", raw_bytes(1))
    manifest = Table({"OBSID": [OBSID, other]})
    result = fetch_frames(manifest, tmp_path, **QUICK)
    assert result.made == 2
    assert list(from_mast.asked) == [f"{other}_raw.fits"]


def test_auto_takes_mast_where_the_cloud_does_not_answer(from_mast, raw_bytes, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    from_mast.add(FILE, raw_bytes())
    result = fetch_frames(listed(), tmp_path, **QUICK)
    assert hashlib.md5(result.paths[OBSID].read_bytes()).digest() == hashlib.md5(raw_bytes()).digest()


def test_a_download_begun_elsewhere_is_not_mixed(bucket, from_mast, fault, raw_bytes, tmp_path, monkeypatch):
    monkeypatch.setattr("astroclassify.archive._sources._CHUNK", 2**14)
    from_mast.add(FILE, raw_bytes(1))
    from_mast.faults[FILE] = [fault(cut=2**14)]
    assert len(fetch_frames(listed(), tmp_path, source="mast", **QUICK | {"retries": 0}).failures) == 1
    put(bucket, raw_bytes(2))
    assert fetch_frames(listed(), tmp_path, source="cloud", **QUICK).paths[OBSID].read_bytes() == raw_bytes(2)
