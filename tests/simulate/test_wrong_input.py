"""Every wrong unit or type that the simulator is given is told by the parameter's name, in our own error."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from astropy import units as u
from astropy.table import Table

from astroclassify import simulate
from astroclassify.core import AstroclassifyError
from astroclassify.instruments import INSTRUMENTS

ACS = INSTRUMENTS["acs-wfc"]
LAYOUT = next(one for one in ACS.layouts if one.name == "WFC1A-512")
SHAPE = (32, 48)
VIEW = simulate.View(SHAPE, 20.0)
MAP = torch.ones(SHAPE)
PICTURE = np.hypot(*np.mgrid[-1:1:32j, -1:1:48j])
BODY = simulate.Body("globular", 5e3, 10.0, -7.0)
CONFIG = simulate.SimulationConfig(apertures={"acs-wfc": ("WFC1A-512",)}, instruments={"acs-wfc": 1})
LABELLED = simulate.LabelledPicture("a.png", "M 1", "nebula")


def streams():
    return simulate.RandomStreams(1)


def effects():
    return simulate.Effects.none()


def common(folder):
    """The parameters that many functions have."""
    return {
        "rng": 1,
        "shape": SHAPE,
        "scene": simulate.Scene(VIEW),
        "streams": streams(),
        "device": "cpu",
        "folder": folder,
        "seed": 1,
        "config": CONFIG,
        "instrument": "acs-wfc",
        "band": "F606W",
        "camera": ACS,
        "exptime": 100.0,
        "effects": effects(),
        "window": simulate.ChipWindow.of("acs-wfc"),
        "processes": 1,
        "progress": False,
        "previews": False,
        "count": 1,
        "aperture": "WFC1A-512",
        "density": 1.0,
        "kind": "globular",
        "label": "star cluster",
        "body": BODY,
        "view": VIEW,
        "pixel_scale": 0.05,
        "redshift": 0.0,
        "extinction": 0.0,
        "latitude": 60.0,
        "date": 57_677.0,
        "centred": False,
        "blurry": False,
        "each": False,
        "path": "a.png",
        "name": "a name",
    }


#: What each callable takes besides, or instead.
OWN = {
    "Body": {"distance": 5e3, "radius": 10.0, "brightness": -7.0},
    "BodyKind": {
        "draw": "_clusters:globular",
        "weight": 1.0,
        "distance": (1.0, 2.0),
        "radius": (1.0, 2.0),
        "brightness": (20.0, 21.0),
        "brightness_unit": "mag",
    },
    "ChipWindow": {"camera": "acs-wfc", "chip": 1, "origin": (0, 0), "binning": 1, "wavelength": 600.0}
    | {"width": 100.0, "shape": (2048, 4096)},
    "Distortion": {"coefficients": [[[0, 0], [1, 0]], [[0, 1], [0, 0]]]},
    "RandomStreams": {},
    "DrawnPlans": {},
    "Effects": {},
    "LabelledPicture": {"body": "M 1", "label": "nebula", "source": "", "kind": ""},
    "Optics": {"zernikes": [(4, 1.0)], "breathing": 0.0, "jitter": 0.0, "roughness": 0.0, "halo": 0.0}
    | {"diffusion": 0.3, "ghosts": False, "stray_light": 0.0, "stray_angle": 0.0},
    "PicturePlans": {"pictures": (LABELLED,)},
    "Scene": {},
    "SimulationConfig": {},
    "Telescope": {"diameter": 2.4, "obscuration": 0.3, "vanes": (0.0,), "vane_width": 0.02}
    | {"pads": ((0.5, 0.1, 0.05),)},
    "View": {
        "scale": 20.0,
        "centre": (0.0, 0.0),
        "angle": 0.0,
        "distortion": simulate.DISTORTIONS["acs-wfc"],
    },
    "add_background": {},
    "add_cosmic_rays": {"electrons": MAP.clone(), "rate": 1.0, "size": 15.0},
    "add_foreground": {},
    "collect_electrons": {"rate": MAP, "extra": MAP},
    "flat_field": {"pixel_response": 0.01, "structure": 1.0},
    "from_image": {
        "picture": PICTURE,
        "angular_size": 30.0,
        "surface_brightness": 20.0,
        "magnitude": None,
        "spectrum": "old",
        "label": "galaxy",
        "stars": "keep",
        "stretch": "linear",
        "sky": "auto",
        "invert": True,
        "fade": 0.2,
    },
    "hot_pixels": {},
    "labelled_pictures": {},
    "linear_frame": {"image": PICTURE},
    "named_spectrum": {"name": "old"},
    "observe_scene": {
        "diffuse": MAP,
        "points": np.ones((3, 2)),
        "shape": (32, 48),
        "factor": 1,
        "psf": SimpleNamespace(array=None, oversampling=1),
    },
    "photograph": {"image": PICTURE},
    "pixel_size": {},
    "plan_exposure": {"index": 0},
    "point_spread": {"optics": simulate.Optics(), "telescope": simulate.HST},
    "preview": {"exposure": SimpleNamespace(raw={}, layouts={}), "side": 100, "path": None},
    "random_body": {"angular_radius": 20.0},
    "random_effects": {},
    "random_frames": {"renderings": 1, "shown": "linear"},
    "random_optics": {},
    "random_view": {},
    "read_out": {"electrons": torch.ones(LAYOUT.science_shape), "layout": LAYOUT},
    "response": {},
    "restyle": {"picture": PICTURE, "style": "chart"},
    "satellite_trail": {"width": 3.0, "peak": 10.0},
    "survey_field": {},
    "wide_field": {},
    "simulate_exposure": {
        "optics": simulate.Optics(),
        "pointing": (1.0, 2.0, 3.0),
        "sky": (22.0, 23.0),
        "foreground": 0.0,
        "background": 0.0,
        "expstart": 57_677.0,
    },
    "simulate_outlier": {"kind": "bias"},
    "simulate_pictures": {"pictures": (LABELLED,)},
    "simulate_plans": {"plans": simulate.DrawnPlans(CONFIG, 1, 1)},
    "simulate_set": {},
    "simulate_twin": {"manifest": Table({"OBSID": ["a"]}), "max_per_body": 1},
    "twin_plans": {"manifest": Table({"OBSID": ["a"]})},
}
#: What the package makes, and nobody gives: results, and classes with a maker of their own.
MADE = {
    "FieldOfView",
    "PictureBody",
    "PointSpread",
    "RawExposure",
    "Response",
    "SimulatedFrame",
    "SimulatedSet",
}
MADE |= {"TwinPlans", "ExposurePlan", "SurveyField", "WideField", "one_thread"}
#: Wrong for every parameter.
WRONG = {"a luminous intensity": 3 * u.cd, "an object": object()}


def arguments(name, folder):
    """Right arguments of a callable by name."""
    given = common(folder) | OWN[name]
    asked = inspect.signature(getattr(simulate, name)).parameters.values()
    needed = {one.name for one in asked if one.default is one.empty} | OWN[name].keys()
    return {one.name: given[one.name] for one in asked if one.name in needed}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("name", sorted(OWN))
def test_what_a_parameter_cannot_be_is_told_by_its_name(name, what, tmp_path):
    call = getattr(simulate, name)
    for parameter in inspect.signature(call).parameters:
        with pytest.raises(AstroclassifyError, match=parameter):
            call(**arguments(name, tmp_path) | {parameter: WRONG[what]})


def test_every_callable_is_tried():
    offered = {name for name in dir(simulate) if is_ours(name)}
    assert offered == OWN.keys() | MADE


def is_ours(name):
    found = None if name.startswith("_") else getattr(simulate, name)
    return callable(found) and found.__module__.startswith("astroclassify.simulate")


@pytest.mark.parametrize(
    "make",
    [
        lambda shape: simulate.random_frames(1, shape=shape),
        lambda shape: simulate.wide_field(1, shape=shape),
        lambda shape: simulate.survey_field(1, shape=shape, bands=("i",)),
        lambda shape: simulate.View(shape, 20.0),
        lambda shape: simulate.random_view(np.random.default_rng(1), BODY, shape),
        lambda shape: simulate.satellite_trail(shape, streams()),
        lambda shape: simulate.flat_field(
            simulate.ChipWindow.of("acs-wfc"), shape, pixel_response=0.01, structure=1.0
        ),
    ],
    ids=[
        "random_frames",
        "wide_field",
        "survey_field",
        "View",
        "random_view",
        "satellite_trail",
        "flat_field",
    ],
)
def test_a_size_for_which_no_machine_has_memory_is_refused_at_once(make):
    with pytest.raises(AstroclassifyError, match=r"1000000 x 1000000 pixels, .*GB of memory are needed"):
        make((10**6, 10**6))


def test_all_bands_of_a_survey_field_count(monkeypatch):
    monkeypatch.setattr("astroclassify.core._memory.memory_of_machine", lambda: 3 * 16 * 10**6)
    with pytest.raises(AstroclassifyError, match="1000 x 1000 pixels"):
        simulate.survey_field(1, shape=(1000, 1000), bands=("g", "r", "i", "z"))
