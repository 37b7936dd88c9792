"""Results that last, the page of them, and watched folders, from the command line."""

import json
import sys
import time

import pytest

from astroclassify.cli._watch import _Command, _filled
from astroclassify.core import ParameterError
from astroclassify.scale import read_results

pytest.importorskip("pyarrow")
HOSTILE = "$(touch /tmp/owned);`id`;{label}.fits"
ROW = {"source": HOSTILE, "chip": 1, "label": "galaxy", "probability": 0.9, "error": ""}


def test_parquet_is_a_data_set_that_goes_on(command, frame_file, bright_is_galaxy, tmp_path):
    for number in range(3):
        frame_file(f"night/{number}.fits")
    output = tmp_path / "results.parquet"
    status, out, err = command("classify", tmp_path / "night", *bright_is_galaxy, "-o", output)
    assert (status, out) == (0, "")
    assert "3 rows are in" in err
    frame_file("night/3.fits", -1000)
    assert command("classify", tmp_path / "night", *bright_is_galaxy, "-o", output)[0] == 0
    table = read_results(output)
    assert sorted(table["label"]) == ["galaxy"] * 3 + ["nsc"]
    assert table.meta["model"] == "cli-test-brightness"


def test_no_column_is_kept_or_read_twice(command, frame_file, bright_is_galaxy, tmp_path, monkeypatch):
    from pyarrow import parquet

    asked, read_table = [], parquet.read_table

    def counting(path, columns=None):
        asked.extend(columns or ())
        return read_table(path, columns=columns)

    monkeypatch.setattr(parquet, "read_table", counting)
    output = tmp_path / "results.parquet"
    command("classify", frame_file("a.fits"), *bright_is_galaxy, "--identify", "--thumbnails", "-o", output)
    assert len(asked) == len(set(asked)) > 0
    (part,) = output.glob("*.parquet")
    kept = parquet.ParquetFile(part).schema.names
    assert len(kept) == len(set(kept))
    assert read_results(output).colnames == kept


def test_old_failures_of_other_files_do_not_set_the_exit_status(
    command, frame_file, bright_is_galaxy, tmp_path
):
    output, bad, good = tmp_path / "results.parquet", tmp_path / "bad.fits", frame_file("good.fits")
    bad.write_bytes(b"SIMPLE  = nothing")
    assert command("classify", bad, *bright_is_galaxy, "-o", output)[0] == 1
    status, _, err = command("classify", good, *bright_is_galaxy, "-o", output)
    assert status == 0
    assert "1 rows of files that were asked for before have errors" in err
    assert command("classify", good, bad, *bright_is_galaxy, "-o", output)[0] == 1


def test_a_list_stands_for_its_files(command, frame_file, bright_is_galaxy, tmp_path):
    frame_file("lists/jabc01xyq.fits")
    (tmp_path / "lists" / "list.csv").write_text("ID,OBSID,Label\nM 31,jabc01xyq,galaxy\n")
    arguments = (tmp_path / "lists" / "list.csv", *bright_is_galaxy, "--format", "json")
    status, out, _ = command("classify", *arguments)
    assert status == 0
    assert [row["source"].rpartition("/")[2] for row in json.loads(out)] == ["jabc01xyq.fits"]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "ecsv"])
def test_a_page_is_made_of_what_classify_wrote(command, frame_file, bright_is_galaxy, tmp_path, suffix):
    results, page = tmp_path / f"results.{suffix}", tmp_path / "report.html"
    command("classify", frame_file("one.fits"), tmp_path / "gone.fits", *bright_is_galaxy, "-o", results)
    status, _, err = command("report", results, "-o", page, "--title", "Night <1>")
    assert status == 0
    assert "2 frames are in" in err
    assert "Night &lt;1&gt;" in page.read_text()


def test_what_holds_no_results_is_told(command, tmp_path):
    status, _, err = command("report", tmp_path, "-o", tmp_path / "report.html")
    assert status == 1
    assert "there are no results" in err


def test_a_frame_is_no_set_of_results(command, frame_file, tmp_path):
    status, _, err = command("report", frame_file("a.fits"), "-o", tmp_path / "report.html")
    assert status == 1
    assert "a.fits: expected results as Parquet" in err


# Watching ----------------------------------------------------------------------------------------


def test_no_name_can_add_a_word_or_a_command(tmp_path):
    assert _filled("--file={source}", ROW) == f"--file={HOSTILE}"
    said = tmp_path / "said.json"
    script = "import json, sys; json.dump(sys.argv[2:], open(sys.argv[1], 'w'))"
    with _Command(f"{sys.executable} -c {script!r} {said} {{source}} {{label}}") as on_result:
        on_result.run_for([ROW])
    assert json.loads(said.read_text()) == [HOSTILE, "galaxy"]


def test_a_command_that_fails_is_told_and_stops_nothing(caplog):
    with _Command("/there/is/no/such/command {source}") as on_result:
        on_result.run_for([ROW, ROW])
    assert caplog.text.count("error: on-result") == 2


def test_an_empty_command_is_refused():
    with pytest.raises(ParameterError, match="empty"):
        _Command(" ")


@pytest.mark.parametrize(
    ("wrong", "told"), [("x 'unclosed", "quotes are closed"), ("x {sauce}", "{sauce} stands for nothing")]
)
def test_a_command_that_cannot_be_is_wrong_usage(command, tmp_path, wrong, told):
    status, _, err = command("watch", tmp_path, "-o", tmp_path / "r.parquet", "--on-result", wrong)
    assert status == 2
    assert told in err


def test_a_name_of_two_lines_is_told_in_one(caplog):
    with _Command(None) as nothing:
        nothing.run_for([ROW | {"source": "a\nerror: b.fits"}])
    assert [record.getMessage() for record in caplog.records] == ["a\\nerror: b.fits, chip 1: galaxy 0.900"]


def test_a_folder_that_is_not_there_is_wrong_usage(command, tmp_path):
    status, _, err = command("watch", tmp_path / "nowhere", "-o", tmp_path / "r.parquet")
    assert status == 2
    assert "no such folder" in err


def test_a_slow_command_does_not_hold_up_the_end(caplog, monkeypatch):
    monkeypatch.setattr("astroclassify.cli._watch._GRACE_SECONDS", 0.2)
    begun = time.monotonic()
    with _Command(f"{sys.executable} -c 'import time; time.sleep(50)'") as on_result:
        on_result.run_for([ROW, ROW])
    assert time.monotonic() - begun < 20
    assert "ended, as the watch ends" in caplog.text


@pytest.mark.parametrize("poll", [-1, 0, "nan", "inf"])
def test_a_pause_between_looks_is_a_positive_number(command, tmp_path, poll):
    status, _, err = command("watch", tmp_path, "-o", tmp_path / "r.parquet", "--poll", poll)
    assert status == 2
    assert "poll is" in err


@pytest.mark.parametrize("timeout", [-1, 0, "nan"])
def test_a_limit_of_time_is_a_positive_number(command, frame_file, tmp_path, timeout):
    status, _, err = command("classify", frame_file("a.fits"), "--timeout", timeout)
    assert status == 2
    assert "timeout is" in err
