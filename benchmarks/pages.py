"""Make the tables and figures of the pages again: ``python benchmarks/pages.py --work FOLDER [NAME ...]``.

``pages.toml`` says which command makes which file of ``docs``. Without names all are made whose folders
are given (``--pictures``, ``--lists``, ``--real-fields``). ``--list`` prints the commands and runs none. Sets
and answers stay in FOLDER, so a run that was stopped goes on. A whole run takes hours; tests make the tables
from small sets and compare their columns with those in ``docs``.
"""

import argparse
import shlex
import string
import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def read_pages():
    """Read what makes which file (dict of dict)."""
    return tomllib.loads((PROJECT / "benchmarks" / "pages.toml").read_text(encoding="utf-8"))


def placeholders(entry):
    """Name the folders that an entry needs (set of str)."""
    texts = " ".join(entry["commands"])
    return {name for _, name, _, _ in string.Formatter().parse(texts) if name}


def run(entry, folders):
    """Run the commands of an entry, one after the other; the first that fails ends it."""
    programs = {"python": [sys.executable], "astroclassify": [sys.executable, "-m", "astroclassify"]}
    for number, command in enumerate(entry["commands"], start=1):
        program, *arguments = shlex.split(command.format(**folders))
        last = number == len(entry["commands"]) and "output" in entry
        done = subprocess.run(
            programs[program] + arguments,
            cwd=PROJECT,
            check=True,
            text=True,
            stdout=subprocess.PIPE if last else None,
        )
        if last:
            (PROJECT / entry["output"]).write_text(done.stdout, encoding="utf-8")


def asked():
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="entries of pages.toml (default: all)")
    parser.add_argument("--work", metavar="FOLDER", help="where sets and answers are kept")
    parser.add_argument("--pictures", metavar="FOLDER", help="labelled pictures")
    parser.add_argument("--lists", metavar="FOLDER", help="the published lists of the paper")
    parser.add_argument("--real-fields", metavar="FIELDS", help="as benchmarks/sources_real.py takes them")
    parser.add_argument("--list", action="store_true", help="print the commands, and run none")
    return parser.parse_args()


def main():
    """Make what was asked for."""
    chosen, pages = asked(), read_pages()
    folders = {name: value for name, value in vars(chosen).items() if isinstance(value, str)}
    for name in chosen.names or pages:
        entry = pages[name]
        missing = sorted(placeholders(entry) - set(folders))
        print(f"{name}: {', '.join(entry['files'])}" + (f" (needs {', '.join(missing)})" if missing else ""))
        if chosen.list:
            print("\n".join(f"    {command}" for command in entry["commands"]))
        elif not missing:
            run(entry, folders)


if __name__ == "__main__":
    main()
