"""Whatever a figure cannot be made of ends in an error of ours that names the parameter."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table

from astroclassify import Classification, visualization
from astroclassify.core import AstroclassifyError, FrameError, ParameterError

FRAME = np.random.default_rng(1).normal(100, 5, (32, 48))
ANSWER = Classification("galaxy", 0.97, "galaxy", {"galaxy": 0.97, "nsc": 0.03})
EVALUATION = SimpleNamespace(models=("a",), answers=Table(), tables={})
RIGHT = {
    "answer": ANSWER,
    "bodies": SimpleNamespace(outlines=list, meta={"shape": (32, 48)}),
    "classification": ANSWER,
    "classifications": [ANSWER],
    "draw": print,
    "evaluation": EVALUATION,
    "explanation": SimpleNamespace(map=FRAME, regions=Table(), answer=ANSWER),
    "folder": "a folder",
    "found": SimpleNamespace(picture=FRAME, shape=(32, 48), meta={}),
    "frame": FRAME,
    "frames": [FRAME],
    "instrument": "acs-wfc",
    "many": [],
    "model": "a",
    "path": "a.png",
    "sources": Table(
        {
            "x": [5.0],
            "y": [5.0],
            "mag_i": [20.0],
            "half_light_radius": [0.1],
            "p_class_galaxy": [0.5],
            "label": ["star"],
        }
    ),
    "table": Table({"quantity": ["blur"]}),
}


OFFERED = [name for name in dir(visualization) if not name.startswith("_")]


def arguments(call):
    asked = inspect.signature(call).parameters.values()
    return {one.name: RIGHT[one.name] for one in asked if one.default is one.empty}


@pytest.mark.parametrize("value", [3 * u.cd, object()], ids=["a luminous intensity", "an object"])
@pytest.mark.parametrize("name", OFFERED)
def test_what_a_parameter_cannot_be_is_told_by_its_name(name, value):
    call = getattr(visualization, name)
    for parameter in inspect.signature(call).parameters:
        if (name, parameter) == ("png", "ax"):  # always None: see there
            continue
        with pytest.raises(AstroclassifyError) as caught:
            call(**arguments(call) | {parameter: value})
        assert parameter in str(caught.value) or isinstance(caught.value, FrameError)


@pytest.mark.parametrize("frame", ["path", b"bytes", None, np.zeros((2, 20, 20)), np.full((20, 20), np.nan)])
@pytest.mark.parametrize("draw", [visualization.plot_frame, visualization.plot_classification])
def test_what_is_no_frame_is_refused_as_such(draw, frame):
    given = {} if draw is visualization.plot_frame else {"classification": ANSWER}
    with pytest.raises(FrameError):
        draw(frame, **given)


def test_a_path_is_told_to_be_read_first():
    with pytest.raises(FrameError, match="read_frames"):
        visualization.plot_classification("frame.fits", ANSWER)


def test_a_colour_map_of_no_such_name_is_told():
    with pytest.raises(ParameterError, match="colour_map is 'grey matter'"):
        visualization.plot_frame(FRAME, colour_map="grey matter")
