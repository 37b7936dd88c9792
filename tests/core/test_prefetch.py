"""Items are prepared ahead in order, in one thread that ends with the work."""

import threading
from contextlib import closing

import pytest

from astroclassify.core import prefetch

PATHS = [f"{number}.fits" for number in range(9)]


def threads():
    return [t for t in threading.enumerate() if t.name.startswith("astroclassify-ahead")]


@pytest.mark.parametrize("depth", [0, 1, 3, 20])
@pytest.mark.parametrize("items", [PATHS, list(range(9))])
def test_order_and_numbers_are_kept(items, depth):
    assert list(prefetch(iter(items), lambda *item: item, depth=depth)) == list(enumerate(items))
    assert threads() == []


def test_the_next_item_is_prepared_while_this_one_is_worked_on():
    started = [threading.Event() for _ in PATHS]
    with closing(prefetch(PATHS, lambda n, item: started[n].set(), depth=2)) as ahead:
        next(ahead)
        assert started[1].wait(10)
        assert started[2].wait(10)
        assert not started[3].is_set()


def test_no_more_than_the_depth_is_taken_ahead():
    taken = []
    items = (taken.append(path) or path for path in PATHS)
    with closing(prefetch(items, lambda n, item: item, depth=3)) as ahead:
        next(ahead)
        assert len(taken) == 4
        next(ahead)
        assert len(taken) == 5


def test_what_an_iterator_gives_is_prepared_before_the_next_is_taken():
    done = []

    def items():
        for number in range(5):
            yield number
            assert done == list(range(number + 1))

    assert len(list(prefetch(items(), lambda n, item: done.append(item), depth=3))) == 5


@pytest.mark.parametrize("depth", [0, 2])
def test_an_error_is_raised_in_its_turn_and_the_thread_ends(depth):
    def prepare(number, item):
        if number == 2:
            raise OSError("the disk")
        return number

    seen = []
    with pytest.raises(OSError, match="disk"):
        seen.extend(prefetch(PATHS, prepare, depth=depth))
    assert threads() == []
    ahead = prefetch(PATHS, prepare, depth=depth)
    assert [next(ahead), next(ahead)] == [0, 1]
    with pytest.raises(OSError, match="disk"):
        next(ahead)
    assert threads() == []


def test_closing_forgets_what_waits():
    done, hold = [], threading.Event()

    def prepare(number, item):
        if number == 1:
            hold.wait(10)
        done.append(number)

    ahead = prefetch(PATHS, prepare, depth=5)
    next(ahead)
    hold.set()
    ahead.close()
    assert threads() == []
    assert len(done) <= 6
