"""``python -m astroclassify``: the same as the ``astroclassify`` command."""

import sys

from astroclassify.cli import main

if __name__ == "__main__":
    sys.exit(main())
