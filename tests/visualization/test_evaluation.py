"""Figures of an evaluation show its numbers; the page holds all of them and needs nothing else."""

import base64
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from matplotlib.colors import to_hex

from astroclassify.core import ParameterError
from astroclassify.datasets import LabelledFrame
from astroclassify.evaluation import evaluate, read_evaluation
from astroclassify.models import build_model
from astroclassify.visualization import (
    evaluation_report,
    plot_accuracy_and_time,
    plot_accuracy_by_body,
    plot_confusion,
    plot_misclassified,
    plot_reliability,
    plot_robustness,
    plot_roc,
)
from astroclassify.visualization._evaluation_style import PALETTE, spread

MODELS = ("first", "second <b>")


@pytest.fixture(scope="module")
def pixels():
    rng = np.random.default_rng(3)
    return {f"frame {number}": rng.normal(100, 5, (80, 120)).astype("float32") for number in range(8)}


@pytest.fixture(scope="module")
def judged(pixels, tmp_path_factory):
    """Two models on noise: half of the frames are wrong, whatever they say."""
    frames = [
        LabelledFrame(array, ("galaxy", "nsc")[number % 2], body=f"body {number // 4}{number % 2}", name=name)
        for number, (name, array) in enumerate(pixels.items())
    ]
    model = build_model("patchnet")
    folder = tmp_path_factory.mktemp("judged")
    return evaluate(dict.fromkeys(MODELS, model), frames, folder, draws=50, progress=False)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_a_confusion_matrix_has_the_counts_and_shares_of_its_model(judged):
    figure = plot_confusion(judged)
    table = judged.tables["confusion"]
    for model, ax in zip(MODELS, figure.axes, strict=True):
        mine = table[table["model"] == model]
        expected = [f"{row[said]}\n{25 * row[said]:.1f}%" for row in mine for said in ("galaxy", "nsc")]
        assert texts(ax) == expected
        assert ax.get_title().startswith(model)


def test_curves_end_in_both_corners_and_the_threshold_is_marked(judged):
    (ax,) = plot_roc(judged).axes
    _, *lines = ax.lines  # the first is chance
    for curve in lines[::2]:
        assert (curve.get_xydata()[0] == 0).all()
        assert (curve.get_xydata()[-1] == 1).all()
    table = judged.tables["confusion"]
    mine = table[table["model"] == "first"]
    (x,), (y,) = lines[1].get_data()
    assert (x, y) == (mine["galaxy"][1] / 4, mine["galaxy"][0] / 4)
    assert any(text.startswith("first  0.") for text in texts(ax))


def test_dots_of_reliability_are_bins_that_have_frames(judged):
    figure = plot_reliability(judged)
    bins = judged.tables["reliability"]
    for model, ax in zip(MODELS, figure.axes, strict=True):
        mine = bins[(bins["model"] == model) & (bins["frames"] > 0)]
        points = ax.collections[-1].get_offsets()
        np.testing.assert_allclose(points, np.column_stack([mine["confidence"], mine["accuracy"]]))
        assert "ECE" in ax.get_title()


def test_bodies_are_on_the_side_of_their_class_the_worst_on_top(judged):
    galaxies, others = plot_accuracy_by_body(judged).axes
    assert {label.get_text() for label in galaxies.get_yticklabels()} == {"body 00 (2)", "body 10 (2)"}
    assert {label.get_text() for label in others.get_yticklabels()} == {"body 01 (2)", "body 11 (2)"}
    mean = galaxies.lines[0].get_xdata()
    assert (np.diff(mean) >= 0).all()


def test_of_many_bodies_those_with_most_errors_are_shown(judged):
    axes = plot_accuracy_by_body(judged, max_bodies=2).axes
    assert [len(ax.get_yticklabels()) for ax in axes] == [1, 1]
    assert axes[0].get_title() == "2 galaxies, the 1 with most errors"
    with pytest.raises(ParameterError, match="max_bodies is 0"):
        plot_accuracy_by_body(judged, max_bodies=0)


def test_models_stand_at_their_time_and_accuracy(judged):
    (ax,) = plot_accuracy_and_time(judged).axes
    points = [tuple(np.ravel(bar.lines[0].get_xydata())) for bar in ax.containers]
    expected = [(row["total_ms"], row["accuracy"]) for row in judged.tables["performance"]]
    np.testing.assert_allclose(points, expected)
    assert texts(ax) == list(MODELS) or texts(ax) == list(reversed(MODELS))


def test_a_model_has_one_colour_in_every_figure(judged):
    figures = plot_roc(judged), plot_accuracy_and_time(judged)
    for figure in figures:
        colours = {text.get_text().split("  ")[0]: text.get_color() for text in figure.axes[0].texts}
        assert [to_hex(colours[model]) for model in MODELS] == list(PALETTE[:2])


def test_names_are_moved_apart_as_little_as_that_takes():
    assert spread([0.1, 0.5, 0.9], 0.2) == pytest.approx([0.1, 0.5, 0.9])
    assert spread([0.5, 0.5, 0.52], 0.1) == pytest.approx([0.5067 - 0.1, 0.5067, 0.5067 + 0.1], abs=1e-3)
    close = spread(np.sort(np.random.default_rng(1).random(30)), 0.05)
    assert (np.diff(close) > 0.05 - 1e-9).all()


# Misclassified frames ----------------------------------------------------------------------------


def test_misclassified_frames_are_shown_with_reason_and_body(judged, pixels):
    table = judged.tables["misclassified"]
    mine = table[table["model"] == "first"]
    figure = plot_misclassified(judged, "first", frames=pixels)
    drawn = [ax for ax in figure.axes if ax.get_images()]
    assert len(drawn) == len(mine) > 0
    reasons = {row["body"]: row["reason"] for row in mine}
    for ax in drawn:
        body = ax.get_title().split("\n")[1].split(":")[0]
        assert reasons[body] in texts(ax)
    assert f"{len(mine)} misclassified" in figure.get_suptitle()


def test_a_list_of_one_class_is_drawn_without_a_warning(judged):
    shown = read_evaluation(judged.folder)
    table = shown.tables["by_body"]
    shown.tables["by_body"] = table[table["truth"] == "galaxy"]
    galaxies, others = plot_accuracy_by_body(shown).axes
    assert galaxies.get_yticklabels()
    assert not others.get_yticklabels()


def test_a_frame_that_is_not_given_is_read_from_its_file(judged, tmp_path):
    file = tmp_path / "listed.fits"
    fits.PrimaryHDU(np.random.default_rng(1).normal(100, 5, (64, 64)).astype("float32")).writeto(file)
    table = judged.tables["misclassified"]
    row = dict(zip(table.colnames, table[0], strict=True)) | {"model": "first", "name": "listed"}
    shown = read_evaluation(judged.folder)
    shown.tables["misclassified"] = Table([row | {"path": str(file), "HDU Index": -1}])
    (drawn,) = [ax for ax in plot_misclassified(shown, "first").axes if ax.get_images()]
    assert drawn.get_images()[0].get_array().shape == (64, 64)


def test_a_frame_that_cannot_be_read_says_why_and_the_others_are_shown(judged, pixels):
    figure = plot_misclassified(judged, "first", frames=dict(list(pixels.items())[:4]))
    without = [ax for ax in figure.axes if not ax.get_images() and ax.texts]
    assert without
    assert all("in memory" in ax.texts[0].get_text() for ax in without)
    assert any(ax.get_images() for ax in figure.axes)


def test_the_reasons_take_turns_and_other_bodies_come_first(judged, pixels):
    table = judged.tables["misclassified"]
    rows = [dict(zip(table.colnames, table[0], strict=True)) | {"model": "first", "name": "frame 0"}] * 5
    about = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "z"), ("b", "x")]
    rows = [row | {"reason": reason, "body": body} for row, (reason, body) in zip(rows, about, strict=True)]
    shown = read_evaluation(judged.folder)
    shown.tables["misclassified"] = Table(rows)
    figure = plot_misclassified(shown, "first", frames=pixels, max_frames=4)
    titles = [ax.get_title().split("\n")[1].split(":")[0] for ax in figure.axes if ax.get_images()]
    assert titles == ["x", "z", "y", "x"]


def test_a_model_that_was_not_asked_has_no_errors_to_show(judged):
    with pytest.raises(ParameterError, match="no model 'third'; it has first"):
        plot_misclassified(judged, "third")


# Robustness --------------------------------------------------------------------------------------


def curves(levels=("0.5", "1", "2"), *, quantity="gain", refused=(0, 0, 0)):
    rows = []
    for model, drop in (("first", 0.05), ("second <b>", 0.1)):
        for place, level in enumerate([levels[1], levels[0], *levels[2:]]):
            value = 0.9 - drop * place
            row = {"model": model, "quantity": quantity, "level": level, "meaning": quantity, "unit": "x"}
            row |= {"reference": place == 0, "frames": 20 - refused[place], "refused": refused[place]}
            row |= {"accuracy": value, "low": value - 0.1, "high": value + 0.05, "bodies": 5}
            row |= {"ece": 0.1, "ece_low": 0.05, "ece_high": 0.2, "change": 0.0}
            rows.append(row | {"change_low": -0.1, "change_high": 0.1})
    return Table(rows)


def test_levels_on_both_sides_of_the_reference_stand_in_their_order():
    above, below = plot_robustness(curves()).axes
    assert [label.get_text() for label in below.get_xticklabels()] == ["0.5", "1", "2"]
    np.testing.assert_allclose(above.lines[0].get_ydata(), [0.85, 0.9, 0.8])
    assert {"first", "second <b>"} <= set(texts(above))


def test_bands_are_marks_without_lines():
    above, below = plot_robustness(curves(("F606W", "own", "F814W"), quantity="band")).axes
    assert [label.get_text() for label in below.get_xticklabels()] == ["own", "F606W", "F814W"]
    assert {line.get_linestyle() for line in above.lines[:2]} == {"None"}


def test_levels_that_miss_frames_say_how_many_there_are():
    above, _ = plot_robustness(curves(refused=(0, 5, 0))).axes
    assert [text for text in texts(above) if text.startswith("n=")] == ["n=15"]


def test_a_level_that_no_frame_reached_leaves_a_gap():
    table = curves(refused=(0, 0, 20))
    for name in ("accuracy", "low", "high", "ece", "ece_low", "ece_high"):
        table[name][table["frames"] == 0] = np.nan
    above, _ = plot_robustness(table).axes
    assert np.isnan(above.lines[0].get_ydata()[-1])
    assert "n=0" in texts(above)


def test_a_quantity_that_was_not_measured_is_refused():
    with pytest.raises(ParameterError, match="no quantity 'dust'; it has gain"):
        plot_robustness(curves(), quantities=["dust"])


# The page ----------------------------------------------------------------------------------------


class Outline(HTMLParser):
    """What a page holds: which tags are open, links, anchors, images, tables."""

    VOID = ("meta", "img", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.images, self.cells = [], [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self.links.append(attributes["href"])
        if tag == "img":
            self.images.append(attributes)
        if tag == "tr":
            self.cells.append(0)
        if tag in ("td", "th"):
            self.cells[-1] += 1

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def report(judged, pixels, tmp_path_factory):
    path = evaluation_report(judged, tmp_path_factory.mktemp("report"), robustness=curves(), frames=pixels)
    return path, path.read_text(encoding="utf-8")


def test_the_page_is_whole_and_its_links_lead_somewhere(report):
    outline = Outline(report[1])
    assert not outline.open
    assert outline.tags.count("h1") == 1
    assert len(outline.links) > 8
    assert {link.removeprefix("#") for link in outline.links} == set(outline.ids)
    assert 'lang="en"' in report[1]


def test_the_page_needs_nothing_from_elsewhere(report):
    outline = Outline(report[1])
    assert not {"script", "link", "iframe"} & set(outline.tags)
    assert "http" not in report[1].replace("http-equiv", "")
    for image in outline.images:
        kind, _, data = image["src"].partition(";base64,")
        assert kind in ("data:image/svg+xml", "data:image/jpeg")
        start = base64.b64decode(data)[:5]
        assert start in (b"<?xml", b"\xff\xd8\xff\xe0\x00")


def test_every_figure_says_what_it_shows_and_lies_beside_the_page(report):
    path, text = report
    outline = Outline(text)
    assert all(len(image["alt"]) > 20 for image in outline.images)
    files = {file.name for file in (path.parent / "figures").iterdir()}
    assert len(files) == 2 * len(outline.images) == 16
    assert {"misclassified_first.png", "misclassified_second-b-.pdf", "robustness.png"} <= files


def test_every_table_of_the_evaluation_is_there_and_told_by_heads(report):
    outline = Outline(report[1])
    assert outline.tags.count("table") == outline.tags.count("caption") == 11
    assert 'scope="col"' in report[1]
    assert 'scope="row"' in report[1]


def test_what_a_model_is_called_cannot_break_the_page(report):
    assert "second <b>" not in report[1]
    assert "second &lt;b&gt;" in report[1]


def test_the_page_says_where_its_numbers_come_from(report, judged):
    weights = build_model("patchnet").sha256
    assert report[1].count(weights) == 2
    assert "8 frames of 4 bodies in 4 visits" in report[1]
    assert "uncertain below" in report[1]


def test_robustness_that_lies_in_the_folder_has_its_section(judged, tmp_path, monkeypatch):
    monkeypatch.setattr("astroclassify.visualization._report_page.Figures.embed", lambda *_, **__: "")
    shown = replace(judged, folder=tmp_path)
    assert 'id="robustness"' not in evaluation_report(shown, tmp_path).read_text(encoding="utf-8")
    curves().write(tmp_path / "robustness.ecsv", format="ascii.ecsv")
    assert 'id="robustness"' in evaluation_report(shown, tmp_path).read_text(encoding="utf-8")
