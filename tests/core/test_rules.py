"""What parameters may be is said by rules, and checked before anything is done."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from astropy import units as u

from astroclassify.core import ParameterError, checked, rules


@checked(time=rules.quantity(u.s, 1, 100), names=rules.several(rules.text), label=rules.optional(rules.text))
def exposed(time, names=(), *, label=None):
    """Give what it was given."""
    return time, names, label


@checked(size=rules.quantity(u.m, positive=True))
@dataclass(frozen=True)
class Thing:
    """Something of a size."""

    size: float
    colour: str = "red"


def test_values_are_handed_on_as_the_function_wants_them():
    assert exposed(1 * u.min, ["a", "b"]) == (60.0, ("a", "b"), None)
    assert Thing(20 * u.cm) == Thing(0.2)


def test_classes_and_functions_keep_their_signature_and_copies_are_checked_as_well():
    import inspect

    assert list(inspect.signature(exposed).parameters) == ["time", "names", "label"]
    assert list(inspect.signature(Thing).parameters) == ["size", "colour"]
    with pytest.raises(ParameterError, match="size"):
        replace(Thing(1.0), size=-1)


def test_a_rule_of_no_parameter_is_a_mistake_of_the_programmer():
    with pytest.raises(TypeError, match=r"exposed has no parameters \['mass'\]"):
        checked(mass=rules.text)(exposed)


@pytest.mark.parametrize(
    "time", [0, 101, np.nan, np.inf, "soon", None, True, [1, 2], 5 * u.m, object(), 10**400, np.ma.masked]
)
def test_what_is_out_of_range_or_of_another_kind_is_told(time):
    with pytest.raises(ParameterError, match=r"time is .*; expected"):
        exposed(time)


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (rules.whole(0, 3), [0, np.int64(3)], [4, -1, 1.0, True, "1", None]),
        (rules.text, ["", "a"], [1, None, b"a"]),
        (rules.flag, [True, np.bool_(False)], [0, 1, "yes", None]),
        (rules.path, ["a"], [1, b"a", None, "a\0b"]),
        (rules.shape, [(2, 3)], [(2,), 5, (0, 3), (1.5, 3), "ab", 3 * u.m, {2, 3}]),
        (rules.randomness, [1, None, np.random.default_rng(1)], ["a", -1, 1.5, object()]),
        (rules.one_of("a", "b"), ["a"], ["c", 1, None]),
        (rules.instance(dict), [{}], [[], dict]),
        (rules.having("a mapping", "keys"), [{}], [[], dict]),
        (rules.numbers(u.deg, 2), [(1, 2), [1, 2] * u.rad], [(1,), 1 * u.deg, "12", (1, np.nan)]),
        (rules.either(rules.text, rules.whole()), ["a", 1], [None, 0, 1.5]),
        (rules.several(rules.whole()), [[1, 2], ()], [1, "12", [0]]),
    ],
)
def test_each_rule_takes_what_is_right_and_nothing_else(rule, good, bad):
    for value in good:
        rule("it", value)
    for value in bad:
        with pytest.raises(ParameterError, match="it"):
            rule("it", value)
