"""Files that land are worked on once, whole, whatever comes at once; links lead nowhere."""

import json
import threading
import time

import pytest

from astroclassify.core import ParameterError, ReadError
from astroclassify.scale import ResultSet, WatchedFolder, watch

pytest.importorskip("watchdog")
pytest.importorskip("pyarrow")
COLUMNS = {"source": str, "bytes_read": int, "error": str}


def work(path):
    content = path.read_bytes()
    return [{"source": str(path), "bytes_read": len(content), "error": "" if content else "ReadError: empty"}]


class Watching:
    """A watch in a thread; what it told, by name."""

    def __init__(self, folder, output, **options):
        self.told, self.stop = {}, threading.Event()
        self.status = output.parent / "status.json"
        self._arguments = folder, output, options
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        folder, output, options = self._arguments
        with ResultSet(output, COLUMNS) as results, WatchedFolder(folder, **options) as watched:
            watch(watched, results, work, stop=self.stop, on_rows=self._tell, status=self.status)

    def _tell(self, rows):
        name = rows[0]["source"].rpartition("/")[2]
        assert name not in self.told
        self.told[name] = rows[0]["bytes_read"]

    def __enter__(self):
        self._thread.start()
        self.wait(lambda: self.status.exists())
        return self

    def __exit__(self, *_):
        self.stop.set()
        self._thread.join()

    def wait(self, condition, seconds=20):
        ends = time.monotonic() + seconds
        while not condition() and time.monotonic() < ends:
            time.sleep(0.01)
        assert condition()


@pytest.fixture
def places(tmp_path):
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder, tmp_path / "results.parquet"


def test_what_lands_is_worked_on_when_it_is_closed_or_gets_its_name(places, tmp_path):
    folder, _ = places
    (folder / "before.fits").write_bytes(b"123")
    with Watching(*places) as watching:
        watching.wait(lambda: "before.fits" in watching.told)  # the first search is over
        with (folder / "slow.fits").open("wb") as file:
            file.write(b"1")
            file.flush()
            (tmp_path / "elsewhere").write_bytes(b"12345")
            (tmp_path / "elsewhere").rename(folder / "moved.fits")
            (folder / ".hidden.tmp").write_bytes(b"12")
            (folder / ".hidden.tmp").rename(folder / "renamed.fits")
            watching.wait(lambda: {"moved.fits", "renamed.fits"} <= set(watching.told))
            assert "slow.fits" not in watching.told
            file.write(b"234")
        watching.wait(lambda: "slow.fits" in watching.told)
    assert watching.told == {"before.fits": 3, "moved.fits": 5, "renamed.fits": 2, "slow.fits": 4}


def test_started_again_it_takes_what_is_new_and_nothing_twice(places):
    folder, _ = places
    (folder / "a.fits").write_bytes(b"1")
    with Watching(*places) as first:
        first.wait(lambda: "a.fits" in first.told)
    (folder / "b.fits").write_bytes(b"1")
    with Watching(*places) as second:
        second.wait(lambda: "b.fits" in second.told)
    assert set(second.told) == {"b.fits"}


def test_a_burst_that_the_queue_does_not_hold_is_found_by_a_search(places):
    folder, _ = places
    with Watching(*places, waiting=5) as watching:
        for number in range(500):
            (folder / f"{number}.fits").write_bytes(b"1")
        watching.wait(lambda: len(watching.told) == 500)


def test_a_folder_that_is_polled_gives_files_that_have_not_changed(places):
    folder, _ = places
    with Watching(*places, poll=0.05) as watching, (folder / "slow.fits").open("wb") as file:
        for _ in range(8):
            file.write(b"1")
            file.flush()
            time.sleep(0.02)
            assert "slow.fits" not in watching.told
        watching.wait(lambda: watching.told == {"slow.fits": 8})


def test_links_and_other_names_are_left_alone(places, tmp_path):
    folder, _ = places
    (tmp_path / "secret.fits").write_bytes(b"secret")
    with Watching(*places, pattern="*_raw.fits") as watching:
        (folder / "link_raw.fits").symlink_to(tmp_path / "secret.fits")
        (folder / "other.fits").write_bytes(b"1")
        (folder / "sub_raw.fits").mkdir()
        (folder / "a_raw.fits").write_bytes(b"1")
        watching.wait(lambda: "a_raw.fits" in watching.told)
    assert set(watching.told) == {"a_raw.fits"}


def test_the_status_says_what_is_done_and_how_fast(places):
    folder, _ = places
    with Watching(*places) as watching:
        (folder / "a.fits").write_bytes(b"1")
        (folder / "empty.fits").write_bytes(b"")
        watching.wait(lambda: len(watching.told) == 2)
    told = json.loads(watching.status.read_text())
    assert (told["state"], told["done"], told["failed"], told["waiting"]) == ("stopped", 2, 1, 0)
    assert 0 < told["latency_ms_median"] <= told["latency_ms_99"]


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="no such folder"):
        WatchedFolder(tmp_path / "nowhere")


def test_what_fails_is_tried_once_in_a_start_unless_it_changes(places):
    folder, _ = places
    (folder / "empty.fits").write_bytes(b"")
    with Watching(*places) as watching:
        watching.wait(lambda: "empty.fits" in watching.told)
        (folder / "empty.fits").open("ab").close()  # closed again, as it was: told of twice, it would fail
        (folder / "b.fits").write_bytes(b"1")
        watching.wait(lambda: "b.fits" in watching.told)
        del watching.told["empty.fits"]
        (folder / "empty.fits").write_bytes(b"12")
        watching.wait(lambda: watching.told.get("empty.fits") == 2)


@pytest.mark.parametrize(("poll", "replaced"), [(None, False), (None, True), (0.05, False)])
def test_a_folder_that_goes_away_ends_the_watch(places, poll, replaced):
    folder, output = places

    def go_away(_):
        (folder / "a.fits").unlink()
        folder.rmdir()
        if replaced:
            folder.mkdir()

    (folder / "a.fits").write_bytes(b"1")
    with (
        ResultSet(output, COLUMNS) as results,
        WatchedFolder(folder, poll=poll) as watched,
        pytest.raises(ReadError, match="removed or replaced"),
    ):
        watch(watched, results, work, stop=threading.Event(), on_rows=go_away)
