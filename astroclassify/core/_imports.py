"""Imports that happen late: by ``"package.module:name"`` string, or of optional packages."""

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
