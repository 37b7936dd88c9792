"""`SimulationConfig`: its TOML file keeps every value, and a wrong one is named."""

import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astroclassify.core import ParameterError
from astroclassify.photometry import BANDS
from astroclassify.simulate.scenes._bodies import KINDS
from astroclassify.simulate.sets._config import CAUSES, SimulationConfig

weights = st.floats(0.001, 1e6)
scalars = st.one_of(
    st.booleans(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False), st.text(max_size=12)
)
tables = st.recursive(
    st.dictionaries(st.text(max_size=6), st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=4),
    lambda inner: st.dictionaries(st.text(max_size=6), st.one_of(scalars, inner), max_size=3),
    max_leaves=12,
)


def pairs(low, high):
    return st.tuples(st.floats(low, high), st.floats(low, high)).map(lambda pair: tuple(sorted(pair)))


def tables_of(names):
    return st.dictionaries(st.sampled_from(list(names)), weights, min_size=1, max_size=4)


def classes_and_kinds(kinds):
    return {"kinds": kinds, "classes": {KINDS[name].label: 1.0 for name in kinds}}


configurations = st.builds(
    lambda drawn, values: SimulationConfig(**classes_and_kinds(drawn), **values),
    tables_of(KINDS),
    st.fixed_dictionaries(
        {
            "frames_per_body": st.integers(1, 1000),
            "exptime": pairs(0.5, 3600),
            "surface_brightness": pairs(10, 35),
            "earthshine_share": st.floats(0, 1),
            "blurry": st.booleans(),
            "detector": st.sampled_from(["random", "typical", "none"]),
            "causes": tables_of(CAUSES),
            "instruments": tables_of(["acs-wfc", "wfc3-uvis"]),
            "bands": st.fixed_dictionaries(
                {camera: tables_of(b for c, b in BANDS if c == camera) for camera in ("acs-wfc", "wfc3-uvis")}
            ),
            "effects": st.dictionaries(
                st.sampled_from(["post_flash", "dark", "striping"]), st.floats(0, 99), max_size=2
            ),
        }
    ),
)


@given(config=configurations)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_configuration_survives_its_file_and_the_way_to_another_process(config, tmp_path):
    path = tmp_path / "config.toml"
    config.write(path)
    assert SimulationConfig.read(path) == config
    assert pickle.loads(pickle.dumps(config)) == config


def test_keys_that_are_not_there_have_their_defaults(tmp_path):
    path = tmp_path / "short.toml"
    path.write_text("exptime = [10, 20]\n[set]\nseed = 3\n")
    assert SimulationConfig.read(path) == SimulationConfig(exptime=(10, 20))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("exptimes = [1, 2]", r"exptimes is \[1, 2\]; expected one of the keys .*exptime"),
        ("exptime = [0.1, 20]", r"exptime is \[0\.1, 20\]; expected two numbers within 0\.5 and 3600"),
        ("exptime = [20, 10]", r"exptime is .*the smaller one first"),
        ("exptime = 20", r"exptime is 20; expected two numbers"),
        ("frames_per_body = 0", r"frames_per_body is 0; expected a whole number, 1 to 1000"),
        ("frames_per_body = true", r"frames_per_body is True"),
        ("blurry = 1", r"blurry is 1; expected True or False"),
        ("detector = 'perfect'", r"detector is 'perfect'; expected one of 'random', 'typical', 'none'"),
        ("earthshine_share = 2.0", r"earthshine_share is 2\.0; expected a number from 0 to 1"),
        ("[classes]\ncomet = 1", r"classes\.comet is 1; expected one of the keys galaxy, nebula"),
        ("[classes]\ngalaxy = -1", r"classes\.galaxy is -1; expected a weight"),
        ("[classes]\ngalaxy = 0", r"classes is .*at least one weight above zero"),
        ("[kinds]\nspyral = 1", r"kinds\.spyral is .*spiral"),
        ("[kinds]\nspiral = 1", r"kinds is .*at least one kind of the class 'nebula'"),
        ("[instruments]\ngeneric = 1", r"instruments\.generic is .*acs-wfc, wfc3-uvis"),
        ("[bands.acs-wfc]\nF336W = 1", r"bands\.acs-wfc\.F336W is 1; expected one of the keys F435W"),
        ("[bands.hrc]\nF336W = 1", r"bands\.hrc is .*acs-wfc, wfc3-uvis"),
        ("[bands.acs-wfc]\nF606W = 1", r"bands\.wfc3-uvis is 'nothing'"),
        ("[apertures]\nacs-wfc = ['WFC1']", r"apertures\.acs-wfc is 'WFC1'; expected .*'WFC1A-512'"),
        ("[effects]\ncosmic_rays = 1", r"effects\.cosmic_rays is 1; expected .*cosmic_ray_rate"),
        ("[effects]\ndark = -1", r"effects\.dark is -1; expected"),
        ("[causes]\nclouds = 1", r"causes\.clouds is 1; expected one of the keys exposure time, filter"),
        ("exptime = [", r"expected a TOML file"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path, text, named):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ParameterError, match=rf"wrong\.toml: {named}"):
        SimulationConfig.read(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ParameterError, match=r"absent\.toml: the configuration cannot be read: No such file"):
        SimulationConfig.read(tmp_path / "absent.toml")
