"""A night's frames are judged: clouds, guiding errors, satellites, what moves, and what has an object."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from PIL import Image

from astroclassify.cli import main
from astroclassify.core import ParameterError
from astroclassify.detect import judge_frames, load_image, verdicts_table
from astroclassify.detect._stars import stars_of
from astroclassify.detect._trails import is_trail, lines_of

SIDE = 200
Y, X = np.mgrid[:SIDE, :SIDE]
RNG = np.random.default_rng(1)
STARS = np.stack([*RNG.uniform(8, SIDE - 8, (2, 30)), 10 ** RNG.uniform(2.7, 4.2, 30)], axis=-1)


def blob(x, y, flux, width=1.5):
    return flux / (2 * np.pi * width**2) * np.exp(-((X - x) ** 2 + (Y - y) ** 2) / (2 * width**2))


def exposed(seed, *, stars=STARS, light=1.0, trailed=0, extra=()):
    """A frame of stars and a galaxy on a sky of 100 with a noise of 3, shifted a little."""
    rng = np.random.default_rng(seed)
    dx, dy = rng.uniform(-3, 3, 2)
    image = light * blob(120 + dx, 100 + dy, 40_000, 9.0)
    for x, y, flux in [*stars, *extra]:
        for step in np.linspace(-trailed, trailed, 9 if trailed else 1):
            image = image + light * blob(x + dx + step, y + dy + 0.3 * step, flux / (9 if trailed else 1))
    return (100 + image + rng.normal(0, 3, image.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """Seven frames: good, clouded, trailed, crossed by a satellite, and three with something that moves."""
    folder = tmp_path_factory.mktemp("night")
    frames = [exposed(0), exposed(1, light=0.2), exposed(2, trailed=4)]
    frames.append(exposed(3) + np.float32(14) * np.exp(-((Y - 0.7 * X - 20) ** 2) / 4).astype(np.float32))
    frames += [exposed(4 + n, extra=[(40 + 9 * n, 60 + 5 * n, 4000)]) for n in range(3)]
    for number, frame in enumerate(frames):
        fits.writeto(folder / f"f{number}.fits", frame)
    return folder


def test_each_frame_has_its_verdict(night, bright):
    found = judge_frames(sorted(night.iterdir()), method=bright(), above=130.0)
    expected = ["has object", "clouded", "trailed", "satellite", "moving", "moving", "moving"]
    assert [each.verdict for each in found] == expected
    table = verdicts_table(found)
    assert table["transparency"][1] == pytest.approx(0.2, abs=0.07)
    assert table["elongation"][2] > 1.5 > table["elongation"][0]
    assert "moves" in table["note"][5]


def spiked(frame, x=60.0, y=150.0):
    """A frame with a bright star whose spikes go through all of it, one of them drawn."""
    return frame + np.float32(60) * np.exp(-((Y - y - 0.3 * (X - x)) ** 2) / 4).astype(np.float32)


def test_what_is_straight_in_every_frame_is_no_satellite(bright):
    frames = [spiked(exposed(n)) for n in range(3)]
    frames.append(spiked(exposed(3), y=60.0))  # elsewhere than in the others
    found = judge_frames(frames, method=bright(), above=130.0)
    assert [each.verdict for each in found] == ["has object"] * 3 + ["satellite"]
    (alone,) = judge_frames(frames[:1], method=bright(), above=130.0)
    assert alone.verdict == "satellite"  # nothing tells a spike from a trail in one frame


def test_a_frame_without_stars_hides_nothing_in_the_others(bright):
    frames = [exposed(n, extra=[(40 + 9 * n, 60 + 5 * n, 4000)]) for n in range(5)]
    frames.insert(2, exposed(9, light=0.0))
    found = judge_frames(frames, method=bright(), above=130.0)
    assert [each.verdict for each in found] == ["moving", "moving", "clouded", "moving", "moving", "moving"]


def test_what_moves_is_seen_where_a_star_hides_it_in_between(bright):
    ways = [(40 + 9 * n, 60 + 5 * n, 4000) for n in range(5)]
    frames = [exposed(n, extra=[] if n in (1, 3) else [way]) for n, way in enumerate(ways)]
    assert [each.moving for each in judge_frames(frames, method=bright())] == [1, 0, 1, 0, 1]


def test_what_moves_less_than_a_pixel_from_frame_to_frame_is_found(bright):
    frames = [exposed(n, extra=[(40 + 0.6 * n, 60, 4000)]) for n in range(20)]
    assert [each.moving for each in judge_frames(frames, method=bright())] == [1] * 20


def test_noise_does_not_move(bright):
    rng = np.random.default_rng(5)
    frames = [
        exposed(n, extra=[(*rng.uniform(8, SIDE - 8, 2), 10 ** rng.uniform(2.7, 3.5)) for _ in range(6)])
        for n in range(8)
    ]
    assert not any(each.moving for each in judge_frames(frames, method=bright()))


def test_light_is_compared_star_by_star(bright):
    bright_ones = [(150, 150, 60_000), (30, 170, 60_000), (170, 30, 50_000), (60, 20, 50_000)]
    few = STARS[np.argsort(-STARS[:, 2])][4:12]
    frames = [exposed(n, stars=few, extra=bright_ones) for n in range(4)]
    frames.append(
        exposed(9, stars=few, extra=[])
    )  # four are hidden, as by a satellite: the others shine as usual
    assert judge_frames(frames, method=bright())[-1].transparency == pytest.approx(1.0, abs=0.1)


def test_frames_of_other_fields_and_turned_ones_are_compared_among_themselves(bright):
    faint = STARS * [1, 1, 0.3]
    frames = [exposed(n) for n in range(3)] + [exposed(n, stars=faint)[::-1, ::-1] for n in range(3, 6)]
    frames += [exposed(6, light=0.2)[::-1, ::-1], exposed(7)[:, ::-1]]  # the last is like no other
    light = [each.transparency for each in judge_frames(frames, method=bright())]
    np.testing.assert_allclose(light[:6], 1.0, atol=0.1)
    assert light[6] < 0.8
    assert np.isnan(light[7])


def test_frames_are_sorted_and_tagged_as_they_are(night, tmp_path, capsys, monkeypatch, bright):
    from astroclassify.detect import DETECTORS

    DETECTORS.register("bright", bright())
    try:
        asked = ["detect", str(night), "--filter", "--method", "bright", "--option", "above=130"]
        asked += ["--sort", str(tmp_path / "sorted"), "--tag", str(tmp_path / "tagged")]
        assert main([*asked, "--table", str(tmp_path / "verdicts.csv")]) == 0
        assert main(asked) == 1  # what is there is not replaced
    finally:
        DETECTORS.unregister("bright")
    assert (tmp_path / "sorted" / "clouded" / "f1.fits").read_bytes() == (night / "f1.fits").read_bytes()
    assert fits.getheader(tmp_path / "tagged" / "f2.fits")["ACNIGHT"] == "trailed"
    assert Table.read(tmp_path / "verdicts.csv")["verdict"][3] == "satellite"
    assert "3 moving" in capsys.readouterr().err


def test_a_star_that_the_catalogue_lacks_is_new(tmp_path, bright):
    header = WCS(naxis=2)
    header.wcs.ctype, header.wcs.crval = ["RA---TAN", "DEC--TAN"], [30.0, 10.0]
    header.wcs.cdelt, header.wcs.crpix = [-1e-3, 1e-3], [100, 100]
    frame = exposed(9)
    fits.writeto(tmp_path / "one.fits", frame, header.to_header())
    stars = stars_of(frame)
    places = header.pixel_to_world(stars.x, stars.y)
    all_but_one = Table({"ra": places.ra.deg, "dec": places.dec.deg})[1:]
    (new,) = judge_frames([tmp_path / "one.fits"], method=bright(), known_stars=all_but_one)
    assert (new.verdict, new.moving) == ("moving", 1)
    with pytest.raises(ParameterError, match="'ra' and 'dec'"):
        judge_frames([tmp_path / "one.fits"], method=bright(), known_stars=Table({"x": [1]}))


def test_a_file_that_is_no_frame_does_not_stop_the_others(tmp_path, bright):
    (tmp_path / "bad.fits").write_bytes(b"nothing")
    fits.writeto(tmp_path / "good.fits", exposed(0))
    found = judge_frames([tmp_path / "bad.fits", tmp_path / "good.fits"], method=bright())
    assert [each.verdict for each in found] == ["unreadable", "has object"]
    assert "bad.fits" in found[0].note


def test_no_frame_is_refused():
    with pytest.raises(ParameterError):
        judge_frames([])


def test_stars_are_measured():
    stars = stars_of(exposed(0))
    # Of a Gaussian of 1.5 pixels, smoothed by 1: sqrt(1.5^2 + 1) * 2.355 = 4.2; less, cut at 6 sigma.
    assert 3.2 < stars.fwhm < 4.5
    assert stars.usual_elongation < 1.2
    assert 20 <= len(stars) <= 33


def test_an_edge_that_dims_is_no_trail():
    frame = np.random.default_rng(3).normal(300.0, 2.0, (300, 400))
    frame[:12] -= 80.0 * np.exp(-np.arange(12.0) / 3)[:, None]
    assert not is_trail(lines_of(frame)[:, 0].max(initial=0))
    frame[np.arange(300), 50 + np.arange(300)] += 40.0
    assert is_trail(lines_of(frame)[0, 0])


def test_noise_has_neither_stars_nor_trails():
    noise = np.random.default_rng(0).normal(100, 3, (SIDE, SIDE))
    assert len(stars_of(noise)) == 0
    assert max(lines_of(noise)[:, 0], default=0) < 0.3
    assert len(lines_of(np.zeros((SIDE, SIDE)))) == 0
    assert load_image(noise).shape == (SIDE, SIDE)


@pytest.mark.parametrize("images", [None, 3, "night.fits"])
def test_frames_to_judge_are_a_sequence(images):
    with pytest.raises(ParameterError, match="a sequence"):
        judge_frames(images)


def test_frames_of_one_name_are_told_apart(tmp_path, bright):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        fits.writeto(tmp_path / folder / "f.fits", exposed(1))
    found = judge_frames(sorted(tmp_path.glob("*/f.fits")), method=bright())
    assert [each.source for each in found] == ["one/f.fits", "two/f.fits"]


def test_pictures_are_not_compared_with_counts(tmp_path, bright):
    fits.writeto(tmp_path / "a.fits", exposed(1))
    fits.writeto(tmp_path / "b.fits", exposed(2))
    picture = np.clip(exposed(3) / 4, 0, 255).astype(np.uint8)[::-1]
    Image.fromarray(picture).save(tmp_path / "c.png")
    found = judge_frames(sorted(tmp_path.iterdir()), method=bright())
    assert [np.isfinite(each.transparency) for each in found] == [True, True, False]
    assert "clouded" not in {each.verdict for each in found}
