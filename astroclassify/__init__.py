"""What is this frame part of: a galaxy, or a nebula / star cluster?

``from astroclassify import classify; classify(ccddata)`` answers at once. Importing
this package loads neither torch nor matplotlib; the public names below are
resolved when they are first asked for.
"""

from importlib import import_module as _import_module

_PUBLIC = {
    "Classification": "astroclassify.inference",
    "classify": "astroclassify._api",
    "classify_group": "astroclassify._group",
    "classify_many": "astroclassify._api",
    "classify_sources": "astroclassify._classify_sources",
    "conf": "astroclassify.core",
    "read_frames": "astroclassify.io",
    "watch_folder": "astroclassify._watching",
    "write_raw": "astroclassify.io",
}

__all__ = [
    "Classification",
    "__version__",
    "classify",
    "classify_group",
    "classify_many",
    "classify_sources",
    "conf",
    "read_frames",
    "watch_folder",
    "write_raw",
]


def __getattr__(name):
    if name == "__version__":
        from astroclassify.core import package_version

        return package_version()
    if name in _PUBLIC:
        value = getattr(_import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'astroclassify' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
