"""An answer prints, renders as HTML, pickles and cannot be changed."""

import dataclasses
import pickle
from html.parser import HTMLParser

import pytest

from astroclassify.inference import Classification


@pytest.fixture
def galaxy():
    return Classification("galaxy", 0.9, "galaxy", {"galaxy": 0.81, "nsc": 0.09, "field": 0.1})


@pytest.fixture
def doubt():
    meta = {"reason": "P < 0.6", "source": "<script>alert('x')</script>", "chip": 2}
    return Classification("uncertain", 0.55, "nsc", {"galaxy": 0.45, "nsc": 0.55}, meta=meta)


def test_it_prints_label_and_probabilities(galaxy, doubt):
    assert str(galaxy) == "galaxy with probability 0.900 (galaxy 0.810, nsc 0.090, field 0.100)"
    assert str(doubt).startswith("uncertain: P < 0.6; nsc with probability 0.550")
    assert repr(galaxy) == "<Classification 'galaxy', probability 0.900>"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attributes):
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
    assert str(pickle.loads(pickle.dumps(galaxy))) == str(galaxy)


@pytest.mark.parametrize(("leaning", "expected"), [("galaxy", 0.75), ("nsc", 0.25)])
def test_the_probability_of_galaxy_is_that_against_nsc_whatever_the_leaning(leaning, expected):
    probabilities = {"galaxy": 0.6, "nsc": 0.2, "field": 0.2}
    assert Classification("uncertain", 0.75, leaning, probabilities).p_galaxy == expected
