"""Whose pictures the default model has learnt from: ``python benchmarks/credits.py > docs/credits.rst``.

The page follows from the card of the shipped weights alone, so it names every picture and no other.
"""

import argparse
import json
from importlib.resources import files

_START = """\
Credits
=======

The default model, ``patchnet``, has learnt from simulated frames and from pictures of real bodies that are
licensed for it: as photographs, and as scenes that were exposed again. The pictures are no part of
the package. We thank all who made them. This page is written by ``benchmarks/credits.py`` from the card of
the weights.

*Stated* means that the source of the picture states the licence. For the others it was inferred from the
picture's origin; these rows are to be checked one by one before a public release.

"""


def page(card):
    """Give the page as lines of reStructuredText."""
    pictures = card["training"].get("pictures", [])
    stated = sum(picture.get("verified") == "1" for picture in pictures)
    bodies = len({picture["body"] for picture in pictures})
    lines = [_START + f"{len(pictures)} pictures of {bodies} bodies; the licence of {stated} is stated.\n"]
    if "pretrained" in card["training"]:
        lines.append(_pretrained(card["training"]["pretrained"]))
    lines += [".. list-table::", "   :header-rows: 1", "   :widths: 16 44 28 12", ""]
    for row in [("body", "picture by", "licence", "stated"), *map(_row, pictures)]:
        lines += [f"   {'*' if n == 0 else ' '} - {value}" for n, value in enumerate(row)]
    return "\n".join(lines)


def _pretrained(start):
    return (
        f"Its convolutions started from weights of {start['network']} that had learnt from {start['data']}. "
        f"Source: {start['source']}. Licence: {start['licence']}. Whether the terms of those pictures bind "
        "what was learnt from them is to be settled before a public release.\n"
    )


def _row(picture):
    source = picture["source"].replace("<", "").replace(">", "").replace("`", "").rstrip("; ")
    return (
        picture["body"],
        f"``{source}``",
        picture["licence"],
        "yes" if picture.get("verified") == "1" else "no",
    )


def main():
    """Print the page."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(page(json.loads((files("astroclassify.models") / "data/patchnet.json").read_text())))


if __name__ == "__main__":
    main()
