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
    numbers = ("exptime", "snr", "part", "energy", "max_softmax", "mahalanobis")
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
    assert listing.rows[0] == ["outliers", "frames", "energy", "1 - max. probability"]
    assert cell(listing, "dark", 2) == "1.000 (0.722 to 1.000)"
    assert cell(listing, "all like trained ones", 2) == "1.000 (0.722 to 1.000)"
    assert 0.2 < float(cell(listing, "all unlike trained ones", 2)[:5]) < 0.8
    assert cell(listing, "all but fields") == "40"


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
