"""Images of any size are searched by tiles, and what is found does not depend on them."""

from itertools import pairwise

import numpy as np
import pytest
from astropy.table import QTable

from astroclassify.core import ParameterError, PluginError
from astroclassify.detect import DETECTION_COLUMNS, detect
from astroclassify.detect._tiles import merged, search, tiles_of
from astroclassify.metrics import box_edges


@pytest.fixture
def field(with_squares):
    """An image of 700 x 900 pixels with 40 squares of 3 to 30 pixels that do not touch."""
    rng = np.random.default_rng(4)
    places = [(y, x) for y in range(0, 660, 100) for x in range(0, 860, 100)]
    chosen = rng.choice(len(places), 40, replace=False)
    return with_squares((700, 900), [(*places[n], int(rng.integers(3, 30))) for n in chosen])


def sorted_edges(table):
    edges = box_edges(table)
    return edges[np.lexsort(edges.T)]


@pytest.mark.parametrize("side", [128, 200, 352])
def test_tiles_give_what_the_whole_image_gives(bright, field, side):
    whole = search(bright(), field)
    tiled = search(bright(tile=side, overlap=64), field)
    # Shrunk images show the same squares again: the better box of the two stands for both.
    assert len(tiled) == len(whole) == 40
    np.testing.assert_allclose(sorted_edges(tiled), sorted_edges(whole), atol=1e-9)


def test_what_a_seam_cuts_is_found_whole(bright, with_squares):
    (cut, *_) = (tile.rows.stop for tile in tiles_of((400, 400), side=128, overlap=64))
    image = with_squares((400, 400), [(cut - 10, 150, 20)])
    found = search(bright(tile=128, overlap=64), image)
    assert len(found) == 1
    assert (found["y_min"][0], found["y_max"][0]) == (cut - 10.5, cut + 9.5)


def test_what_is_larger_than_a_tile_is_found_in_a_shrunk_image(bright, with_squares):
    image = with_squares((640, 640), [(100, 60, 420)])
    found = search(bright(tile=128, overlap=64), image)
    assert len(found) == 1
    np.testing.assert_allclose(box_edges(found)[0], [59.5, 479.5, 99.5, 519.5], atol=8)


WHOLE = ("nebula", 0.67, 10.0, 1270.0, 20.0, 1640.0)
PART = ("nebula", 0.62, 420.0, 920.0, 420.0, 920.0)


def one_pass(*rows):
    return QTable(rows=list(rows), names=DETECTION_COLUMNS)


@pytest.mark.parametrize(("score", "stays"), [(0.5, WHOLE), (0.7, WHOLE), (0.9, PART)])
def test_a_part_of_a_body_gives_way_to_the_whole_of_a_shrunk_image(score, stays):
    part = (PART[0], score, *PART[2:])
    (kept,) = merged([one_pass(part), one_pass(WHOLE)], [1, 4])
    assert tuple(kept) == (part if stays is PART else WHOLE)


@pytest.mark.parametrize(
    "other",
    [("galaxy", *PART[1:]), ("nebula", 0.62, 1000.0, 1500.0, 420.0, 920.0)],
    ids=["another class", "half of it outside"],
)
def test_what_only_lies_near_in_another_pass_stays(other):
    assert len(merged([one_pass(other), one_pass(WHOLE)], [1, 4])) == 2


def test_what_a_detector_gives_within_one_pass_stays():
    passes = [one_pass(WHOLE, PART), one_pass(("galaxy", 0.5, 0.0, 9.0, 0.0, 9.0))]
    assert len(merged(passes, [1, 1])) == 3


@pytest.mark.parametrize(("shape", "side"), [((100, 3000), 256), ((999, 1001), 256), ((300, 290), 256)])
def test_tiles_cover_the_image_and_share_the_overlap(shape, side):
    tiles = tiles_of(shape, side=side, overlap=64)
    seen = np.zeros(shape, int)
    for tile in tiles:
        seen[tile.rows, tile.columns] += 1
        assert tile.rows.start % 32 == tile.columns.start % 32 == 0
    assert seen.min() == 1
    starts = sorted({(tile.columns.start, tile.columns.stop) for tile in tiles})
    assert all(first[1] - second[0] >= 64 for first, second in pairwise(starts))


def test_a_detector_without_tiles_sees_the_image_once(bright, field):
    assert tiles_of(field.shape, side=0, overlap=128) == tiles_of(field.shape, side=2000, overlap=128)
    assert len(tiles_of(field.shape, side=0, overlap=128)) == 1


def test_what_is_prepared_once_is_what_tiles_are_cut_from(bright, field, monkeypatch):
    import sys

    shapes = []

    def prepare(image):
        shapes.append(image.shape)
        return np.stack([image, image], axis=-1)

    sys.modules["a_bright_detector"].prepare = prepare
    spec = bright(tile=352, overlap=64, prepare="a_bright_detector:prepare")
    assert len(search(spec, field)) == 40
    assert shapes[0] == field.shape
    assert len(shapes) == len(set(shapes))


def test_a_table_without_scores_is_the_plug_ins_fault(bright, field):
    import sys

    sys.modules["a_bright_detector"].find = lambda image: {"class": ["galaxy"]}
    with pytest.raises(PluginError, match="'score'"):
        detect(field, method=bright())


@pytest.mark.parametrize("fields", [{"tile": -1}, {"overlap": -1}, {"tile": 300, "overlap": 200}])
def test_tiles_that_cannot_be_are_refused(bright, fields):
    with pytest.raises(ParameterError):
        bright(**fields)
