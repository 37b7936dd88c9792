"""``simulate-sources`` makes a set of sources, completes it, and says what is there."""

from functools import partial

import pytest

from astroclassify import stargalaxy


@pytest.fixture
def one_band(monkeypatch):
    """Draw in one band, so that it is quick."""
    monkeypatch.setattr(
        stargalaxy, "simulate_sources", partial(stargalaxy.simulate_sources, bands=("i",), limit=25.0)
    )


def test_it_makes_a_set_and_says_what_it_holds(command, tmp_path, one_band):
    asked = "simulate-sources", "-o", tmp_path / "set", "--size", 160, "--seed", 2
    status, out, err = command(*asked, "--count", 2)
    assert (status, err) == (0, "")
    assert "sources in" in out
    assert "galaxy" in out
    _, again, _ = command(*asked, "--count", 2)
    assert again == out


def test_another_seed_needs_another_folder(command, tmp_path, one_band):
    command("simulate-sources", "-o", tmp_path / "set", "--size", 160, "--count", 1)
    status, _, err = command(
        "simulate-sources", "-o", tmp_path / "set", "--size", 160, "--count", 1, "--seed", 3
    )
    assert status == 2
    assert "its seed is 1, not 3" in err


def test_fields_too_small_for_sources_are_refused_at_once(command, tmp_path):
    status, _, err = command("simulate-sources", "-o", tmp_path / "set", "--size", 8, "--count", 60)
    assert status == 2
    assert "expected sides of 128 pixels or more" in err
    assert not (tmp_path / "set").exists()
