"""What a simulated set is made of, and how often: `SimulationConfig` and its TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType

import tomli_w
from astropy import units as u

from astroclassify.core import ParameterError, rules, write_text
from astroclassify.instruments import INSTRUMENTS
from astroclassify.photometry import BANDS
from astroclassify.simulate.detector._effects import Effects
from astroclassify.simulate.scenes._bodies import CLASSES, KINDS

#: Why a frame can be blurry: the factors of Eq. (1), and the detector (paper, section 2).
CAUSES = ("exposure time", "filter", "sed", "instrument effects")
#: Name of the whole detector in a list of apertures.
FULL_FRAME = "full"
#: Table of a set's own ``config.toml`` that says what the set was made with beyond the configuration.
SET_TABLE = "set"

# The bands of the paper's lists, those in many frames there (tens and more) three times as often.
_BANDS = {
    "acs-wfc": (
        "F435W F475W F555W F606W F658N F775W F814W F850LP",
        "F502N F550M F625W F660N",
    ),
    "wfc3-uvis": (
        "F275W F336W F350LP F438W F475W F555W F625W F814W",
        "F225W F343N F547M F606W F656N F657N F658N",
    ),
    "csst-msc": ("g r i z", "NUV u y"),
}
# Pairs: lowest and highest value allowed, and the unit.
_RANGES = {
    "exptime": (0.5, 3600.0, "s"),
    "zodiacal": (15.0, 40.0, "V mag / arcsec2"),
    "earthshine": (15.0, 40.0, "V mag / arcsec2"),
    "surface_brightness": (10.0, 35.0, "V mag / arcsec2"),
    "foreground": (0.0, 1e3, "times the usual number"),
    "background": (0.0, 1e3, "times the usual number"),
    "extinction": (0.0, 50.0, "mag"),
    "dates": (40_000.0, 100_000.0, "MJD"),
}


def _weights(values):
    return field(default_factory=lambda: MappingProxyType(dict(values)), hash=False)


def _default_bands():
    return {
        camera: dict.fromkeys(often.split(), 3.0) | dict.fromkeys(seldom.split(), 1.0)
        for camera, (often, seldom) in _BANDS.items()
    }


@dataclass(frozen=True)
class SimulationConfig:
    """
    Configuration of a simulated set: the distributions that exposures are drawn from.

    Nothing here depends on the class of a body, except the weights of classes and kinds.

    Parameters
    ----------
    frames_per_body : int, default 2
        Exposures of each body, in other bands and of other parts of it; 1 to 1000.
    exptime : tuple of float, default (30, 1200)
        Exposure times in s; within 0.5 and 3600. Seven tenths of their logarithm are uniform, three tenths
        follow the faintness drawn for the first frame; in blurry sets all of it is uniform.
    zodiacal : tuple of float, default (22.1, 23.3)
        Brightness of the zodiacal light, V mag / arcsec2.
    earthshine : tuple of float, default (22.5, 25.5)
        Brightness of the earthshine where there is any, V mag / arcsec2.
    earthshine_share : float, default 0.5
        Fraction of frames with earthshine.
    surface_brightness : tuple of float, default (20, 24.5)
        Mean light of a body over its first frame (over a disk of 0.7 of its radius if that is smaller), as
        the surface brightness in V (mag / arcsec2) of light of a star-forming galaxy that makes as many
        electrons in the frame's band; uniform, before anything is known of the body. Bodies of the class are
        drawn until the kind of one can have it in its view; see the documentation for where none can.
    foreground, background : tuple of float
        Numbers of foreground stars and of background galaxies relative to the usual, log-uniform.
    extinction : tuple of float, default (0, 3)
        Galactic extinction follows from the latitude, and is kept within this range, V mag.
    dates : tuple of float, default (57700, 60600)
        Starts of exposures, MJD. From October 2016 the subarrays of ACS/WFC have their present shape.
    detector : {"random", "typical", "none"}, default "random"
        Strengths of the detector's effects.
    optics : {"random", "typical"}, default "random"
        Aberrations and jitter.
    blurry : bool, default False
        Make frames whose signal is low for one of the causes, each of its own body.
    blurry_snr : float, default 1
        A blurry frame's signal-to-noise per pixel is below this, and would be above it without the cause.
    clear_snr : float, default 0
        If above 0, bodies and views are drawn again until, on a twentieth of each chip, the body's predicted
        signal-to-noise per pixel is at least this. A chip that sees none of the body is then no frame of it.
    classes : mapping of str to float
        Weights of ``CLASSES``; by default half galaxies, a quarter each nebulae and star clusters, no fields.
    kinds : mapping of str to float
        Weights of kinds within their class; by default those of ``KINDS``.
    instruments : mapping of str to float
        Weights of the cameras; by default ``acs-wfc`` and ``wfc3-uvis`` alike.
    bands : mapping of str to mapping of str to float
        For each camera the weights of its filters; by default those of the paper's lists.
    apertures : mapping of str to sequence of str
        For each camera the apertures, drawn evenly; by default ``"full"``.
    effects : mapping of str to float
        Strengths of `Effects` that hold for every frame, whatever ``detector`` says.
    causes : mapping of str to float
        Weights of the causes of blurry frames, ``CAUSES``; by default alike.

    Raises
    ------
    ParameterError
        If a value is of the wrong type or out of range, or a name is unknown.

    Examples
    --------
    >>> from astroclassify.simulate import SimulationConfig
    >>> config = SimulationConfig(exptime=(300, 600), classes={"galaxy": 1, "star cluster": 1})
    >>> path = getfixture("tmp_path") / "config.toml"
    >>> config.write(path)
    >>> SimulationConfig.read(path) == config
    True
    """

    frames_per_body: int = 2
    exptime: tuple[float, float] = (30.0, 1200.0)
    zodiacal: tuple[float, float] = (22.1, 23.3)
    earthshine: tuple[float, float] = (22.5, 25.5)
    earthshine_share: float = 0.5
    surface_brightness: tuple[float, float] = (20.0, 24.5)
    foreground: tuple[float, float] = (0.1, 30.0)
    background: tuple[float, float] = (0.3, 3.0)
    extinction: tuple[float, float] = (0.0, 3.0)
    dates: tuple[float, float] = (57_700.0, 60_600.0)
    detector: str = "random"
    optics: str = "random"
    blurry: bool = False
    blurry_snr: float = 1.0
    clear_snr: float = 0.0
    classes: Mapping = _weights({"galaxy": 0.5, "nebula": 0.25, "star cluster": 0.25})
    kinds: Mapping = _weights({kind.name: kind.weight for kind in KINDS.values()})
    instruments: Mapping = _weights({"acs-wfc": 1.0, "wfc3-uvis": 1.0})
    bands: Mapping = _weights(_default_bands())
    apertures: Mapping = _weights(dict.fromkeys(_BANDS, (FULL_FRAME,)))
    effects: Mapping = _weights({})
    causes: Mapping = _weights(dict.fromkeys(CAUSES, 1.0))

    def __post_init__(self):
        for key in (f.name for f in fields(self)):
            object.__setattr__(self, key, _checked(key, getattr(self, key)))
        _check_kinds(self)
        if self.blurry and self.clear_snr:
            raise rules.wrong("clear_snr", self.clear_snr, "0 where blurry is true")
        if self.clear_snr and "field" in self.classes:
            raise rules.wrong("classes.field", self.classes["field"], "no fields where clear_snr is above 0")
        for camera in self.instruments:
            for key in ("bands", "apertures"):
                if not getattr(self, key).get(camera):
                    raise rules.wrong(f"{key}.{camera}", "nothing", f"at least one of the {key} of {camera}")

    def __reduce__(self):
        return _from_values, (self.values(), "pickle")

    @classmethod
    def read(cls, path):
        """
        Read a configuration.

        Parameters
        ----------
        path : path-like
            TOML file; keys that are not there have their defaults. The table ``[set]`` of a set's own
            ``config.toml`` is passed over.

        Returns
        -------
        SimulationConfig
            The configuration.

        Raises
        ------
        ParameterError
            If the file cannot be read, is no TOML, or holds an unknown key or a wrong value.
        """
        values = read_values(path)
        values.pop(SET_TABLE, None)
        return _from_values(values, path)

    def write(self, path):
        """
        Write the configuration with all its values.

        Parameters
        ----------
        path : path-like
            TOML file, replaced if it exists.
        """
        write_text(tomli_w.dumps(self.values()), path)

    def values(self):
        """
        Give all values by name.

        Returns
        -------
        dict
            Numbers, strings, lists and dicts of them, as they stand in a file.
        """
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def read_values(path):
    """
    Read the values of a TOML file, unchecked.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    dict
        What stands in it.

    Raises
    ------
    ParameterError
        If it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ParameterError(
            f"{path}: the configuration cannot be read: {error.strerror or error}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path}: expected a TOML file: {error}") from error


def _from_values(values, source):
    known = [f.name for f in fields(SimulationConfig)]
    for key, value in values.items():
        if key not in known:
            problem = rules.wrong(key, value, f"one of the keys {', '.join(known)}")
            raise ParameterError(f"{source}: {problem}")
    try:
        return SimulationConfig(**values)
    except ParameterError as error:
        raise ParameterError(f"{source}: {error}") from error


def _plain(value):
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


# Checks --------------------------------------------------------------------------------------


def _checked(key, value):
    if key in _RANGES:
        return _checked_range(key, value)
    return _CHECKS[key](key, value)


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _checked_range(key, value):
    lowest, highest, unit = _RANGES[key]
    if not (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(map(_is_number, value))
        and lowest <= value[0] <= value[1] <= highest
    ):
        limits = f"within {lowest:g} and {highest:g} ({unit})"
        raise rules.wrong(key, value, f"two numbers {limits}, the smaller one first")
    return float(value[0]), float(value[1])


def _checked_weights(allowed):
    """Check a table of weights; `allowed` gives the names that may stand in the table of a key."""

    def checked(key, value):
        _check_table(key, value)
        names = list(allowed(key))
        for name, weight in value.items():
            if name not in names:
                raise rules.wrong(f"{key}.{name}", weight, f"one of the keys {', '.join(names)}")
            if not (_is_number(weight) and 0 <= weight < float("inf")):
                raise rules.wrong(f"{key}.{name}", weight, "a weight, zero or more")
        if not sum(value.values()) > 0:
            raise rules.wrong(key, dict(value), "at least one weight above zero")
        return MappingProxyType({name: float(weight) for name, weight in value.items() if weight > 0})

    return checked


def _check_table(key, value):
    if not isinstance(value, Mapping):
        raise rules.wrong(key, value, "a table")


def _checked_bands(key, value):
    _check_cameras(key, value)
    checked = _checked_weights(lambda table: [band for camera, band in BANDS if table == f"{key}.{camera}"])
    return MappingProxyType({camera: checked(f"{key}.{camera}", table) for camera, table in value.items()})


def _checked_apertures(key, value):
    _check_cameras(key, value)
    return MappingProxyType({camera: _names(key, camera, names) for camera, names in value.items()})


def _names(key, camera, names):
    known = (FULL_FRAME, *dict.fromkeys(layout.name for layout in INSTRUMENTS[camera].layouts))
    for name in names if isinstance(names, list | tuple) else [names]:
        if name not in known:
            raise rules.wrong(f"{key}.{camera}", name, f"a list of some of {', '.join(map(repr, known))}")
    return tuple(names)


def _checked_effects(key, value):
    _check_table(key, value)
    known = {f.name: f for f in fields(Effects)}
    for name, strength in value.items():
        if name not in known:
            raise rules.wrong(f"{key}.{name}", strength, f"one of the keys {', '.join(known)}")
        if not isinstance(strength, bool | int | float):
            raise rules.wrong(f"{key}.{name}", strength, "a number, or true or false")
        try:
            Effects(**{name: strength})
        except ParameterError as error:
            raise ParameterError(f"{key}.{error}") from error
    return MappingProxyType(dict(value))


def _cameras(key):
    """The cameras whose raw files can be written; `key` is not used."""
    return list(_BANDS)


def _check_cameras(key, value):
    _check_table(key, value)
    for camera, table in value.items():
        if camera not in _cameras(key):
            raise rules.wrong(f"{key}.{camera}", table, f"one of the keys {', '.join(_cameras(key))}")


def _check_kinds(config):
    drawn = {KINDS[name].label for name in config.kinds}
    for label in config.classes:
        if label not in drawn:
            kinds = ", ".join(kind.name for kind in KINDS.values() if kind.label == label)
            raise rules.wrong(
                "kinds", dict(config.kinds), f"at least one kind of the class {label!r}: {kinds}"
            )


_NUMBER = u.dimensionless_unscaled
_CHECKS = {
    "frames_per_body": rules.whole(1, 1000),
    "earthshine_share": rules.quantity(_NUMBER, 0.0, 1.0),
    "detector": rules.one_of("random", "typical", "none"),
    "optics": rules.one_of("random", "typical"),
    "blurry": rules.flag,
    "blurry_snr": rules.quantity(_NUMBER, 0.01, 100.0),
    "clear_snr": rules.quantity(_NUMBER, 0.0, 100.0),
    "classes": _checked_weights(lambda key: CLASSES),
    "kinds": _checked_weights(lambda key: KINDS),
    "instruments": _checked_weights(_cameras),
    "bands": _checked_bands,
    "apertures": _checked_apertures,
    "effects": _checked_effects,
    "causes": _checked_weights(lambda key: CAUSES),
}
