"""Validate the docstrings of what rooms offer; the rules are in pyproject.toml.

That is what a room gives users (``__all__``) or other rooms, and the public methods of the classes.
numpydoc's own file-based check cannot see the parameters of a dataclass.
"""

import inspect
import pkgutil
import sys
import tomllib
from importlib import import_module
from pathlib import Path

from numpydoc.validate import validate

import astroclassify


def offered_names():
    """Yield the dotted name of every function, class and method that a room offers, once."""
    rooms = ["astroclassify"]
    rooms += [f"astroclassify.{m.name}" for m in pkgutil.iter_modules(astroclassify.__path__) if m.ispkg]
    seen = set()
    for room in rooms:
        module = import_module(room)
        for name in dir(module):
            obj = None if name.startswith("_") else getattr(module, name)
            if not (inspect.isfunction(obj) or inspect.isclass(obj)) or obj in seen:
                continue
            if not obj.__module__.startswith("astroclassify"):
                continue
            seen.add(obj)
            yield f"{room}.{name}"
            if inspect.isclass(obj):
                yield from (f"{room}.{name}.{method}" for method in public_methods(obj))


def public_methods(cls):
    """List the public methods and properties that a class itself defines."""
    own = {name: value for name, value in vars(cls).items() if not name.startswith("_")}
    kinds = (property, classmethod, staticmethod)
    return [name for name, value in own.items() if inspect.isfunction(value) or isinstance(value, kinds)]


def main():
    """Print what is wrong; the exit status says whether anything is."""
    pyproject = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text("utf-8"))
    checks = set(pyproject["tool"]["numpydoc_validation"]["checks"])
    names = list(offered_names())
    found = 0
    for name in names:
        result = validate(name)
        for code, message in result["errors"]:
            if code in checks:
                found += 1
                print(f"{result['file']}:{result['file_line']}: {name}: {code} {message}")
    print(f"{len(names)} docstrings, {found} faults")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
