"""``astroclassify detect`` writes pictures, tables, regions and annotations, and says what it found."""

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image

from astroclassify.cli import main
from astroclassify.detect import Detections

ASKED = ["--method", "segmentation", "--option", "sigma=5", "--option", "least=0"]


@pytest.fixture
def folder(tmp_path):
    """A FITS file with a blob, a picture with one, and a file that is no image."""
    y, x = np.indices((120, 160))
    glow = 100 * np.exp(-((x - 60) ** 2 + (y - 50) ** 2) / 200)
    noise = np.random.default_rng(1).normal(0, 2, (120, 160))
    fits.writeto(tmp_path / "one.fits", (100 + glow + noise).astype(np.float32))
    picture = np.clip(20 + glow + noise, 0, 255).astype(np.uint8)[::-1]
    Image.fromarray(np.stack([picture] * 3, axis=-1)).save(tmp_path / "two.png")
    return tmp_path


def test_one_table_and_one_file_of_coco_for_all_images(folder, capsys):
    out = ["--write", "none", "--table", str(folder / "all.csv"), "--coco", str(folder / "all.json")]
    assert main(["detect", str(folder / "one.fits"), str(folder / "two.png"), *ASKED, *out]) == 0
    table = Table.read(folder / "all.csv")
    assert list(table["source"]) == ["one.fits", "two.png"]
    np.testing.assert_allclose(table["x_min"][0], table["x_min"][1], atol=4)
    np.testing.assert_allclose(table["y_min"][0], table["y_min"][1], atol=4)
    first, second = json.loads((folder / "all.json").read_text())["annotations"]
    # Of the picture rows are counted from its top, of the FITS file from its first row.
    assert first["bbox"][1] + first["bbox"][3] == pytest.approx(120 - second["bbox"][1], abs=8)
    assert "2 objects in 2 of 2 images" in capsys.readouterr().err


def test_files_of_each_image_are_written_and_not_replaced(folder, capsys):
    asked = [
        "detect",
        str(folder / "two.png"),
        *ASKED,
        "-o",
        str(folder / "out"),
        "--write",
        "png,txt,ecsv,reg",
    ]
    assert main(asked) == 0
    names = {path.name for path in (folder / "out").iterdir()}
    assert names == {f"two_segmentation.{kind}" for kind in ("png", "txt", "ecsv", "reg")}
    assert main(asked) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert main([*asked, "--overwrite"]) == 0


def test_a_bad_file_does_not_stop_the_others(folder, capsys):
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert main(["detect", str(folder / "bad.png"), str(folder / "one.fits"), *ASKED, "--write", "none"]) == 1
    said = capsys.readouterr()
    assert "bad.png" in said.err
    assert "one.fits" in said.out


@pytest.mark.parametrize("first", ["one.fits", "two.png"])
def test_a_file_without_the_chip_does_not_stop_the_others(folder, capsys, first):
    image = fits.ImageHDU(np.full((64, 64), 5, np.float32), name="SCI")
    image.header["CCDCHIP"] = 2
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(folder / "chip.fits")
    asked = [str(folder / first), str(folder / "chip.fits"), "--chip", "2", "--write", "none"]
    assert main(["detect", *asked, *ASKED]) == 1
    said = capsys.readouterr().err
    assert f"{first}: there is no chip 2" in said
    assert "0 objects in 0 of 1 images" in said


def test_coco_under_another_suffix_is_refused_before_anything_is_made(folder, capsys):
    out = ["--write", "none", "--coco", str(folder / "new" / "all.txt")]
    assert main(["detect", str(folder), *out]) == 2
    assert "end the name in .json" in capsys.readouterr().err
    assert not (folder / "new").exists()


def test_a_table_and_coco_of_one_name_are_refused(folder, capsys):
    out = ["--write", "none", "--table", str(folder / "all.json"), "--coco", str(folder / "all.json")]
    assert main(["detect", str(folder / "one.fits"), *ASKED, *out]) == 2
    assert "name two files" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [["--method", "magic"], ["--option", "sharp=1"], ["--least-score", "2"], ["--table", "x.docx"]]
)
def test_wrong_usage_is_told(folder, wrong, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["detect", str(folder / "one.fits"), *ASKED, *wrong]) == 2


def test_frames_of_the_same_name_are_sorted_and_tagged_apart(folder, tmp_path):
    (folder / "sub").mkdir()
    (folder / "sub" / "one.fits").write_bytes((folder / "one.fits").read_bytes())
    files = [str(folder / "one.fits"), str(folder / "sub" / "one.fits")]
    placed = ["--sort", str(tmp_path / "sorted"), "--tag", str(tmp_path / "tagged"), "--overwrite"]
    assert main(["detect", *files, *ASKED, "--filter", *placed]) == 0
    for copies in (tmp_path / "sorted", tmp_path / "tagged"):
        assert sum(path.is_file() for path in copies.rglob("*.fits")) == 2


def test_pictures_that_cannot_be_tagged_are_counted(folder, tmp_path, capsys):
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert main(["detect", str(folder), *ASKED, "--tag", str(tmp_path / "tagged")]) == 1
    said = capsys.readouterr().err
    assert "1 of 2 files are not FITS" in said
    assert said.count("bad.png: ") == 1


def test_no_copy_replaces_another_input(folder, capsys):
    (folder / "empty").mkdir()
    verdicts = {}
    for verdict in ("has-object", "empty"):  # wherever the first frame is sorted to, an input lies there
        target = folder / verdict / "one.fits"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((folder / "one.fits").read_bytes() + b" " * 2880)
        verdicts[target] = target.read_bytes()
    files = [str(folder / "one.fits")]
    main(["detect", *files, *map(str, verdicts), *ASKED, "--filter", "--sort", str(folder), "--overwrite"])
    assert all(target.read_bytes() == before for target, before in verdicts.items())


def test_what_is_done_is_kept_when_it_is_interrupted(folder, monkeypatch):
    found = []

    def interrupted(*args, **options):
        if found:
            raise KeyboardInterrupt
        found.append(detect(*args, **options))
        return found[0]

    from astroclassify import detect as room

    detect = room.detect
    monkeypatch.setattr(room, "detect", interrupted)
    out = ["--write", "none", "--table", str(folder / "all.csv")]
    main(["detect", str(folder / "one.fits"), str(folder / "two.png"), *ASKED, *out])
    assert list(Table.read(folder / "all.csv")["source"]) == ["one.fits"]


def test_images_of_the_same_name_are_told_apart_in_table_and_coco(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "one.fits").write_bytes((folder / "one.fits").read_bytes())
    out = ["--write", "none", "--table", str(folder / "all.csv"), "--coco", str(folder / "all.json")]
    assert main(["detect", str(folder / "one.fits"), str(folder / "sub" / "one.fits"), *ASKED, *out]) == 0
    assert sorted(set(Table.read(folder / "all.csv")["source"])) == ["one.fits", "sub/one.fits"]
    images = json.loads((folder / "all.json").read_text())["images"]
    assert [image["file_name"] for image in images] == ["one.fits", "sub/one.fits"]


@pytest.mark.parametrize("option", ["--sort", "--tag"])
def test_folders_of_a_filter_are_checked_before_the_work(folder, option, capsys, monkeypatch):
    monkeypatch.setattr("astroclassify.detect.look_at_frames", lambda *args, **asked: pytest.fail("worked"))
    asked = ["--filter", option, str(folder / "two.png")]
    assert main(["detect", str(folder / "one.fits"), *ASKED, *asked]) == 2
    assert "cannot be a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "unused",
    [
        ["--chip", "1"],
        ["--write", "png"],
        ["--coco", "a.json"],
        ["--output", "out"],
        ["--catalogue", "builtin"],
    ],
)
def test_what_a_filter_has_no_use_for_is_refused(folder, unused, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["detect", "one.fits", *ASKED, "--filter", *unused]) == 2
    assert unused[0] in capsys.readouterr().err


def test_known_stars_without_a_filter_are_refused(folder, capsys):
    known = ["--known-stars", str(folder / "stars.ecsv")]
    assert main(["detect", str(folder / "one.fits"), *ASKED, *known]) == 2
    assert "--filter" in capsys.readouterr().err


def test_a_file_that_is_no_table_of_stars_is_told_in_a_line(folder, capsys):
    known = ["--filter", "--known-stars", str(folder / "two.png")]
    assert main(["detect", str(folder / "one.fits"), *ASKED, *known]) == 1
    said = capsys.readouterr().err
    assert "expected a table of stars, with ra and dec" in said
    assert len(said.splitlines()) == 1


def test_verdicts_are_kept_when_it_is_interrupted(folder, monkeypatch):
    from astroclassify.detect import _night

    one, seen = _night._one, []

    def interrupted(*args):
        if seen:
            raise KeyboardInterrupt
        seen.append(one(*args))
        return seen[0]

    monkeypatch.setattr(_night, "_one", interrupted)
    files = [str(folder / "one.fits"), str(folder / "two.png")]
    assert main(["detect", *files, *ASKED, "--filter", "--table", str(folder / "all.csv")]) == 130
    assert list(Table.read(folder / "all.csv")["source"]) == ["one.fits"]


def test_a_form_that_an_image_cannot_have_does_not_lose_the_others(folder, capsys):
    out = ["-o", str(folder / "out"), "--write", "crtf,txt", "--table", str(folder / "all.csv")]
    assert main(["detect", str(folder / "one.fits"), *ASKED, *out]) == 1
    assert "no celestial WCS" in capsys.readouterr().err
    assert (folder / "out" / "one_segmentation.txt").is_file()
    assert list(Table.read(folder / "all.csv")["source"]) == ["one.fits"]


def test_a_file_that_is_not_there_any_more_is_told_without_numbers_of_errors(folder, capsys, monkeypatch):
    def refused(*args):
        raise PermissionError(13, "Permission denied", "one.fits")

    monkeypatch.setattr("astroclassify.cli._detect.frames_of", refused)
    assert main(["detect", str(folder / "one.fits"), *ASKED]) == 1
    assert "error: one.fits: Permission denied" in capsys.readouterr().err


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OSError("no space left")])
def test_what_cannot_be_written_is_named_and_the_rest_is_written(folder, capsys, monkeypatch, error):
    write = Detections.write

    def full(found, target, **options):
        if target.suffix == ".png":
            raise error
        write(found, target, **options)

    monkeypatch.setattr(Detections, "write", full)
    out = folder / "out"
    assert main(["detect", str(folder / "one.fits"), *ASKED, "-o", str(out), "--write", "png,txt"]) == 1
    why = f"{out / 'one_segmentation.png'} could not be written: {error.strerror or error}"
    assert f"one.fits: {why}" in capsys.readouterr().err
    assert (out / "one_segmentation.txt").is_file()


def test_stars_that_are_not_there_are_told_without_numbers_of_errors(folder, capsys):
    stars = folder / "none.csv"
    assert main(["detect", str(folder / "one.fits"), "--filter", "--known-stars", str(stars)]) == 1
    told = capsys.readouterr().err
    assert f"{stars}: expected a table of stars, with ra and dec: No such file" in told
    assert "Errno" not in told


def test_a_page_shows_every_image_with_its_objects(folder, capsys):
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    page = folder / "found.html"
    asked = ["report", str(folder), "--detect", "-o", str(page), "--title", "Night <1>"]
    assert main([*asked, *ASKED]) == 1
    text = page.read_text(encoding="utf-8")
    assert "<title>Night &lt;1&gt;</title>" in text
    assert text.count("data:image/jpeg;base64,") == 2
    assert all(f"<h2>{name}</h2>" in text for name in ("one.fits", "two.png", "bad.png"))
    assert "2 objects in 2 of 2 images" in text
    assert "1 could not be searched" in text
    assert "method segmentation" in text
    said = capsys.readouterr().err
    assert "bad.png" in said
    assert "error: bad.png: " not in said  # the reason names the file itself


def test_a_page_of_answers_takes_one_file(folder, capsys):
    files = [str(folder / "one.fits"), str(folder / "two.png")]
    assert main(["report", *files, "-o", str(folder / "page.html")]) == 2
    assert "--detect" in capsys.readouterr().err
    assert main(["report", files[0], "-o", str(folder / "page.html"), "--method", "xrai"]) == 2
    assert "--method" in capsys.readouterr().err
