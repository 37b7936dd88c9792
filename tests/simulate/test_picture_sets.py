"""Sets of raw frames of labelled pictures: how often each is drawn, and what the truth says."""

from collections import Counter

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image
from scipy import ndimage

from astroclassify.core import ParameterError, ReadError
from astroclassify.simulate import (
    LabelledPicture,
    PicturePlans,
    SimulationConfig,
    labelled_pictures,
    simulate_pictures,
)
from astroclassify.simulate.sets._levels import Setup

CONFIG = SimulationConfig(
    instruments={"wfc3-uvis": 1},
    apertures={"wfc3-uvis": ["UVIS1-C512A-SUB"]},
    bands={"wfc3-uvis": {"F438W": 1, "F814W": 1}},
    optics="typical",
    frames_per_body=2,
)


def picture(number, *, filled=False):
    """A body on black, or one that fills the picture."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    light = np.exp(-((y / 0.3) ** 2) - (x / rng.uniform(0.1, 0.3)) ** 2)
    if filled:
        light = 0.2 + 0.8 * ndimage.zoom(rng.random((12, 12)), 8, order=1)
    return np.round(255 * np.sqrt(np.stack([light, light, light], axis=-1))).astype(np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Two sources: one with both classes, one with nebulae only."""
    rows = ["file,body,label,kind,source"]
    for number in range(8):
        Image.fromarray(picture(number, filled=number % 3 == 0)).save(tmp_path / f"{number}.png")
        label, kind = (
            ("galaxy", "spiral") if number < 2 else ("nsc", "nebula" if number % 2 else "star cluster")
        )
        source = "by A via github a/pictures (web)" if number < 6 else "github b/others; more"
        rows.append(f"{number}.png,B{number // 2 if number > 3 else number},{label},{kind},{source}")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_a_folder_is_listed_with_fine_classes_and_sources(folder):
    pictures = labelled_pictures(folder)
    assert [p.label for p in pictures[:4]] == ["galaxy", "galaxy", "star cluster", "nebula"]
    assert {p.source for p in pictures} == {"a/pictures", "b/others"}
    assert pictures[4].body == pictures[5].body == "B2"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (None, ReadError, "cannot be read"),
        ("file,body\na.png,a\n", ReadError, "no column label"),
        ("file,body,label\na.png,a,star\n", ParameterError, "the label is 'star'"),
        ("file,body,label\n", ReadError, "no row below the columns"),
        ("file,body,label\na.png,a,nsc\nb.png,b\n", ReadError, "row 2 has no label"),
        ("file,body,label\n,a,nsc\n", ReadError, "row 1 has no file"),
    ],
)
def test_a_table_that_says_too_little_is_refused(tmp_path, text, error, message):
    if text:
        (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(error, match=message):
        labelled_pictures(tmp_path)


def test_a_table_of_a_spreadsheet_may_begin_with_a_mark(tmp_path):
    (tmp_path / "labels.csv").write_text("file,body,label\na.png,a,nsc\n", encoding="utf-8-sig")
    assert labelled_pictures(tmp_path)[0].body == "a"


def test_classes_are_balanced_within_a_source_and_bodies_within_a_class():
    pictures = tuple(
        LabelledPicture(f"{n}", body, label, source)
        for n, (body, label, source) in enumerate(
            [
                *[("g1", "galaxy", "a"), ("g1", "galaxy", "a"), ("g2", "galaxy", "a"), ("n1", "nebula", "a")],
                *[("n2", "nebula", "b"), ("g3", "galaxy", "c"), ("c1", "star cluster", "c")],
            ]
        )
    )
    shares = PicturePlans(pictures, CONFIG, 1, 1).shares
    assert shares.sum() == pytest.approx(1)
    assert shares[:3].sum() == pytest.approx(shares[3])
    assert shares[0] + shares[1] == pytest.approx(shares[2])
    assert shares[5] == pytest.approx(shares[6])
    assert shares[4] == pytest.approx(0.15)  # a source of one class
    drawn = Counter(PicturePlans(pictures, CONFIG, 3, 4000).picture(2 * n).path for n in range(2000))
    assert [drawn[str(n)] / 2000 for n in range(7)] == pytest.approx(list(shares), abs=0.04)


def test_a_set_has_its_manifest_and_the_pictures_in_its_truth(folder, tmp_path):
    made = simulate_pictures(folder, tmp_path / "set", count=4, seed=5, config=CONFIG)
    assert not len(made.failures)
    assert len(made.manifest) == 4
    truth = made.truth
    assert set(truth["kind"]) == {"picture"}
    assert all(str(name).startswith(str(folder)) for name in truth["body_name"])
    assert all(len(str(value)) == 64 for value in truth["body_sha256"])
    assert set(made.manifest["Label"]) <= {"galaxy", "nsc"}
    again = simulate_pictures(folder, tmp_path / "again", count=4, seed=5, config=CONFIG)
    for name in made.truth["OBSID"]:
        one, other = (f.folder / f"{name}_raw.fits" for f in (made, again))
        assert one.read_bytes() == other.read_bytes()
    assert simulate_pictures(folder, tmp_path / "set", count=4, seed=5, config=CONFIG).kept == 4


def test_no_card_but_history_names_the_picture_or_its_class(folder, tmp_path):
    made = simulate_pictures(folder, tmp_path / "set", count=2, seed=5, config=CONFIG)
    for name in made.truth["OBSID"]:
        header = fits.getheader(made.folder / f"{name}_raw.fits")
        del header["HISTORY"]
        text = header.tostring().lower()
        assert not any(word in text for word in (".png", "galaxy", "nebula", "cluster", "picture", "spiral"))


def test_everything_but_the_body_is_the_same_whatever_the_pictures_show(folder):
    pictures = labelled_pictures(folder)
    one, other = (PicturePlans(part, CONFIG, 4, 8) for part in (pictures[:2], pictures[5:6]))
    for index in range(3):
        galaxy, nebula = one.plan(index), other.plan(index)
        assert (galaxy.label, nebula.label) == ("galaxy", "nsc")
        for name in ("instrument", "aperture", "band", "exptime", "sky", "effects", "optics", "expstart"):
            assert getattr(galaxy, name) == getattr(nebula, name)
        assert galaxy.rootname == nebula.rootname
        assert galaxy.body.extinction == nebula.body.extinction


def test_the_level_of_a_first_frame_is_drawn_and_says_nothing_of_the_class(folder):
    plans = PicturePlans(labelled_pictures(folder), CONFIG, 8, 80)
    for index in range(0, 8, 2):
        plan = plans.plan(index)
        setup = Setup(plan.instrument, plan.band, plan.aperture, plan.effects.flat_field)
        level = setup.level(plan.body, plan.view)
        assert 0.99 * setup.rate(24.5) < level < 1.01 * setup.rate(20.0)


def test_a_piece_of_something_larger_fills_the_frame(folder):
    plans = PicturePlans(labelled_pictures(folder)[:1], CONFIG, 8, 8)
    plan = plans.plan(2)
    corners = plan.view.to_body(np.array([0, 0, 511, 511]), np.array([0, 511, 0, 511]))
    assert np.abs(corners).max() < 1.05


def test_pictures_can_be_taken_in_turn(folder):
    pictures = labelled_pictures(folder)
    plans = PicturePlans(pictures, CONFIG, 1, 16, each=True)
    assert [plans.picture(index) for index in range(0, 16, 2)] == list(pictures)
    assert plans.body(0) == plans.body(1)
    assert plans.body(8) == plans.body(10)  # two pictures of one body


def test_what_cannot_be_planned_is_refused(folder):
    with pytest.raises(ParameterError, match="no pictures"):
        PicturePlans((), CONFIG, 1, 1)
    with pytest.raises(ParameterError, match="blurry is True"):
        PicturePlans(labelled_pictures(folder), SimulationConfig(blurry=True), 1, 1)


def test_the_command_makes_a_set_of_pictures(folder, tmp_path):
    from astroclassify.cli import main

    CONFIG.write(tmp_path / "config.toml")
    asked = [
        "simulate",
        "-o",
        str(tmp_path / "set"),
        "--pictures",
        str(folder),
        "--count",
        "1",
        "--seed",
        "2",
    ]
    assert main([*asked, "--config", str(tmp_path / "config.toml"), "--no-progress"]) == 0
    assert len(Table.read(tmp_path / "set" / "manifest.ecsv")) == 1
