"""The evaluation from files to tables: what is kept, what goes on, what is refused."""

import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from astroclassify import classify, evaluation
from astroclassify.core import AstroclassifyWarning, ParameterError, ReadError, RunFolder
from astroclassify.datasets import LabelledFrame, build_set
from astroclassify.evaluation import read_evaluation, summary_text
from astroclassify.io import write_raw

from .conftest import made_list

evaluate = partial(evaluation.evaluate, draws=50)


def as_text(table):
    return table.pformat(max_lines=-1, max_width=-1)


def contents(folder):
    """Every table of a finished evaluation as text, without times and places."""
    texts = {}
    for path in [folder / "answers.ecsv", *sorted((folder / "tables").glob("*.ecsv"))]:
        table = Table.read(path)
        table.remove_columns([name for name in table.colnames if "_ms" in name or name == "path"])
        texts[path.name] = as_text(table)
    return texts


def test_answers_are_those_of_classify(listed, brightness, tmp_path):
    model = brightness()
    found = evaluate(model, listed, tmp_path / "out")
    assert len(found.answers) == 12
    for row in found.answers:
        answer = classify(row["path"], model=model)
        assert row["label"] == answer.label
        assert row["leaning"] == answer.leaning
        assert row["probability"] == answer.probability
    np.testing.assert_array_less(0, found.answers["classify_ms"])


@pytest.mark.parametrize(("use", "said"), [("learnt", "learnt from"), ("calibrated", "was calibrated on")])
def test_a_model_that_knows_the_bodies_is_evaluated_with_a_warning(listed, brightness, tmp_path, use, said):
    model = replace(brightness(), card={"bodies": {use: ["BODY-2", "another"]}})
    with pytest.warns(AstroclassifyWarning, match=rf"{said} 1 of the 6 bodies .*\(body 2\)"):
        evaluate(model, listed, tmp_path / "out")


def test_rows_tell_what_the_list_tells(listed, brightness, tmp_path):
    row = evaluate(brightness(), listed, tmp_path / "out").answers[4]
    assert [row[name] for name in ("OBSID", "body", "visit", "Instrument", "Filter", "truth")] == [
        *("izz00204q", "body 2", "body 2 izz002", "WFC3/UVIS", "F606W", "galaxy")
    ]


def test_the_folder_of_a_simulated_set_will_do(listed, brightness, tmp_path):
    by_list = evaluate(brightness(), listed, tmp_path / "by_list")
    listed.rename(listed.with_name("manifest.ecsv"))
    by_folder = evaluate(brightness(), listed.parent, tmp_path / "by_folder")
    assert by_folder.answers["name"].tolist() == by_list.answers["name"].tolist()


def test_what_is_read_again_is_what_was_written(listed, brightness, tmp_path):
    found = evaluate([brightness(), brightness("other", above=1.0)], listed, tmp_path / "out")
    again = read_evaluation(tmp_path / "out")
    assert again.models == found.models == ("brightness", "other")
    assert set(again.tables) == set(found.tables)
    assert (again.answers["error"] == "").all()
    for name, table in found.tables.items():
        assert as_text(again.tables[name]) == as_text(table)
    assert len(again.of("other")) == 12


def test_a_second_run_answers_nothing_and_writes_the_same_bytes(listed, brightness, tmp_path):
    model, folder = brightness(), tmp_path / "out"
    evaluate(model, listed, folder)
    files = [folder / "answers.ecsv", *(folder / "tables").iterdir(), *(folder / "answers").iterdir()]
    before, seen = {path: path.read_bytes() for path in files}, model.module.seen
    evaluate(model, listed, folder)
    assert model.module.seen == seen
    assert {path: path.read_bytes() for path in files} == before


def test_every_frame_is_seen_once_and_the_first_once_more_for_warming_up(listed, brightness, tmp_path):
    models = [brightness(), brightness("other")]
    evaluate(models, listed, tmp_path / "out")
    assert [model.module.seen for model in models] == [13, 13]


def test_a_killed_evaluation_goes_on_to_the_same_tables(tmp_path):
    listed = made_list(tmp_path / "frames", 24)
    code = f"""
        import time
        from astroclassify.datasets import LabelledFrame
        from astroclassify.evaluation import evaluate

        read = LabelledFrame.array

        def slowly(self):
            time.sleep(0.1)
            return read(self)

        LabelledFrame.array = slowly
        evaluate("patchnet", {str(listed)!r}, {str(tmp_path / "out")!r}, precision="float32", device="cpu")
    """
    worker = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])
    kept = tmp_path / "out" / "answers" / "patchnet.csv"
    while worker.poll() is None and (not kept.exists() or kept.read_bytes().count(b"\n") < 6):
        time.sleep(0.01)
    worker.kill()  # SIGKILL
    worker.wait()
    there = kept.read_bytes()
    answered = there.count(b"\n") - 1
    assert 5 <= answered < 24
    kept.write_bytes(there + b"jzz00")  # and in the middle of a line
    for folder in ("out", "at once"):
        evaluate("patchnet", listed, tmp_path / folder, device="cpu", precision="float32")
    assert kept.read_bytes().startswith(there)  # nothing is answered twice
    at_once = Table.read(tmp_path / "at once" / "answers" / "patchnet.csv")
    assert Table.read(kept)["name"].tolist() == at_once["name"].tolist()  # every line is whole
    assert contents(tmp_path / "out") == contents(tmp_path / "at once")


def test_a_folder_in_which_another_process_evaluates_is_refused(listed, brightness, tmp_path):
    with RunFolder(tmp_path), pytest.raises(ParameterError, match="another process is at work"):
        evaluate(brightness(), listed, tmp_path)


def test_answers_of_other_weights_are_refused(listed, brightness, tmp_path):
    evaluate(brightness(), listed, tmp_path / "out")
    with pytest.raises(ParameterError, match=r"its weights is '0000.*not '1111.*another folder"):
        evaluate(brightness(sha256="1" * 64), listed, tmp_path / "out")


def test_answers_to_other_pixels_are_refused(listed, brightness, tmp_path):
    evaluate(brightness(), listed, tmp_path / "out")
    image = np.zeros((64, 96), "float32")
    fits.PrimaryHDU(image).writeto(listed.parent / "jzz00000q_raw.fits", overwrite=True)
    with pytest.raises(ParameterError, match="jzz00000q that was made from other pixels"):
        evaluate(brightness(), listed, tmp_path / "out")


def test_a_label_that_was_put_right_needs_no_new_answer(listed, brightness, tmp_path):
    model = brightness()
    before = evaluate(model, listed, tmp_path / "out").tables["performance"]["accuracy"][0]
    table, seen = Table.read(listed), model.module.seen
    table["Label"] = np.where(table["Label"] == "nsc", "galaxy", "nsc")
    table.write(listed, overwrite=True)
    after = evaluate(model, listed, tmp_path / "out").tables["performance"]["accuracy"][0]
    assert after == pytest.approx(1 - before)
    assert model.module.seen == seen


def test_a_broken_file_is_a_row_with_an_error_and_is_tried_again(listed, brightness, tmp_path):
    broken = listed.parent / "jzz00101q_raw.fits"
    path = next(listed.parent.glob("*03q_raw.fits"))
    whole = path.read_bytes()
    path.write_bytes(whole[:2000])
    found = evaluate(brightness(), listed, tmp_path / "out")
    assert not broken.exists()
    assert ["ReadError" in error for error in found.answers["error"]].count(True) == 1
    assert found.answers["error"][3]
    assert found.tables["performance"]["failed"][0] == 1
    assert found.tables["performance"]["frames"][0] == 11
    path.write_bytes(whole)
    found = evaluate(brightness(), listed, tmp_path / "out")
    assert (found.answers["error"] == "").all()
    assert found.tables["performance"]["frames"][0] == 12


def test_a_network_that_fails_does_not_stop_the_others(listed, brightness, tmp_path):
    found = evaluate([brightness("bad", broken=True), brightness()], listed, tmp_path / "out")
    assert (found.of("bad")["error"] == "PluginError: the model 'bad' failed on an array of the shape "
            "(1, 1, 64, 96): RuntimeError: two lines of trouble").all()  # fmt: skip
    assert found.tables["performance"]["failed"].tolist() == [12, 0]
    assert np.isnan(found.tables["performance"]["accuracy"][0])


def test_without_timing_answers_are_the_same_and_times_are_unknown(listed, brightness, tmp_path):
    timed = evaluate(brightness(), listed, tmp_path / "timed")
    ahead = evaluate(brightness(), listed, tmp_path / "ahead", timing=False)
    assert ahead.answers["p_galaxy"].tolist() == timed.answers["p_galaxy"].tolist()
    assert np.isnan(ahead.tables["performance"]["total_ms"][0])


def test_a_limit_takes_frames_from_all_along_the_list_and_can_be_lifted(listed, brightness, tmp_path):
    model = brightness()
    few = evaluate(model, listed, tmp_path / "out", max_frames=4)
    assert few.answers["body"].tolist() == ["body 0", "body 1", "body 3", "body 4"]
    assert len(evaluate(model, listed, tmp_path / "out").answers) == 12
    assert model.module.seen == 12 + 2


def test_a_row_that_is_listed_twice_counts_twice(listed, brightness, tmp_path):
    table = Table.read(listed)
    table.add_row(table[0])
    table.write(listed, overwrite=True)
    model = brightness()
    found = evaluate(model, listed, tmp_path / "out")
    assert len(found.answers) == 13
    assert model.module.seen == 13


def test_frames_in_memory_can_be_evaluated(brightness, tmp_path):
    frames = [LabelledFrame(np.full((32, 48), value, "float32"), label, f"body {value}") for value, label in
              ((1, "galaxy"), (-1, "nebula"), (2, "star cluster"), (3, "field"))]  # fmt: skip
    found = evaluate({"mine": brightness()}, frames, tmp_path / "out")
    assert found.models == ("mine",)
    assert found.answers["truth"].tolist() == ["galaxy", "nsc", "nsc", "field"]
    assert found.tables["performance"]["frames"][0] == 3  # a field is answered, and not scored
    assert found.tables["performance"]["accuracy"][0] == pytest.approx(2 / 3)


def test_a_set_on_disk_can_be_evaluated(brightness, tmp_path):
    table = Table({"ID": ["M31"], "OBSID": ["jzz00001q"], "HDU Index": [1], "Label": ["galaxy"]})
    counts = np.full((2068, 4144), 500, np.uint16)
    write_raw(
        tmp_path / "jzz00001q_raw.fits",
        {1: counts, 2: counts},
        instrument="acs-wfc",
        band="F814W",
        exptime=10,
    )
    build_set(table, tmp_path / "set", variant="lcid-resize", frame_dir=tmp_path)
    (row,) = evaluate(brightness(), tmp_path / "set", tmp_path / "out").answers
    assert not row["error"]
    assert (row["name"], row["planes"], row["path"]) == ("jzz00001q[1]", "1x224x448", f"{tmp_path / 'set'}#0")


def test_a_list_may_have_an_address(listed, brightness, tmp_path):
    found = evaluate(brightness(), listed.as_uri(), tmp_path / "out", frame_dir=listed.parent)
    assert len(found.answers) == 12


def test_two_models_of_one_name_need_labels(listed, brightness, tmp_path):
    with pytest.raises(ParameterError, match="LABEL=NAME=weights"):
        evaluate([brightness(), brightness(above=1.0)], listed, tmp_path / "out")
    found = evaluate({"a": brightness(), "b": brightness(above=1.0)}, listed, tmp_path / "out")
    assert found.models == ("a", "b")


@pytest.mark.parametrize(("models", "options"), [([], {}), (["patchnet"], {"max_frames": 0})])
def test_nothing_to_do_is_refused(listed, tmp_path, models, options):
    with pytest.raises(ParameterError, match=r"expected at least 1|at least one"):
        evaluate(models, listed, tmp_path / "out", **options)


def test_a_folder_without_an_evaluation_says_how_to_make_one(tmp_path):
    with pytest.raises(ReadError, match="astroclassify evaluate"):
        read_evaluation(tmp_path)


def test_the_text_has_a_line_for_each_model_and_fair_rule(listed, brightness, tmp_path):
    text = summary_text(evaluate([brightness(), brightness("other")], listed, tmp_path / "out"))
    heads = [line.split("  ")[0] for line in text.splitlines()]
    assert heads[:3] == ["model", "brightness", "other"]
    assert "instrument, learnt on these frames" in heads
    assert "band, learnt on these frames" not in heads
