"""Make the tables and figures of the pages again: ``python benchmarks/pages.py --work FOLDER [NAME ...]``.

``pages.toml`` says which command makes which file of ``docs``, and which prints the figures of which page.
What is printed is kept in FOLDER/NAME.txt. Without names all are made for which everything is given that
their commands need. ``--list`` prints the commands and runs none. Sets and answers stay in FOLDER, so a run
that was stopped goes on. A whole run takes days; tests make the tables from small sets and compare them with
those in ``docs``.
"""

import argparse
import shlex
import string
import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
#: What commands may need, by its name in braces.
NEEDED = {
    "work": "folder where sets, answers and printed tables are kept",
    "pictures": "folder of labelled pictures",
    "real": "folder of labelled photographs that are in no training",
    "lists": "folder of the published lists of the paper",
    "real_fields": "fields, as benchmarks/sources_real.py takes them",
    "frame": "a drizzled frame",
    "curves": "folder of published throughputs and point-spread functions",
    "headers": "folder of raw frames whose headers hold the distortion",
    "pools": "folder of the default model's pools",
    "lite0": "weights of EfficientNet-Lite0",
}


def read_pages():
    """Read what makes which file (dict of dict)."""
    return tomllib.loads((PROJECT / "benchmarks" / "pages.toml").read_text(encoding="utf-8"))


def placeholders(entry):
    """Name the folders that an entry needs (set of str)."""
    texts = " ".join(entry["commands"])
    return {name for _, name, _, _ in string.Formatter().parse(texts) if name}


def run(name, entry, folders):
    """Run the commands of an entry, one after the other; the first that fails ends it."""
    programs = {"python": [sys.executable], "astroclassify": [sys.executable, "-m", "astroclassify"]}
    printed = []
    for command in entry["commands"]:
        program, *arguments = shlex.split(command.format(**folders))
        done = subprocess.run(
            programs[program] + arguments, cwd=PROJECT, check=True, text=True, stdout=subprocess.PIPE
        )
        printed.append(done.stdout)
    if "output" in entry:
        (PROJECT / entry["output"]).write_text(printed[-1], encoding="utf-8")
    if "pages" in entry:
        Path(folders["work"], f"{name}.txt").write_text("\n".join(printed), encoding="utf-8")


def asked():
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="entries of pages.toml (default: all)")
    for name, what in NEEDED.items():
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="PATH", help=what)
    parser.add_argument("--list", action="store_true", help="print the commands, and run none")
    return parser.parse_args()


def main():
    """Make what was asked for."""
    chosen, pages = asked(), read_pages()
    folders = {name: getattr(chosen, name) for name in NEEDED if getattr(chosen, name)}
    for name in chosen.names or pages:
        entry = pages[name]
        missing = sorted({"work", *placeholders(entry)} - set(folders))
        made = ", ".join([*entry.get("files", ()), *(f"tables of {page}" for page in entry.get("pages", ()))])
        print(f"{name}: {made}" + (f" (needs {', '.join(missing)})" if missing else ""), flush=True)
        if chosen.list:
            print("\n".join(f"    {command}" for command in entry["commands"]))
        elif not missing:
            run(name, entry, folders)


if __name__ == "__main__":
    main()
