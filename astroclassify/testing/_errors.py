"""How broken contracts are collected, rule by rule, and reported."""

import re

import numpy as np

from astroclassify.core import PluginError

#: What tells apart where one rule is broken: sizes, kinds of frames, targets.
_WHERE = re.compile(r"\d+|(?<=\)) \([a-z ]+\)| with a WCS| for (?:galaxy|nsc)\b")


class ContractError(PluginError):
    """
    A plug-in breaks rules of its contract.

    Parameters
    ----------
    name : str
        The plug-in.
    problems : sequence of str
        One sentence per broken rule; also an attribute.

    Examples
    --------
    >>> from astroclassify.testing import ContractError
    >>> error = ContractError("my-model", ["the classes are galaxies, nsc; expected galaxy, nsc"])
    >>> print(error)
    my-model breaks 1 rule(s) of its contract:
      * the classes are galaxies, nsc; expected galaxy, nsc
    >>> error.problems
    ('the classes are galaxies, nsc; expected galaxy, nsc',)
    """

    def __init__(self, name, problems):
        self.problems = tuple(problems)
        lines = "".join(f"\n  * {problem}" for problem in self.problems)
        super().__init__(f"{name} breaks {len(self.problems)} rule(s) of its contract:{lines}")


class Findings:
    """
    Broken rules, collected one by one.

    Parameters
    ----------
    name : str
        The plug-in.
    """

    def __init__(self, name):
        self.name = name
        self.problems = []

    def expect(self, condition, problem):
        """
        Note a problem unless a condition holds.

        Parameters
        ----------
        condition : bool
            What should be true.
        problem : str
            What is wrong where it is not.

        Returns
        -------
        bool
            The condition.
        """
        if not condition:
            self.problems.append(problem)
        return bool(condition)

    def attempt(self, what, function, *arguments, gives=None):
        """
        Call a function; that it raises, or gives something of another type, is a problem too.

        Parameters
        ----------
        what : str
            What is being done, for the message.
        function : callable
            What to call.
        *arguments
            Its arguments.
        gives : type, optional
            What its result should be; by default anything.

        Returns
        -------
        object or None
            Its result; `None` where there is a problem.
        """
        try:
            found = function(*arguments)
        except Exception as error:  # a plug-in may fail in any way
            self.problems.append(f"{what} raised {type(error).__name__}: {error}")
            return None
        fits = gives is None or isinstance(found, gives)
        return (
            found
            if self.expect(
                fits, f"{what} is a {type(found).__name__}, not a {getattr(gives, '__name__', '')}"
            )
            else None
        )

    def report(self):
        """
        Raise what was found, if anything was.

        Raises
        ------
        ContractError
            If there is a problem.
        """
        if self.problems:
            raise ContractError(self.name, _grouped(self.problems))


def _grouped(problems):
    """Say once what is wrong in the same way with several frames, for several targets, in other numbers."""
    groups = {}
    for problem in problems:
        groups.setdefault(_WHERE.sub("#", problem), []).append(problem)
    return [
        first if not more else f"{first} (and so for {len(more)} more)" for first, *more in groups.values()
    ]


def holds_numbers(values):
    """
    Say whether values are real numbers.

    Parameters
    ----------
    values : array_like
        Such as a column, or a map.

    Returns
    -------
    bool
        Whether their type is one of integers or of floats.
    """
    return np.asarray(values).dtype.kind in "iuf"
