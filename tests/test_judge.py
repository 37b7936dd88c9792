"""``benchmarks/judge.py``: what is kept, counted and written; the answers themselves are tested elsewhere."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from astroclassify.core import ParameterError

_BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def judge(monkeypatch):
    monkeypatch.syspath_prepend(_BENCHMARKS)
    import judge

    return judge


@pytest.fixture
def tables(judge):
    return judge.judge_tables


def answered(count=40, *, kind="spiral", name="clear", right=1.0, seed=0):
    """Rows as of `judge.answers`: two frames of each body, galaxies and nsc in turn."""
    rng = np.random.default_rng(seed)
    number = np.arange(count)
    is_galaxy = number // 2 % 2 == 0
    correct = rng.random(count) < right
    p_galaxy = np.where(correct == is_galaxy, 0.9, 0.1) + rng.uniform(-0.05, 0.05, count)
    text = {"set": name, "kind": kind, "instrument": "acs-wfc", "band": "F606W full", "label": "galaxy"}
    rows = {key: np.full(count, value, dtype="U40") for key, value in text.items()}
    rows |= {
        "name": np.array([f"{name}-{i}" for i in number]),
        "body": np.array([f"{name} {i // 2}" for i in number]),
    }
    rows |= {"truth": np.where(is_galaxy, "galaxy", "nsc"), "p_galaxy": p_galaxy}
    numbers = ("exptime", "snr", "part", "p_field", "energy", "max_softmax", "mahalanobis")
    return rows | {key: rng.random(count) for key in numbers}


def joined(*parts):
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def cell(listing, row, column=1):
    return next(line[column] for line in listing.rows if line[0] == row)


def test_the_summary_counts_frames_by_what_they_lean_to(tables):
    rows = answered(400, right=0.9)
    rows["label"][:100] = "uncertain"
    listing = tables.summary({"clear": rows})
    right = ((rows["p_galaxy"] > 0.5) == (rows["truth"] == "galaxy")).mean()
    assert cell(listing, "accuracy").startswith(f"{right:.2%} (")
    assert cell(listing, "frames of bodies") == "400 of 200"
    assert cell(listing, "not uncertain").startswith("75.00% (")


def test_accuracy_grows_as_less_is_answered_where_confidence_means_something(tables):
    rows = answered(400, right=0.8, seed=2)
    wrong = (rows["p_galaxy"] > 0.5) != (rows["truth"] == "galaxy")
    rows["p_galaxy"][wrong] = 0.5 + 0.1 * (rows["p_galaxy"][wrong] - 0.5)
    listing = tables.coverage({"clear": rows})
    found = [float(cell(listing, share).partition("%")[0]) for share in ("100%", "90%", "80%", "50%")]
    assert found == sorted(found)
    assert found[0] == pytest.approx(100 * (1 - wrong.mean()), abs=0.01)
    assert found[-1] == 100.0


def test_groups_share_out_all_frames(tables):
    rows = joined(answered(60), answered(40, kind="globular", seed=1))
    assert [line[1] for line in tables.grouped(rows, "clear", "kind").rows[1:]] == ["40 of 20", "60 of 30"]
    by_part = tables.grouped(rows, "clear", "part").rows[1:]
    assert sum(int(line[1].partition(" ")[0]) for line in by_part) == 100


def test_outliers_that_a_score_tells_apart_have_an_area_of_one(tables):
    bodies, dark = answered(60), answered(20, kind="dark", name="outliers")
    comet = answered(20, kind="comet", name="outliers")
    for part in (dark, comet):
        part["truth"][:] = "outlier"
        part["mahalanobis"][:] = np.nan
    dark["energy"] += 2
    (listing,) = [
        each for each in tables.all_tables(joined(bodies, dark, comet)) if each.title.startswith("Outliers")
    ]
    assert listing.rows[0] == ["outliers", "frames", "P(field)", "energy", "1 - max. probability"]
    assert cell(listing, "dark", 3) == "1.000 (0.722 to 1.000)"
    assert cell(listing, "all like trained ones", 3) == "1.000 (0.722 to 1.000)"
    assert 0.2 < float(cell(listing, "all unlike trained ones", 3)[:5]) < 0.8
    assert cell(listing, "all but fields") == "40"


def fields(count=40, *, p_field, label="uncertain"):
    """Rows of a set without bodies; every frame is a field of its own."""
    rows = answered(count, kind="field", name="fields", seed=5)
    rows["truth"][:], rows["label"][:] = "field", label
    return rows | {"body": rows["name"], "p_field": np.broadcast_to(p_field, count).astype(float)}


def test_empty_fields_are_judged_where_nine_tenths_of_the_clear_frames_are_answered(tables):
    clear = answered(100) | {"p_field": np.arange(100) / 1000}
    empty = fields(p_field=np.where(np.arange(40) < 4, 0.0899, 0.0901))
    (listing,) = [
        each for each in tables.all_tables(joined(clear, empty)) if "answered as a body" in each.title
    ]
    line = next(row for row in listing.rows if row[0] == "P(field)")
    # 90% of 100 frames: limit 0.09, the smallest value with at least so many at or below it
    assert line[1:4] == ["91.0%", "0.09", "4"]
    assert line[4].startswith("10.00% (")


def test_that_none_of_few_fields_is_answered_says_little(tables):
    clear = answered(100) | {"p_field": np.arange(100) / 1000}
    line = next(
        row for row in tables.empty(clear, fields(20, p_field=0.9), "fields").rows if row[0] == "P(field)"
    )
    assert line[4] == "0.00% (0.0% to 16.1%)"  # Wilson's upper bound of 0 of 20


def test_empty_fields_count_as_a_body_by_their_label_too(tables):
    clear, empty = answered(100), fields(20, p_field=0.9, label="galaxy")
    (listing,) = [
        each for each in tables.all_tables(joined(clear, empty)) if "answered as a body" in each.title
    ]
    assert listing.rows[1][3] == "20"
    assert int(listing.rows[1][5]) == (empty["p_galaxy"] > 0.5).sum()


def test_a_set_of_empty_fields_has_a_table_of_its_own_only(tables):
    listings = list(tables.all_tables(joined(answered(40), fields(p_field=0.5)), by=["kind"]))
    assert listings[0].rows[0] == ["figure", "clear"]
    assert [each.title for each in listings if "fields" in each.title] == [
        "40 frames of fields answered as a body, where 90% of the clear frames are"
    ]


def test_probabilities_that_are_too_sure_have_a_slope_below_one(tables):
    rng = np.random.default_rng(4)
    true = rng.uniform(0.05, 0.95, 400)
    is_galaxy = rng.random(400) < true
    honest, sure = (tables.slope(p, is_galaxy) for p in (true, true**2 / (true**2 + (1 - true) ** 2)))
    assert honest == pytest.approx(1, abs=0.3)
    assert sure == pytest.approx(honest / 2, abs=0.01)


def test_only_wrong_frames_are_listed_the_surest_first(tables):
    rows = answered(8)
    rows["p_galaxy"][0], rows["p_galaxy"][2] = 0.4, 0.99  # a galaxy, an nsc
    assert [line[0] for line in tables.mistakes(rows, "clear").rows[1:]] == ["clear-2", "clear-0"]


@pytest.mark.parametrize(("style", "rules"), [("rst", 3), ("markdown", 1)])
def test_a_table_is_written_with_columns_of_one_width(tables, style, rules):
    listing = tables.Listing("title", [["a", "figure"], ["longer", "1"]])
    lines = tables.as_text(listing, style).splitlines()[2:]
    assert len(lines) == 2 + rules
    assert any("longer" in line for line in lines)


def frame(judge, name, truth="galaxy"):
    import judge_frames

    image = SimpleNamespace(array=lambda: np.zeros((64, 64), np.float32))
    return judge_frames.JudgedFrame("clear", name, image, f"body of {name}", truth, "spiral")


def test_answers_that_are_kept_are_not_made_again(judge, tmp_path, monkeypatch):
    path, asked = tmp_path / "answers.csv", []

    def answer(model, judged):
        asked.append(judged.name)
        row = {name: getattr(judged, name, 0.25) for name in judge.COLUMNS}
        return row | {"label": "galaxy", "weights": model.sha256}

    monkeypatch.setattr(judge, "answer", answer)
    model = SimpleNamespace(sha256="a" * 64)
    frames = [frame(judge, name) for name in ("one", "two", "three")]
    judge.answers(frames[:2], model, path, progress=False)
    with path.open("a") as file:
        file.write("clear,thr")  # a run that was stopped
    rows = judge.answers(frames, model, path, progress=False)
    assert asked == ["one", "two", "three"]
    assert list(rows["name"]) == asked
    assert rows["p_galaxy"].tolist() == [0.25] * 3
    assert len(path.read_text().splitlines()) == 4
    with pytest.raises(ParameterError, match="other weights"):
        judge.answers(frames, SimpleNamespace(sha256="b" * 64), path, progress=False)


def test_a_frame_is_answered_as_classify_answers_it(judge, tmp_path):
    from astroclassify import classify
    from astroclassify.models import build_model
    from astroclassify.simulate import simulate_exposure

    exposure = simulate_exposure("globular", rng=2, aperture="WFC1A-512", optics=None)
    exposure.write(tmp_path / "frame_raw.fits")
    import judge_frames

    from astroclassify.datasets import LabelledFrame

    labelled = LabelledFrame(tmp_path / "frame_raw.fits", "star cluster", "body")
    judged = judge_frames.JudgedFrame("set", "frame", labelled, "body", "nsc", "globular")
    row, said = judge.answer(build_model("default"), judged), classify(tmp_path / "frame_raw.fits")
    galaxy = said.probability if said.leaning == "galaxy" else 1 - said.probability
    assert row["label"] == said.label
    assert row["p_galaxy"] == pytest.approx(galaxy, abs=1e-6)
    assert set(row) == set(judge.COLUMNS)


def test_bodies_of_photographs_are_chained_by_distance(judge):
    import judge_frames
    from astropy.table import Table

    table = Table({"ra_deg": [10.0, 10.2, 10.4, 50.0], "dec_deg": [0.0, 0.0, 0.0, 0.0]})
    body = judge_frames.bodies_on_the_sky(table)
    assert body[0] == body[1] == body[2] != body[3]
