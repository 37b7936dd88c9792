"""One mechanism for models, instruments, readers, detectors and explainers.

A registry is a view on an entry-point group. Listing reads distribution metadata
only; the object behind a name is imported when it is asked for, and only then can a
broken plug-in raise.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from astroclassify.core._errors import DuplicateNameError, PluginError, UnknownNameError


@dataclass(frozen=True)
class Entry:
    """
    One declared name of a registry; its object is not yet imported.

    Parameters
    ----------
    name : str
        The registered name.
    owner : str
        The distribution (or ``"this session"``) that declares it.
    target : str
        Where the object lives, ``"package.module:attribute"``.
    """

    name: str
    owner: str
    target: str


class Registry(Mapping):
    """
    The entries of one kind, built-in and third-party alike.

    Parameters
    ----------
    group : str
        Entry-point group, for example ``"astroclassify.models"``.
    kind : str
        What an entry is, for messages, for example ``"model"``.
    expected_type : type, optional
        Every object of the registry must be an instance of it.
    spelling : callable, optional
        ``spelling(name) -> str``, the registered name for another way to write it; asked where no entry has
        the name as it stands.

    Examples
    --------
    >>> from astroclassify.core import Registry
    >>> shapes = Registry("example.shapes", kind="shape")
    >>> shapes.register("disk", object())
    >>> list(shapes)
    ['disk']
    """

    def __init__(self, group, *, kind, expected_type=object, spelling=None):
        self.group = group
        self.kind = kind
        self.expected_type = expected_type
        self._spelling = spelling
        self._session: dict[str, Any] = {}
        self._loaded: dict[str, Any] = {}
        self._found: tuple[tuple[str, ...], dict[Entry, EntryPoint]] | None = None

    def register(self, name, obj):
        """
        Add an object for this session only (a package declares an entry point instead).

        Parameters
        ----------
        name : str
            The new name.
        obj : object
            An instance of the registry's type.

        Raises
        ------
        DuplicateNameError
            If the name is taken.
        PluginError
            If the object has the wrong type.
        """
        taken = [entry.owner for entry in self.entries() if entry.name == name]
        if taken:
            raise DuplicateNameError(f"the {self.kind} name {name!r} is already taken by {taken[0]}")
        self._session[name] = self._checked(name, obj, "this session")

    def unregister(self, name):
        """
        Remove an object that this session registered.

        Parameters
        ----------
        name : str
            A name given to `register` before.

        Raises
        ------
        UnknownNameError
            If this session did not register the name.
        """
        if name not in self._session:
            raise UnknownNameError(f"this session registered no {self.kind} named {name!r}")
        del self._session[name]

    def entries(self):
        """
        List what is declared, importing nothing.

        Returns
        -------
        list of Entry
            Sorted by name; a name that two distributions declare appears twice.
        """
        declared = set(self._declared())
        declared |= {
            Entry(name, "this session", f"{type(obj).__module__}:{type(obj).__qualname__}")
            for name, obj in self._session.items()
        }
        return sorted(declared, key=lambda entry: (entry.name, entry.owner, entry.target))

    def _declared(self):
        """
        Find what distributions declare: entry points by `Entry`.

        Looking through all distributions takes as long as reading a frame, so it is done once for
        each ``sys.path``, and again for a name that is not there.
        """
        paths = tuple(sys.path)
        if self._found is None or self._found[0] != paths:
            points = entry_points(group=self.group)
            self._found = paths, {Entry(p.name, _owner(p), p.value): p for p in points}
        return self._found[1]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({entry.name for entry in self.entries()}))

    def __len__(self):
        return sum(1 for _ in self)

    def __contains__(self, name):
        name = self._spelled(name)
        return any(entry.name == name for entry in self.entries())

    def __getitem__(self, name):
        if not isinstance(name, str):
            raise UnknownNameError(self._unknown_message(name)).with_facts(found=name, expected=tuple(self))
        name = self._spelled(name)
        if name in self._session:
            return self._session[name]
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def _spelled(self, name):
        if self._spelling is None or not isinstance(name, str) or name in (*self._session, *self._loaded):
            return name
        other = self._spelling(name)
        return other if any(entry.name == other for entry in self.entries()) else name

    def _load(self, name):
        named = [entry for entry in self._declared() if entry.name == name]
        if not named:
            self._found = None  # it may have been installed since
            named = [entry for entry in self._declared() if entry.name == name]
        if not named:
            raise UnknownNameError(self._unknown_message(name)).with_facts(found=name, expected=tuple(self))
        if len(named) > 1:
            owners = " and ".join(sorted(f"{entry.owner} ({entry.target})" for entry in named))
            raise DuplicateNameError(
                f"the {self.kind} name {name!r} is declared by {owners}; uninstall one of them"
            )
        (entry,) = named
        obj = _import_plugin(self._declared()[entry], self.kind, entry.owner)
        return self._checked(name, obj, entry.owner)

    def _checked(self, name, obj, owner):
        if not isinstance(obj, self.expected_type):
            raise PluginError(
                f"the {self.kind} {name!r} of {owner} is a {type(obj).__name__}; "
                f"expected a {self.expected_type.__name__}"
            )
        return obj

    def _unknown_message(self, name):
        known = list(self)
        near = get_close_matches(str(name), known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"no {self.kind} is named {name!r}; there are: {', '.join(known) or 'none'}{hint}"


def _owner(point: EntryPoint):
    return point.dist.name if point.dist is not None else "an unknown distribution"


def _import_plugin(point, kind, owner):
    try:
        return point.load()
    except Exception as error:  # a plug-in may fail in any way while it is imported
        raise PluginError(
            f"the {kind} {point.name!r} of the distribution {owner} cannot be loaded from "
            f"{point.value!r}: {type(error).__name__}: {error}"
        ) from error
