"""Imports that happen late: by ``"package.module:name"`` string, or of optional packages."""

import sys
from importlib import import_module

from astroclassify.core._errors import OptionalDependencyError, PluginError


def import_string(path):
    """
    Import the object that a ``"package.module:name"`` string names.

    Parameters
    ----------
    path : str
        Dotted module path, a colon, and the attribute's name.

    Returns
    -------
    object
        The imported attribute.

    Raises
    ------
    PluginError
        If the string is malformed, or the module or attribute is not there.

    Examples
    --------
    >>> from astroclassify.core import import_string
    >>> import_string("math:floor")(1.5)
    1
    """
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise PluginError(f"{path!r} is not an import path; expected 'package.module:name'")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise PluginError(f"cannot import {path!r}: {error}") from error


def optional_import(module, *, needed_for, extra):
    """
    Import a package that only some features need.

    Parameters
    ----------
    module : str
        Dotted module path.
    needed_for : str
        What the user was doing, for the message.
    extra : str
        The extra of astroclassify that installs the package.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    OptionalDependencyError
        If the package is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise OptionalDependencyError(
            f"{needed_for} needs the package {error.name!r}, which is not installed; "
            f"run: pip install 'astroclassify[{extra}]'"
        ) from error


def lazy_names(package, modules, *, public=None):
    """
    Give a package the names of its modules without importing them all.

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    modules : mapping of str to tuple of str
        The package's modules, relative to it, and the names that each defines for others.
    public : iterable of str, optional
        Which of these the package promises to users; by default all.

    Returns
    -------
    getattr_, dir_ : callable
        The package's ``__getattr__``, which imports a name's module when the name is first asked for, and
        its ``__dir__``.
    names : list of str
        Its ``__all__``.

    Examples
    --------
    >>> from astroclassify.core import lazy_names
    >>> find, listed, names = lazy_names("os", {"path": ("join", "split")}, public=["join"])
    >>> find("split")("a/b"), names
    (('a', 'b'), ['join'])
    """
    module_of = {name: module for module, names in modules.items() for name in names}
    known = vars(sys.modules[package])

    def find(name):
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return known.setdefault(name, getattr(import_module(f"{package}.{module_of[name]}"), name))

    return find, lambda: sorted({*known, *module_of}), sorted(module_of if public is None else public)
