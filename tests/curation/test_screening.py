"""Screening: a model's word, a person's word above it, and nothing lost in between."""

import base64
import io
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from astropy.io import fits
from astropy.table import Table
from PIL import Image

from astroclassify.core import ParameterError, ReadError, RunFolder
from astroclassify.curation import _screening, apply_overrules, contact_sheet, read_screened, screen_frames
from astroclassify.curation._contact_sheet import thumbnail
from astroclassify.datasets import labelled_frames
from astroclassify.models import Calibration, Model, ModelSpec


class Brightness(torch.nn.Module):
    """Frames of less than 100 are fields, and of more than 900 unlike anything."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, planes):
        mean = planes.mean(dim=(1, 2, 3))
        self.seen += mean.round().int().tolist()
        strange = torch.where(mean > 900, -20.0, 0.0)
        return torch.stack([mean * 0 + strange, mean * 0 - 1 + strange, (100 - mean) / 20 + strange], dim=1)


@pytest.fixture
def model():
    spec = ModelSpec(
        name="test-brightness",
        description="Dark frames are fields",
        builder="tests.datasets.test_screening:Brightness",
        preprocessing="astroclassify.preprocess:counts_planes",
        preprocessing_options={"height": 16, "width": 32},
        classes=("galaxy", "nsc", "field"),
    )
    calibration = Calibration(novelty_above=10.0, novelty_score="energy")
    return Model(spec, Brightness(), {}, calibration, "f" * 64, "cpu")


def write_frame(folder, name, brightness):
    image = np.full((64, 128), brightness, "f4")
    image[:4, :6] += 50  # a corner, to see which way up it is shown
    fits.PrimaryHDU(image, fits.Header({"EXPTIME": 340.0})).writeto(folder / f"{name}.fits", overwrite=True)


@pytest.fixture
def manifest(tmp_path):
    """A list of five frames, of which one is dark, one strange, and one not there."""
    rows = []
    for number, brightness in enumerate((300, 40, 200, 2000)):
        write_frame(tmp_path, f"frame{number}", brightness)
        rows.append((f"body <{number}>", f"frame{number}", "F606W", "galaxy"))
    rows.append(("body 4", "frame4", "F606W", "nsc"))
    Table(rows=rows, names=("ID", "OBSID", "Filter", "Label")).write(tmp_path / "list.csv")
    return tmp_path / "list.csv"


def test_a_frame_is_dropped_for_a_reason_that_is_said(manifest, model):
    with torch.inference_mode():
        screened = screen_frames(manifest, model=model)
    assert screened["Keep"].tolist() == [True, False, True, False, False]
    reasons = screened["Reason"].tolist()
    assert reasons[0] == reasons[2] == ""
    assert "perhaps a field without a body: its probability 0.9" in reasons[1]
    assert "novelty 19.69 is above 10" in reasons[3]
    assert "cannot be read: " in reasons[4]
    assert "frame4" in reasons[4]
    assert screened["Exposure"][0] == 340
    assert np.isnan(screened["p_class_field"][4])
    # the label contradicts what the model takes these for, and that decides nothing
    assert set(screened["Leaning"][:4]) == {"galaxy"}


def test_a_table_on_which_another_process_is_at_work_is_refused(manifest, model, tmp_path):
    with (
        RunFolder(tmp_path, name="screened.ecsv"),
        pytest.raises(ParameterError, match="another process is at work"),
    ):
        screen_frames(manifest, model=model, output=tmp_path / "screened.ecsv")


def test_another_limit_takes_no_second_look(manifest, model, tmp_path):
    output = tmp_path / "out" / "screened.ecsv"
    assert screen_frames(manifest, model=model, output=output)["Keep"].sum() == 2
    write_frame(manifest.parent, "frame4", 500)
    model.module.seen.clear()
    lenient = screen_frames(manifest, model=model, output=output, threshold=1.0)
    assert model.module.seen == [500]  # what could not be read is tried again
    assert lenient["Keep"].tolist() == [True, True, True, False, True]
    assert sorted(path.name for path in output.parent.iterdir()) == [".screened.ecsv.lock", "screened.ecsv"]
    again = read_screened(output)
    assert again["Reason"].tolist() == lenient["Reason"].tolist()
    assert again.meta["screening"]["threshold"] == 1.0


def test_other_weights_and_changed_files_take_a_second_look(manifest, model, tmp_path):
    output = tmp_path / "screened.ecsv"
    screen_frames(manifest, model=model, output=output)
    write_frame(manifest.parent, "frame1", 555)
    model.module.seen.clear()
    assert screen_frames(manifest, model=model, output=output)["Keep"][1]
    assert model.module.seen == [555]
    other = Model(model.spec, Brightness(), {}, model.calibration, "0" * 64, "cpu")
    screen_frames(manifest, model=other, output=output)
    assert len(other.module.seen) == 4


def test_a_screening_that_was_stopped_goes_on_where_it_was(manifest, model, tmp_path, monkeypatch):
    output = tmp_path / "screened.ecsv"
    answer, left = _screening._answer, [2]

    def dying(*arguments):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return answer(*arguments)

    monkeypatch.setattr(_screening, "_answer", dying)
    with pytest.raises(KeyboardInterrupt):
        screen_frames(manifest, model=model, output=output)
    with output.with_name("screened.ecsv.journal").open("a") as journal:
        journal.write('{"weights": "ff')  # a line that a kill cut short
    monkeypatch.undo()
    model.module.seen.clear()
    screened = screen_frames(manifest, model=model, output=output)
    assert len(model.module.seen) == 2
    assert screened.pformat() == screen_frames(manifest, model=model).pformat()


def test_what_cannot_be_screened_is_refused(manifest, model):
    with pytest.raises(ParameterError, match="threshold is 2"):
        screen_frames(manifest, model=model, threshold=2)
    spec = ModelSpec(
        name="two",
        description="No field",
        builder="tests.datasets.test_screening:Brightness",
        preprocessing="astroclassify.preprocess:counts_planes",
        classes=("galaxy", "nsc"),
    )
    with pytest.raises(ParameterError, match="no class 'field', only galaxy, nsc"):
        screen_frames(manifest, model=Model(spec, Brightness(), {}, Calibration(), "0" * 64, "cpu"))


# A person's word -----------------------------------------------------------------------------


@pytest.fixture
def screened(manifest, model):
    return screen_frames(manifest, model=model)


def test_a_person_s_word_is_above_the_model_s_and_the_rest_is_a_manifest(screened, manifest, tmp_path):
    (tmp_path / "list.overrules.csv").write_text("OBSID,Decision\nframe1,keep\nframe2,drop\n")
    final = apply_overrules(screened, tmp_path / "list.overrules.csv")
    assert final["OBSID"].tolist() == ["frame0", "frame1"]
    assert final["Decided By"].tolist() == ["model", "person"]
    frames = labelled_frames(final, frame_dir=manifest.parent)
    assert [frame.body for frame in frames] == ["body <0>", "body <1>"]
    assert apply_overrules(screened)["OBSID"].tolist() == ["frame0", "frame2"]
    (tmp_path / "none.csv").write_text("OBSID,Decision\n")  # saved before anything was decided
    assert apply_overrules(screened, tmp_path / "none.csv")["OBSID"].tolist() == ["frame0", "frame2"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("OBSID,Decision\nframe1,keep\nframe2,maybe\n", r"row 2: the decision on frame2 is 'maybe'"),
        ("OBSID,Decision\nframe9,keep\n", "row 1: frame9 is not in the list"),
        ("OBSID,Decision\nframe1,keep\nframe1,drop\n", "row 2: frame1 was decided otherwise before"),
        ("OBSID,What\nframe1,keep\n", "no column 'Decision'; expected OBSID, Decision; found OBSID, What"),
    ],
)
def test_decisions_that_cannot_be_followed_are_refused_by_row(screened, tmp_path, rows, message):
    (tmp_path / "list.overrules.csv").write_text(rows)
    with pytest.raises(ReadError, match=message):
        apply_overrules(screened, tmp_path / "list.overrules.csv")


def test_decisions_tell_the_chips_of_a_file_apart(screened, tmp_path):
    screened["HDU Index"] = [1, 4, 1, 4, 1]
    screened["OBSID"] = ["frame0", "frame0", "frame2", "frame2", "frame4"]
    path = tmp_path / "overrules.csv"
    path.write_text("OBSID,HDU Index,Decision\nframe0,4,keep\nframe2,1,drop\n")
    kept = apply_overrules(screened, path)
    assert list(zip(kept["OBSID"], kept["HDU Index"], strict=True)) == [("frame0", 1), ("frame0", 4)]
    path.write_text("OBSID,HDU Index,Decision\nframe0,four,keep\n")
    with pytest.raises(ReadError, match="row 1: the HDU Index is 'four'"):
        apply_overrules(screened, path)


# The page ------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What is on a page, and whether every element that is opened is closed."""

    VOID = ("meta", "input", "img", "br", "link")

    def __init__(self, text):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(screened, manifest, tmp_path):
    path = contact_sheet(screened, tmp_path / "list.html", frame_dir=manifest.parent, width=64)
    return Page(path.read_text(encoding="utf-8"))


def test_the_page_shows_every_frame_the_doubtful_first_and_names_what_it_shows(page):
    items = page.all("li")
    assert [item["data-obsid"] for item in items] == ["frame4", "frame1", "frame2", "frame0", "frame3"]
    assert [item["class"] for item in items] == ["drop", "drop", "keep", "keep", "drop"]
    assert items[1]["data-body"] == "body <1>"  # escaped on the page
    alternatives = [image["alt"] for image in page.all("img")]
    assert alternatives[0] == "Picture of body <1>, galaxy, F606W, 340 s"
    assert len(alternatives) == 4  # one cannot be read


def test_the_page_loads_nothing(page):
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert not page.all("link")
    assert all(image["src"].startswith("data:image/jpeg;base64,") for image in page.all("img"))
    assert not any("src" in script for script in page.all("script"))


def test_every_frame_has_three_states_that_a_keyboard_reaches(page):
    buttons = page.all("input")
    assert len(page.all("fieldset")) == len(page.all("legend")) == 5
    by_frame = {}
    for button in buttons:
        assert button["type"] == "radio"
        by_frame.setdefault(button["name"], []).append(button)
    assert len(by_frame) == 5
    for group in by_frame.values():
        assert [button["value"] for button in group] == ["", "keep", "drop"]
        assert sum("checked" in button for button in group) == 1


def test_the_page_starts_from_decisions_that_were_saved(screened, manifest, tmp_path):
    (tmp_path / "old.csv").write_text("OBSID,Decision\nframe1,keep\n")
    path = contact_sheet(
        screened, tmp_path / "list.html", frame_dir=manifest.parent, overrules=tmp_path / "old.csv", width=64
    )
    page = Page(path.read_text(encoding="utf-8"))
    assert [item["class"] for item in page.all("li")][:2] == ["drop", "keep"]
    assert [button["value"] for button in page.all("input") if "checked" in button][:2] == ["", "keep"]


def test_pictures_are_small_the_right_way_up_and_never_enlarged(page, manifest):
    picture = page.all("img")[0]
    image = Image.open(io.BytesIO(base64.b64decode(picture["src"].partition(",")[2])))
    assert image.size == (64, 32) == (int(picture["width"]), int(picture["height"]))
    pixels = np.asarray(image, float)
    assert pixels[-1, 0] > pixels[0, 0] + 50  # the bright corner is row 0 of the frame: at the bottom
    assert thumbnail(np.eye(20, 30, dtype=np.float32), 320).size == (30, 20)
    assert thumbnail(np.full((20, 30), np.nan, np.float32), 320).size == (30, 20)


def test_a_sheet_that_cannot_be_made_is_refused(screened, manifest, tmp_path):
    with pytest.raises(ParameterError, match="width is 3"):
        contact_sheet(screened, tmp_path / "list.html", frame_dir=manifest.parent, width=3)
    with pytest.raises(ParameterError, match="no column 'Keep'"):
        contact_sheet(Table.read(manifest), tmp_path / "list.html", frame_dir=manifest.parent)
    assert not (tmp_path / "list.html").exists()


def test_the_file_name_on_the_page_cannot_end_its_script(screened, manifest, tmp_path):
    path = contact_sheet(screened, tmp_path / "a<script>.html", frame_dir=manifest.parent, width=64)
    text = path.read_text(encoding="utf-8")
    assert r'link.download = "a\u003cscript\u003e.overrules.csv"' in text
