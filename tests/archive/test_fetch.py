"""Fetching: whatever the network does, nothing is lost, nothing is fetched twice, and no half file counts."""

import base64
import hashlib
import shutil
import threading
from collections import namedtuple

import pytest
from astropy.table import Table

from astroclassify.archive import fetch_frames, frames_folder, plan_fetch
from astroclassify.core import ParameterError, ReadError, conf

pytest.importorskip("requests")
OBSID = "jabc01xyq"
FILE = f"{OBSID}_raw.fits"
CHUNK = 2**14  # bytes that are written at a time
QUICK = {"backoff": 0.0, "timeout": 5.0, "connections": 2, "progress": False}


def listed(*obsids, hdus=(1, 4)):
    rows = [(obsid, hdu) for obsid in obsids or (OBSID,) for hdu in hdus]
    return Table(rows=rows, names=("OBSID", "HDU Index"))


@pytest.fixture
def bring(archive, tmp_path, monkeypatch):
    """Give a function that fetches from the archive into a folder (callable)."""
    monkeypatch.setattr("astroclassify.archive._sources._CHUNK", CHUNK)

    def brought(manifest=None, **options):
        options = QUICK | {"source": f"{archive.url}/files"} | options
        return fetch_frames(listed() if manifest is None else manifest, tmp_path / "frames", **options)

    return brought


@pytest.fixture
def content(archive, raw_bytes):
    content = raw_bytes()
    archive.add(FILE, content)
    return content


# What comes ------------------------------------------------------------------------------------


def test_files_come_as_they_are_and_only_once(bring, archive, raw_bytes):
    names = [f"jabc0{number}xyq" for number in range(1, 6)]
    for seed, name in enumerate(names):
        archive.add(f"{name}_raw.fits", raw_bytes(seed))
    first, second = bring(listed(*names)), bring(listed(*names))
    assert (first.made, first.kept, len(first.failures)) == (5, 0, 0)
    assert (second.made, second.kept, second.size) == (0, 5, 0)
    for seed, name in enumerate(names):
        assert first.paths[name].read_bytes() == raw_bytes(seed)
        assert len(archive.asked[f"{name}_raw.fits"]) == 1
    assert first.size == sum(archive.sent.values())


def test_folder_holds_the_frames_and_nothing_that_looks_like_one(bring, content, tmp_path):
    bring()
    visible = sorted(path.name for path in (tmp_path / "frames").iterdir() if not path.name.startswith("."))
    assert visible == ["SHA256SUMS", FILE]
    assert not list((tmp_path / "frames").rglob("*.part"))


def test_checksums_are_kept_as_sha256sum_reads_them(bring, content, tmp_path):
    bring()
    assert (tmp_path / "frames/SHA256SUMS").read_text() == f"{hashlib.sha256(content).hexdigest()}  {FILE}\n"


def test_files_have_the_permissions_that_the_umask_gives(bring, content, tmp_path):
    import os

    before = os.umask(0o002)
    try:
        path = bring().paths[OBSID]
    finally:
        os.umask(before)
    made = [path, path.parent, path.parent / ".fetch", path.parent / "SHA256SUMS"]
    assert all(each.stat().st_mode & 0o060 == 0o060 for each in made)


def test_names_are_asked_for_in_lower_case(bring, archive, raw_bytes):
    archive.add(FILE, raw_bytes())
    assert bring(listed(OBSID.upper())).paths[OBSID.upper()].name == f"{OBSID.upper()}_raw.fits"


def test_an_address_may_have_folders_of_its_own(bring, archive, content):
    result = bring(source=archive.url + "/hst/{first4}/{obsid}/{file}")
    assert result.made == 1


# What goes wrong -------------------------------------------------------------------------------


def test_what_is_not_there_is_a_row_and_the_others_come(bring, content):
    result = bring(listed("jnone1xyq", OBSID))
    assert list(result.paths) == [OBSID]
    assert list(result.failures["OBSID"]) == ["jnone1xyq"]
    assert "404" in result.failures["error"][0]
    assert "jnone1xyq_raw.fits" in result.failures["error"][0]


def test_what_is_not_there_is_asked_for_once(bring, archive, content):
    bring(listed("jnone1xyq"))
    assert len(archive.asked["jnone1xyq_raw.fits"]) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_a_server_that_is_busy_is_asked_again(bring, archive, fault, content, status):
    archive.faults[FILE] = [fault(status), fault(status)]
    assert bring().made == 1
    assert len(archive.asked[FILE]) == 3


def test_it_is_given_up_after_the_retries(bring, archive, fault, content):
    archive.faults[FILE] = [fault(503)] * 9
    result = bring(retries=2)
    assert len(archive.asked[FILE]) == 3
    assert "503" in result.failures["error"][0]


def test_retry_after_goes_before_the_back_off(bring, archive, fault, content):
    archive.faults[FILE] = [fault(503, {"Retry-After": "0"})]
    assert bring(backoff=1000.0).made == 1  # it would take minutes otherwise


def test_a_server_that_asks_for_hours_is_left_alone(bring, archive, fault, content):
    archive.faults[FILE] = [fault(503, {"Retry-After": "7200"})]
    assert "503" in bring().failures["error"][0]


def test_what_was_cut_off_goes_on_where_it_was(bring, archive, fault, content):
    archive.faults[FILE] = [fault(cut=CHUNK), fault(cut=CHUNK)]
    result = bring()
    assert result.paths[OBSID].read_bytes() == content
    assert archive.asked[FILE] == ["", f"bytes={CHUNK}-", f"bytes={2 * CHUNK}-"]
    assert archive.sent[FILE] == len(content)


def test_attempts_that_bring_bytes_do_not_use_up_the_retries(bring, archive, fault, big):
    archive.faults[FILE] = [fault(cut=CHUNK)] * 6
    assert bring(retries=1).made == 1


def test_it_goes_on_in_another_session(bring, archive, fault, content):
    archive.faults[FILE] = [fault(cut=CHUNK)] + [fault(503)] * 2
    assert len(bring(retries=1).failures) == 1
    assert plan_fetch(listed(), frames_folder_of(bring))["state"][0] == "begun"
    assert bring().paths[OBSID].read_bytes() == content
    assert archive.sent[FILE] == len(content)


def frames_folder_of(bring):
    return bring(Table(names=("OBSID",), dtype=("str",))).folder


def test_a_file_that_changed_in_between_begins_anew(bring, archive, fault, content, raw_bytes):
    archive.faults[FILE] = [fault(cut=CHUNK), fault(503)]
    assert len(bring(retries=0).failures) == 1
    archive.faults[FILE] = []
    archive.add(FILE, raw_bytes(seed=7), tag="2")
    assert bring().paths[OBSID].read_bytes() == raw_bytes(seed=7)


def test_a_file_that_became_shorter_begins_anew(bring, archive, fault, content, raw_bytes):
    archive.faults[FILE] = [fault(cut=len(content) - 10)]
    assert len(bring(retries=0).failures) == 1
    archive.add(FILE, raw_bytes(chips=1), tag="2")
    assert bring(listed(hdus=(1,)), whole=True).paths[OBSID].read_bytes() == raw_bytes(chips=1)


def test_without_a_tag_nothing_is_gone_on_with(bring, archive, fault, content):
    archive.tags = False
    archive.faults[FILE] = [fault(cut=CHUNK)]
    assert bring().paths[OBSID].read_bytes() == content
    assert archive.asked[FILE] == ["", ""]


def test_a_server_without_ranges_gives_the_whole_file_again(bring, archive, fault, content):
    archive.ranges = False
    archive.faults[FILE] = [fault(cut=CHUNK)]
    assert bring().paths[OBSID].read_bytes() == content
    assert archive.sent[FILE] == CHUNK + len(content)


def test_a_server_that_says_no_length_is_checked_by_the_headers(bring, archive, fault, content):
    archive.lengths = False
    archive.faults[FILE] = [fault(cut=CHUNK)]
    assert bring().paths[OBSID].read_bytes() == content


def test_a_server_that_falls_silent_is_not_waited_for(bring, archive, fault, content):
    silence = threading.Event()
    archive.faults[FILE] = [fault(cut=CHUNK, stall=silence)]
    result = bring(timeout=0.1)
    silence.set()
    assert result.paths[OBSID].read_bytes() == content


def test_a_server_that_gives_another_range_is_given_up_and_the_list_goes_on(
    bring, archive, fault, content, big
):
    archive.faults[FILE] = [fault(cut=CHUNK)] + [fault(headers={"Content-Range": "bytes 5-9/99"})] * 50
    result = bring(listed(OBSID, "iabc01xyq"), retries=2)
    assert "asked for bytes from" in result.failures["error"][0]
    assert list(result.paths) == ["iabc01xyq"]
    assert len(archive.asked[FILE]) == 3


def test_bytes_that_come_too_slowly_are_given_up(bring, archive, fault, content, monkeypatch):
    monkeypatch.setattr("astroclassify.archive._download.SLOW_AFTER", 0.05)
    archive.faults[FILE] = [fault(drip=0.01)] * 9
    result = bring(retries=2)
    assert "bytes came in" in result.failures["error"][0]
    assert len(archive.asked[FILE]) == 3


def test_a_body_without_end_does_not_fill_the_disk(bring, archive, content, monkeypatch):
    archive.lengths = False
    usage = shutil.disk_usage("/")
    calls = iter([usage])  # there is room before, and none any more
    monkeypatch.setattr(shutil, "disk_usage", lambda _: next(calls, usage._replace(free=10**6)))
    result = bring(whole=True)
    assert "the disk has only 1 MB left" in result.failures["error"][0]
    assert len(archive.asked[FILE]) == 1


def test_a_source_that_tells_no_size_may_not_send_more_than_any_file_has(
    bring, archive, content, monkeypatch
):
    monkeypatch.setattr("astroclassify.archive._download._LARGEST_FILE", 1000)
    archive.lengths = False
    assert "no end is told" in bring(whole=True).failures["error"][0]


def test_whatever_happens_to_one_file_the_others_come(bring, archive, raw_bytes, monkeypatch):
    monkeypatch.setattr("astroclassify.archive._fetch.missing_images", lambda *_: 1 / 0)
    archive.add(FILE, raw_bytes())
    assert "ZeroDivisionError" in bring().failures["error"][0]


def test_a_page_in_place_of_the_file_does_not_count(bring, archive, fault, content, tmp_path):
    archive.faults[FILE] = [fault(content=b"<html>We are sorry</html>")] * 2
    result = bring(retries=1)
    assert "no FITS header" in result.failures["error"][0]
    assert not (tmp_path / "frames" / FILE).exists()
    assert bring().made == 1


def test_a_file_of_the_wrong_length_does_not_count(bring, archive, fault, content):
    archive.faults[FILE] = [fault(content=content[:-2880]), fault(content=content + bytes(2880))]
    assert bring().paths[OBSID].read_bytes() == content
    assert len(archive.asked[FILE]) == 3


def test_a_file_with_the_wrong_checksum_does_not_count(bring, archive, fault, content):
    changed = bytearray(content)
    changed[20_000] ^= 1
    archive.headers = {"Content-MD5": base64.b64encode(hashlib.md5(content).digest()).decode()}
    archive.faults[FILE] = [fault(content=bytes(changed))]
    assert bring().paths[OBSID].read_bytes() == content
    assert len(archive.asked[FILE]) == 2


def test_an_image_that_the_file_does_not_have_is_told_and_not_fetched_for_ever(bring, archive, raw_bytes):
    archive.add(FILE, raw_bytes(chips=1))
    for _ in range(2):
        result = bring(listed(hdus=(1, 4)))
        assert "no image in HDU 4; it has 1" in result.failures["error"][0]
    assert len(archive.asked[FILE]) == 1


def test_a_disk_that_fills_up_meanwhile_is_told_for_each_file(bring, archive, content, monkeypatch):
    from astroclassify.archive._download import PartFile

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PartFile, "add", full)
    assert "No space left" in bring().failures["error"][0]
    assert len(archive.asked[FILE]) == 1
    monkeypatch.undo()
    assert bring().made == 1


# What is there already -------------------------------------------------------------------------


def test_a_truncated_file_is_fetched_anew(bring, archive, content):
    path = bring().paths[OBSID]
    path.write_bytes(content[:9_000])
    result = bring()
    assert (result.made, result.repaired) == (1, 1)
    assert path.read_bytes() == content


def test_changed_pixels_are_found_when_asked(bring, archive, content, tmp_path):
    path = bring().paths[OBSID]
    changed = bytearray(content)
    changed[20_000] ^= 1
    path.write_bytes(changed)
    assert bring().kept == 1
    assert plan_fetch(listed(), path.parent, verify=True)["state"][0] == "damaged"
    assert bring(verify=True).repaired == 1
    assert path.read_bytes() == content
    assert len((tmp_path / "frames/SHA256SUMS").read_text().splitlines()) == 1


def test_files_that_were_put_there_by_hand_are_kept(bring, archive, content, tmp_path):
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / FILE).write_bytes(content)
    assert bring(verify=True).kept == 1
    assert not archive.asked


def test_nothing_is_asked_where_all_is_there(content, bring, archive):
    folder = bring().folder
    assert fetch_frames(listed(), folder, source="mast").kept == 1
    assert len(archive.asked[FILE]) == 1


# Only what is needed ---------------------------------------------------------------------------


@pytest.mark.parametrize(("wanted", "left_out"), [(1, 4), (4, 1)])
def test_only_the_wanted_image_comes(bring, archive, big, wanted, left_out):
    from astropy.io import fits

    path = bring(listed(hdus=(wanted,))).paths[OBSID]
    assert archive.sent[FILE] < 0.6 * len(big)
    with fits.open(path) as cut, fits.open(_stream(big)) as whole:
        cut.verify("exception")
        assert len(cut) == len(whole)
        assert (cut[wanted].data == whole[wanted].data).all()
        assert cut[wanted].header == whole[wanted].header
        assert (cut[left_out].data, cut[left_out].name) == (None, "LEFTOUT")


def _stream(content):
    from io import BytesIO

    return BytesIO(content)


def test_an_image_that_is_needed_later_comes_without_losing_the_first(bring, archive, big):
    bring(listed(hdus=(4,)))
    result = bring(listed(hdus=(1,)))
    assert (result.made, result.repaired) == (1, 0)
    assert result.paths[OBSID].read_bytes() == big
    assert bring(listed(hdus=(1, 4))).kept == 1


def test_a_cut_file_goes_on_where_it_was(bring, archive, fault, big):
    archive.faults[FILE] = [fault(), fault(cut=300_000)]
    bring(listed(hdus=(1,)), retries=0)
    archive.faults[FILE] = []
    sent = archive.sent[FILE]
    path = bring(listed(hdus=(1,))).paths[OBSID]
    once = path.read_bytes()
    path.unlink()
    assert archive.sent[FILE] - sent < 0.6 * len(big) - 250_000
    assert bring(listed(hdus=(1,))).paths[OBSID].read_bytes() == once


def test_a_cut_file_that_changes_meanwhile_begins_anew(bring, archive, fault, big):
    archive.faults[FILE] = [fault(), fault(headers={"ETag": "another"})]
    assert bring(listed(hdus=(1,))).made == 1


def test_without_ranges_the_whole_file_comes(bring, archive, big):
    archive.ranges = False
    assert bring(listed(hdus=(1,))).paths[OBSID].read_bytes() == big


def test_whole_files_are_fetched_when_asked(bring, archive, big):
    assert bring(listed(hdus=(1,)), whole=True).paths[OBSID].read_bytes() == big
    assert archive.asked[FILE] == [""]


def test_without_hdu_index_the_whole_file_comes(bring, big):
    assert bring(Table({"OBSID": [OBSID]})).paths[OBSID].read_bytes() == big


# Before the work -------------------------------------------------------------------------------


def test_a_full_disk_is_told_before_anything_comes(bring, archive, content, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 90_000_000))
    with pytest.raises(ParameterError, match=r"1 files of 0.0 GB|choose another folder"):
        bring()
    assert not archive.asked


def test_sizes_of_the_list_say_what_is_needed(content, tmp_path):
    manifest = listed(OBSID, "jabc02xyq")
    manifest["Size"] = [34_000_000, 34_000_000, 9_000_000, 9_000_000]
    plan = plan_fetch(manifest, tmp_path / "frames")
    assert list(plan["size"]) == [34_000_000, 9_000_000]
    assert (plan.meta["bytes"], list(plan["state"])) == (43_000_000, ["missing", "missing"])
    assert plan.meta["free"] > 0
    assert not (tmp_path / "frames").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"connections": 0},
        {"retries": -1},
        {"timeout": 0.0},
        {"backoff": -1.0},
        {"source": "ftp://somewhere"},
        {"source": "nowhere"},
        {"source": "https://a/{wrong}"},
    ],
)
def test_wrong_arguments_are_told(bring, wrong):
    with pytest.raises(ParameterError, match=str(next(iter(wrong)))):
        bring(**wrong)


def test_a_name_that_is_a_path_is_refused(bring):
    with pytest.raises(ReadError, match="OBSID"):
        bring(Table({"OBSID": ["../../etc/passwd"]}))


def test_a_folder_that_cannot_be_made_is_told(content, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match="cannot be made"):
        fetch_frames(listed(), tmp_path / "file" / "frames", source="http://127.0.0.1:9")


def test_the_folder_is_chosen_by_argument_variable_or_configuration(tmp_path, monkeypatch):
    assert frames_folder().name == "frames"
    with conf.set_temp("frames_dir", str(tmp_path / "configured")):
        assert frames_folder() == tmp_path / "configured"
        monkeypatch.setenv("ASTROCLASSIFY_FRAMES", str(tmp_path / "variable"))
        assert frames_folder() == tmp_path / "variable"
        assert frames_folder(tmp_path) == tmp_path
