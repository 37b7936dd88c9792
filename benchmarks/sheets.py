"""Contact sheets, kind by kind: ``python benchmarks/sheets.py TARGET --pictures FOLDER --kind spiral``.

Writes ``TARGET/KIND.png`` for each kind of body: rows of real pictures of FOLDER (``labels.csv``: file, body,
label, kind, subclass), and below each a row of simulated photographs of the same kind, cut, averaged and
stretched alike (`realism.matched`). Without ``--pictures`` all rows are simulated. A seed gives one
sheet.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from realism import labelled, matched, simulated_picture, strips


def pictures_of(kind, folder):
    """Read the real pictures of a kind as they are compared."""
    from astroclassify.io import read_frames

    files = [file for file, _, found in labelled(folder) if found == kind]
    return [matched(read_frames(Path(folder) / file)[0].data) for file in files]


def sheet_of(kind, *, folder=None, across=8, rows=1, seed=12):
    """Give rows of real pictures of a kind, if there are any, each above a row of simulated ones."""
    real = [] if folder is None else pictures_of(kind, folder)
    number = max(len(real), across * rows)
    drawn = [simulated_picture(kind, seed + n) for n in range(number)]
    return np.vstack(strips(kind, {"real": real, "simulated": drawn}, across=across))


def main():
    """Draw the sheets."""
    from astroclassify.simulate import KINDS

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", type=Path, help="folder for the sheets, PNG")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="labelled pictures to stand above")
    parser.add_argument(
        "--kind", action="append", choices=list(KINDS), help="only this kind; again for others"
    )
    parser.add_argument("--across", type=int, default=8, help="pictures in a row (default: %(default)s)")
    parser.add_argument("--rows", type=int, default=1, help="rows of simulated ones at least")
    parser.add_argument("--seed", type=int, default=12)
    chosen = parser.parse_args()
    chosen.target.mkdir(parents=True, exist_ok=True)
    options = {"folder": chosen.pictures, "across": chosen.across, "rows": chosen.rows, "seed": chosen.seed}
    for kind in chosen.kind or KINDS:
        Image.fromarray(sheet_of(kind, **options)).save(chosen.target / f"{kind}.png")


if __name__ == "__main__":
    main()
