"""``datasets report``: what it prints of the published lists, and of two lists that leak."""

import json

import pytest

LISTS = ("LCID_test.csv", "blurry_validation.csv")
COLUMNS = "ID,Instrument,OBSID,Filter,RA,DEC,HDU Index,Label"
M43 = "83.88,-5.27,1,NSC"
M31 = "10.68,41.27,1,galaxy"


@pytest.fixture
def two_lists(tmp_path):
    """Lists that share a body under two names."""
    paths = []
    for name, rows in {
        "train.csv": [f"NGC1982,ACS/WFC,jaaa01abq,F502N,{M43}", f"M31,WFC3/UVIS,iaaa01abq,F606W,{M31}"],
        "test.csv": [f"M43,ACS/WFC,jbbb01abq,F502N,{M43}"],
    }.items():
        paths.append(tmp_path / name)
        paths[-1].write_text("\n".join([COLUMNS, *rows]) + "\n")
    return paths


def test_the_report_on_the_published_lists_says_what_was_found_by_hand(command, shared):
    status, out, err = command(
        "datasets", "report", *(shared / "lcid" / n for n in LISTS), "--accuracy", "0.8909"
    )
    assert (status, err) == (0, "")
    for said in (
        "1595 frames of 875 exposures, 21 bodies, 166 visits",
        "nsc: 743 frames of 7 bodies; NGC346, M16, M5 give 598 (80%)",
        "by Instrument: ACS/WFC: nsc, WFC3/UVIS: galaxy",
        "69.4% to 96.7% if the 21 bodies are independent; 83.4% to 93.0% if the 166 visits",
        "87.5% to 90.5% if the 1595 frames",
        "116 frames of 74 exposures, 16 bodies, 25 visits",
        "blurry_validation.csv: nothing: no body, visit, exposure or frame is in both",
    ):
        assert said in out
    (rule,) = [line for line in out.splitlines() if line.startswith("Instrument  ") and "79.4%" in line]
    assert rule.split()[1:3] == ["79.4%", "79.4%"]


def test_a_shared_body_is_named_once_for_a_pair(command, two_lists):
    status, out, _ = command("datasets", "report", *two_lists)
    assert status == 0
    assert out.count("shared with") == 1
    assert f"shared with {two_lists[1]}: 1 body (M43)" in out


def test_the_report_is_data_too(command, two_lists):
    status, out, _ = command("datasets", "report", *two_lists, "--format", "json", "--accuracy", "0.5")
    first, second = json.loads(out)
    assert status == 0
    assert (first["frames"], second["frames"]) == (2, 1)
    assert first["bodies"][1]["body"] == "NGC1982"
    assert first["bodies"][1]["known as"] == "M43"
    assert first["leakage"][str(two_lists[1])]["level"] == "body"
    assert [row["number"] for row in first["intervals"]] == [2, 2, 2]


def test_a_wrong_row_ends_the_command_with_its_number(command, two_lists):
    two_lists[0].write_text(two_lists[0].read_text().replace("galaxy", "moon"))
    status, out, err = command("datasets", "report", two_lists[0])
    assert status in (1, 2)
    assert out == ""
    assert "train.csv, row 2: the label is 'moon'" in err
