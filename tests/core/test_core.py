"""Registries, errors, late imports, progress and provenance."""

import builtins
from importlib.metadata import EntryPoint

import pytest

import astroclassify.core as core
from astroclassify.core import (
    AstroclassifyError,
    DuplicateNameError,
    OptionalDependencyError,
    PluginError,
    Registry,
    UnknownNameError,
    import_string,
    optional_import,
    package_version,
    progress_bar,
    provenance,
)

GROUP = "astroclassify.test_things"


class _Distribution:
    def __init__(self, name):
        self.name = name


def _declared(monkeypatch, *entries):
    points = []
    for name, value, owner in entries:
        point = EntryPoint(name, value, GROUP)
        points.append(point._for(_Distribution(owner)))
    monkeypatch.setattr("astroclassify.core._registry.entry_points", lambda group: points)


@pytest.mark.parametrize("error", [e for e in vars(core).values() if isinstance(e, type)])
def test_every_error_is_ours_and_a_built_in(error):
    if error is not AstroclassifyError and issubclass(error, AstroclassifyError):
        builtin = [c for c in error.__mro__ if c.__module__ == builtins.__name__]
        assert builtin[0] not in (Exception, BaseException, object)


def test_listing_imports_nothing_and_getting_does(monkeypatch):
    _declared(monkeypatch, ("square", "no_such_module:x", "broken-dist"), ("pi", "math:pi", "good-dist"))
    things = Registry(GROUP, kind="thing")
    assert list(things) == ["pi", "square"]
    assert len(things) == 2
    assert things["pi"] == pytest.approx(3.14159, abs=1e-5)


def test_a_broken_plugin_names_its_distribution_when_asked_for(monkeypatch):
    _declared(monkeypatch, ("square", "no_such_module:x", "broken-dist"))
    with pytest.raises(PluginError, match=r"square.*broken-dist.*no_such_module"):
        Registry(GROUP, kind="thing")["square"]


def test_a_duplicate_name_names_both_owners(monkeypatch):
    _declared(monkeypatch, ("pi", "math:pi", "one-dist"), ("pi", "cmath:pi", "two-dist"))
    things = Registry(GROUP, kind="thing")
    assert list(things) == ["pi"]
    assert [entry.owner for entry in things.entries()] == ["one-dist", "two-dist"]
    with pytest.raises(DuplicateNameError, match=r"one-dist.*two-dist"):
        things["pi"]


def test_the_same_entry_seen_twice_is_no_duplicate(monkeypatch):
    _declared(monkeypatch, ("pi", "math:pi", "one-dist"), ("pi", "math:pi", "one-dist"))
    assert Registry(GROUP, kind="thing")["pi"] > 3


def test_distributions_are_looked_through_once_until_a_name_is_missing_or_the_path_changes(
    monkeypatch, tmp_path
):
    asked = []
    points = [EntryPoint("pi", "math:pi", GROUP)._for(_Distribution("one-dist"))]
    monkeypatch.setattr(
        "astroclassify.core._registry.entry_points", lambda group: asked.append(group) or list(points)
    )
    things = Registry(GROUP, kind="thing")
    assert (list(things), "pi" in things, things["pi"] > 3, len(things)) == (["pi"], True, True, 1)
    assert asked == [GROUP]
    points.append(EntryPoint("e", "math:e", GROUP)._for(_Distribution("new-dist")))
    assert things["e"] < 3
    assert asked == [GROUP] * 2
    monkeypatch.syspath_prepend(tmp_path)
    assert list(things) == ["e", "pi"]
    assert asked == [GROUP] * 3


def test_an_unknown_name_gets_the_list_and_the_nearest_match(monkeypatch):
    _declared(monkeypatch, ("spiral", "math:pi", "d"), ("globular", "math:e", "d"))
    with pytest.raises(UnknownNameError, match=r"globular, spiral.*did you mean 'spiral'"):
        Registry(GROUP, kind="thing")["spirl"]


def test_an_entry_of_the_wrong_type_is_refused(monkeypatch):
    _declared(monkeypatch, ("pi", "math:pi", "one-dist"))
    with pytest.raises(PluginError, match=r"float; expected a str"):
        Registry(GROUP, kind="thing", expected_type=str)["pi"]


def test_a_session_can_add_and_remove_its_own():
    things = Registry(GROUP, kind="thing", expected_type=int)
    things.register("one", 1)
    assert things["one"] == 1
    assert "one" in things
    with pytest.raises(DuplicateNameError, match="this session"):
        things.register("one", 2)
    with pytest.raises(PluginError, match="str"):
        things.register("two", "2")
    things.unregister("one")
    assert "one" not in things
    with pytest.raises(UnknownNameError):
        things.unregister("one")


@pytest.mark.parametrize("path", ["math", "math:", ":pi", "math:no_such_name", "no_such_module:x"])
def test_a_wrong_import_path_is_said_to_be_one(path):
    with pytest.raises(PluginError, match=path):
        import_string(path)


def test_a_missing_package_says_what_to_install():
    with pytest.raises(
        OptionalDependencyError, match=r"drawing needs .*'no_such_package'.*astroclassify\[plot\]"
    ):
        optional_import("no_such_package", needed_for="drawing", extra="plot")


def test_progress_is_silent_unless_wanted(capsys):
    assert list(progress_bar(range(3), progress=None)) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")
    assert list(progress_bar(range(3), progress=True, description="frames")) == [0, 1, 2]
    assert "frames" in capsys.readouterr().err


def test_provenance_holds_versions_time_and_parameters():
    facts = provenance(model="patchnet")
    assert facts["model"] == "patchnet"
    assert facts["versions"]["astropy"] == package_version("astropy")
    assert facts["created"].endswith("+00:00")
    assert package_version("no-such-distribution") == "not installed"
