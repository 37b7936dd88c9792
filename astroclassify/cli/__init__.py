"""The ``astroclassify`` command."""

from astroclassify.cli._main import main

__all__ = []
