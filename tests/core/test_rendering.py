"""Results are drawn by whoever is registered for their kind."""

import pytest

from astroclassify.core import RENDERERS, PluginError, UnknownNameError, render


@pytest.fixture
def kind():
    """Register a renderer that gives back what it is called with, for one test (str)."""
    RENDERERS.register("a-kind-for-a-test", lambda result, *, ax=None, **options: (result, ax, options))
    yield "a-kind-for-a-test"
    RENDERERS.unregister("a-kind-for-a-test")


def test_a_result_goes_to_the_renderer_of_its_kind(kind):
    assert render(kind, "a result", ax="axes", colour="red") == ("a result", "axes", {"colour": "red"})


def test_a_kind_that_nobody_draws_is_named():
    with pytest.raises(UnknownNameError, match=r"no renderer is named 'weather'.*classification"):
        render("weather", None)


def test_what_cannot_be_called_is_no_renderer():
    with pytest.raises(PluginError, match="expected a Callable"):
        RENDERERS.register("a-number", 3)
