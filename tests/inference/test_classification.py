"""An answer prints, draws, compares, pickles, is written, and cannot be changed."""

import copy
import dataclasses
import json
import pickle
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData
from astropy.table import QTable
from astropy.wcs import WCS

from astroclassify import classify, classify_many
from astroclassify.core import (
    RENDERERS,
    DuplicateNameError,
    FrameError,
    OptionalDependencyError,
    ParameterError,
    PluginError,
    UnknownNameError,
)
from astroclassify.inference import Classification


@pytest.fixture(scope="module")
def frame():
    """Give a frame on the sky (CCDData)."""
    y, x = np.indices((200, 300))
    pixels = np.random.default_rng(5).normal(100, 5, (200, 300)) + 400 * np.exp(
        -np.hypot(x - 90, y - 60) / 20
    )
    frame = CCDData(pixels.astype("f4"), unit="adu")
    frame.meta.update(ACSOURCE="a <b>frame</b>", ACCHIP=2, ACINSTR="acs-wfc", ACBAND="F606W")
    return frame


@pytest.fixture(scope="module")
def answer(frame):
    """Give what the default model says of it (Classification)."""
    return classify(frame)


@pytest.fixture
def galaxy():
    return Classification("galaxy", 0.9, "galaxy", {"galaxy": 0.81, "nsc": 0.09, "field": 0.1})


@pytest.fixture
def doubt():
    meta = {"reason": "P < 0.6", "source": "<script>alert('x')</script>", "chip": 2}
    return Classification("uncertain", 0.55, "nsc", {"galaxy": 0.45, "nsc": 0.55}, meta=meta)


def test_it_prints_label_and_probabilities(galaxy, doubt):
    assert (
        str(galaxy)
        == "galaxy with probability 0.900 (galaxy 0.810, nebula / star cluster 0.090, field 0.100)"
    )
    assert str(doubt).startswith("uncertain: P < 0.6; nebula / star cluster with probability 0.550")
    assert repr(galaxy) == "<Classification 'galaxy', probability 0.900>"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attributes):
        if tag != "img":
            self.open.append(tag)
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_well_formed_escaped_and_self_contained(doubt):
    html = doubt._repr_html_()
    parser = Tags()
    parser.feed(html)
    assert parser.open == []
    tags = [tag for tag, _ in parser.seen]
    assert not {"script", "link", "img"} & set(tags)
    assert "P &lt; 0.6" in html
    assert "&lt;script&gt;" in html
    assert "http" not in html


def test_html_has_a_bar_as_long_as_each_probability(doubt):
    parser = Tags()
    parser.feed(doubt._repr_html_())
    bars = [a["style"] for tag, a in parser.seen if tag == "div" and "background" in a.get("style", "")]
    assert [int(bar.split("width:")[1].removesuffix("px")) for bar in bars] == [72, 88]


def test_it_is_frozen_and_pickles(galaxy):
    with pytest.raises(dataclasses.FrozenInstanceError):
        galaxy.label = "nsc"
    assert pickle.loads(pickle.dumps(galaxy)) == galaxy


def test_nothing_of_an_answer_can_be_changed(answer):
    for mapping in (answer.meta, answer.probabilities, answer.meta["versions"]):
        with pytest.raises(TypeError):
            mapping["model"] = "another"
    for array in (answer.evidence.data, answer.thumbnail):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


def test_what_an_answer_was_made_of_can_be_changed_without_changing_it():
    meta, evidence = {"versions": {"torch": "2"}}, np.zeros((2, 3), "f4")
    answer = Classification("nsc", 0.8, "nsc", {"galaxy": 0.2, "nsc": 0.8}, evidence, meta=meta)
    meta["versions"]["torch"], evidence[0, 0] = "3", 1
    assert answer.meta["versions"]["torch"] == "2"
    assert answer.evidence.data[0, 0] == 0


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda answer: pickle.loads(pickle.dumps(answer))]
)
def test_a_copy_is_equal_has_the_same_hash_and_is_as_frozen(answer, copied):
    other = copied(answer)
    assert other == answer
    assert hash(other) == hash(answer)
    assert not other.evidence.data.flags.writeable
    with pytest.raises(TypeError):
        other.meta["model"] = "another"


def test_the_same_frame_gives_an_equal_answer_whenever_it_is_made(frame, answer):
    again = classify(frame)
    assert again.meta["seconds"] != answer.meta["seconds"]
    assert again == answer


@pytest.mark.parametrize(
    "changes",
    [
        {"label": "nsc"},
        {"novelty": None},
        {"probabilities": {"galaxy": 1.0}},
        {"evidence": None},
        {"evidence": np.zeros((2, 2))},
        {"thumbnail": None},
        {"meta": {}},
    ],
)
def test_an_answer_that_says_something_else_is_not_equal(answer, changes):
    assert dataclasses.replace(answer, **changes) != answer


def test_an_answer_is_not_equal_to_something_else(galaxy):
    assert galaxy != "galaxy"


def test_p_galaxy_is_galaxy_against_nsc(galaxy, doubt):
    assert galaxy.p_galaxy == 0.9
    assert doubt.p_galaxy == pytest.approx(0.45)


def test_a_map_with_three_axes_is_refused():
    with pytest.raises(FrameError, match=r"two axes.*\(4, 8, 8\)"):
        Classification("nsc", 0.8, "nsc", {"nsc": 0.8}, np.zeros((4, 8, 8)))


def test_its_table_has_the_row_and_columns_of_many(frame, answer):
    one, many = answer.to_table(), classify_many([frame], progress=False)
    assert one.colnames == many.colnames
    assert tuple(one[0]) == tuple(many[0])
    assert one["chip"][0] == 2
    assert one.meta["model"] == many.meta["model"]


def test_its_cards_have_short_names_and_fit(answer):
    header = answer.to_header()
    assert all(len(card.keyword) <= 8 and not card.image.startswith("HIERARCH") for card in header.cards)
    assert (header["ACLABEL"], header["ACPROB"]) == (answer.label, answer.probability)
    assert {header[f"ACCLAS{n}"]: header[f"ACPROB{n}"] for n in (1, 2, 3, 4)} == dict(answer.probabilities)
    assert (header["ACCHIP"], header["ACWEIGHT"]) == (2, answer.meta["weights_sha256"])
    assert fits.Header.fromstring(header.tostring())["ACSOURCE"] == "a <b>frame</b>"


@pytest.mark.parametrize("source", ["/data/a'b/", "/data/night/"], ids=["quotes", "plain"])
def test_a_path_of_any_length_is_kept_without_a_warning(galaxy, tmp_path, source):
    for length in range(len(source), 160):
        path = source.ljust(length, "x")
        header = dataclasses.replace(galaxy, meta={"source": path, "body": path}).to_header()
        assert fits.Header.fromstring(header.tostring())["ACSOURCE"] == path
    assert dataclasses.replace(galaxy, meta={"source": source}).to_header().comments["ACSOURCE"]


def test_what_a_card_cannot_hold_is_replaced_or_left_out(galaxy):
    meta = {"source": "n\u00e9buleuse\n.fits", "reason": "x" * 200, "band": ""}
    header = dataclasses.replace(galaxy, meta=meta, novelty=np.inf).to_header()
    assert header["ACSOURCE"] == "n?buleuse?.fits"
    assert header["ACREASON"] == "x" * 200
    assert not {"ACBAND", "ACNOVEL"} & set(header)


@pytest.mark.parametrize("suffix", [".ecsv", ".csv", ".json", ".fits"])
def test_it_is_written_whole_by_suffix_and_never_over_another(answer, tmp_path, suffix):
    path = tmp_path / f"answer{suffix}"
    answer.write(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    with pytest.raises(ParameterError, match="overwrite=True"):
        answer.write(path)
    answer.write(str(path), overwrite=True)


def test_what_was_written_can_be_read(answer, tmp_path):
    for name in ("a.ecsv", "a.json", "a.fits"):
        answer.write(tmp_path / name)
    table = QTable.read(tmp_path / "a.ecsv")
    assert table["p_galaxy"][0] == answer.p_galaxy
    assert table.meta["versions"] == dict(answer.meta["versions"])
    told = json.loads((tmp_path / "a.json").read_text())
    assert (told["label"], told["meta"]["shape"]) == (answer.label, [200, 300])
    with fits.open(tmp_path / "a.fits") as hdus:
        assert hdus[0].header["ACLABEL"] == answer.label
        assert np.array_equal(hdus["EVIDENCE"].data, answer.evidence.data)


def test_another_suffix_is_refused_before_anything_is_written(galaxy, tmp_path):
    with pytest.raises(ParameterError, match=r"'\.txt'.*\.ecsv, \.csv, \.fits, \.json"):
        galaxy.write(tmp_path / "answer.txt")
    assert not list(tmp_path.iterdir())


def picture(html):
    parser = Tags()
    parser.feed(html)
    (image,) = [attributes for tag, attributes in parser.seen if tag == "img"]
    kind, _, data = image["src"].partition(",")
    assert kind == "data:image/png;base64"
    return b64decode(data)


def test_html_shows_the_frame_small_and_embedded(answer):
    from matplotlib import pyplot as plt
    from PIL import Image

    before = plt.get_fignums()
    html = answer._repr_html_()
    with Image.open(BytesIO(picture(html))) as image:
        assert np.ptp(np.asarray(image.convert("L"))) > 100
        assert max(image.size) <= 400
    assert len(html) < 100_000
    assert "<b>frame" not in html
    assert plt.get_fignums() == before


def test_without_matplotlib_html_is_text_and_plot_says_what_is_missing(answer, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    assert "img" not in answer._repr_html_()
    with pytest.raises(OptionalDependencyError, match=r"astroclassify\[plot\]"):
        answer.plot()


@pytest.mark.parametrize("error", [DuplicateNameError, UnknownNameError, PluginError])
@pytest.mark.parametrize("asked", ["classification", "png"])
def test_without_a_renderer_html_is_text_and_plot_says_why(answer, monkeypatch, error, asked):
    found = type(RENDERERS).__getitem__

    def refused(registry, name):
        if name == asked:
            raise error("two packages declare it")
        return found(registry, name)

    monkeypatch.setattr(type(RENDERERS), "__getitem__", refused)
    assert "img" not in answer._repr_html_()
    if asked == "classification":
        with pytest.raises(error, match="two packages"):
            answer.plot()


def test_an_answer_does_not_keep_its_frame(answer):
    assert max(answer.thumbnail.shape) <= 192
    assert len(pickle.dumps(answer)) < 300_000


def test_it_draws_itself_in_the_pixels_of_the_frame(answer):
    from matplotlib import pyplot as plt

    _, axes = plt.subplots()
    assert answer.plot(axes) is axes
    assert axes.get_images()[0].get_extent() == [-0.5, 299.5, -0.5, 199.5]
    assert axes.collections
    plt.close("all")


@pytest.mark.parametrize(("leaning", "expected"), [("galaxy", 0.75), ("nsc", 0.25)])
def test_the_probability_of_galaxy_is_that_against_nsc_whatever_the_leaning(leaning, expected):
    probabilities = {"galaxy": 0.6, "nsc": 0.2, "field": 0.2}
    assert Classification("uncertain", 0.75, leaning, probabilities).p_galaxy == expected


@pytest.mark.parametrize("part", ["data", "mask", "wcs", "unit", "meta"])
def test_no_part_of_the_evidence_can_be_replaced(answer, part):
    for one in (answer, pickle.loads(pickle.dumps(answer)), copy.deepcopy(answer)):
        with pytest.raises(AttributeError, match="cannot be changed"):
            setattr(one.evidence, part, None)


def test_a_copy_of_the_evidence_can_be_changed(answer):
    own = answer.evidence.copy()
    own.data[0, 0] = 1000
    own.mask = own.data > 0
    assert answer.evidence.data[0, 0] < 1000
    assert answer.evidence.mask is None
    assert answer.evidence.multiply(2).data.flags.writeable


def test_a_map_that_is_given_keeps_its_unit_and_mask_and_its_wcs_is_its_own():
    wcs = WCS(naxis=2)
    given = CCDData(np.zeros((2, 3)), unit="s", mask=np.eye(2, 3, dtype=bool), wcs=wcs)
    evidence = Classification("nsc", 0.8, "nsc", {"galaxy": 0.2, "nsc": 0.8}, given).evidence
    wcs.wcs.crval, given.mask[:] = (5, 5), False
    assert evidence.unit == "s"
    assert evidence.mask.sum() == 2
    assert evidence.wcs.wcs.crval.tolist() == [0, 0]
