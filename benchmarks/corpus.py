"""The corpus of odd inputs by kind, and every real file of a folder with its answer or refusal.

python benchmarks/corpus.py                     # the corpus: kind, inputs, right
python benchmarks/corpus.py --files ../shared/fits
"""

import argparse
import runpy
import tempfile
import warnings
from pathlib import Path

from astropy.table import Table

from astroclassify.core import AstroclassifyError

_TESTS = Path(__file__).parents[1] / "tests" / "corpus" / "test_corpus.py"


def main():
    """Print the table that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=Path, help="instead of the corpus: a folder of real files")
    arguments = parser.parse_args()
    table = of_files(arguments.files) if arguments.files else of_corpus()
    print("\n".join(table.pformat(max_lines=-1, max_width=-1)))


def of_corpus():
    """Count the inputs of every kind, those made after a source, and those read right (Table)."""
    corpus = runpy.run_path(str(_TESTS))["CORPUS"]
    rows = {kind: [0, 0, 0, 0] for kind in corpus.KINDS}
    for case in corpus.all_cases():
        counts = rows[case.kind]
        counts[0] += 1
        counts[1] += bool(case.right.refused)
        counts[2] += bool(corpus.source_of(case))
        counts[3] += _is_right(corpus, case)
    total = [sum(column) for column in zip(*rows.values(), strict=True)]
    listed = [(kind, *counts) for kind, counts in (*rows.items(), ("all", total))]
    return Table(rows=listed, names=("kind", "inputs", "to be refused", "published", "right"))


def _is_right(corpus, case):
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            corpus.check(case, Path(folder))
        except Exception as error:
            print(f"WRONG: {case}: {type(error).__name__}: {error}")
            return False
    return True


def of_files(folder):
    """Classify every FITS file of a folder: reader and answer of each frame, or the refusal (Table)."""
    from astroclassify import classify_many
    from astroclassify.io import read_frames

    rows = []
    for path in sorted(folder.glob("*.fits*")):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rows += _answers(path, classify_many, read_frames)
        rows[-1] += (_warned(caught),)
        rows = [row if len(row) == 6 else (*row, "") for row in rows]
    return Table(rows=rows, names=("file", "reader", "chip", "label", "probability", "what was said"))


def _answers(path, classify_many, read_frames):
    try:
        readers = [frame.meta["ACREADER"] for frame in read_frames(path)]
    except AstroclassifyError as error:
        return [(path.name, "refused", 0, str(error).partition(": ")[2][:90], "")]
    table = classify_many([path])
    return [
        (path.name, reader, row["chip"], row["label"] or row["error"][:90], f"{row['probability']:.2f}")
        for reader, row in zip(readers, table, strict=True)
    ]


def _warned(caught):
    texts = {str(one.message).partition(": ")[2] for one in caught if "Frame" in one.category.__name__}
    return "; ".join(sorted(texts))[:100]


if __name__ == "__main__":
    main()
