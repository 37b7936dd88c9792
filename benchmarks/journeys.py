"""How far does a reader of the code walk? Two journeys through the package, traced.

Run ``python benchmarks/journeys.py [NAME ...]``: *classify* goes from a raw file to the answer for a
chip, *simulate* from nothing to a raw file of one exposure. For each, the first time in a session, when
tables and weights are loaded, and the second: calls of the package's own functions (nested ones and
comprehensions too), how many different ones in how many files, and how deep they go, one calling another.
"""

import argparse
import sys
import tempfile
import threading
import warnings
from collections import Counter
from pathlib import Path

import astroclassify
from astroclassify import classify
from astroclassify.simulate import simulate_exposure

PACKAGE = str(Path(astroclassify.__file__).parent)
_FORMAT = "{:10} {:6} {:>7} {:>10} {:>6} {:>6}"


class Trace:
    """Calls of the package's own functions, in all threads, while it is open."""

    def __init__(self):
        self.calls, self.deepest = Counter(), 0
        self._local = threading.local()

    def __enter__(self):
        threading.setprofile(self._seen)
        sys.setprofile(self._seen)
        return self

    def __exit__(self, *error):
        sys.setprofile(None)
        threading.setprofile(None)

    def _seen(self, frame, event, _):
        code = frame.f_code
        if not code.co_filename.startswith(PACKAGE):
            return
        depth = getattr(self._local, "depth", 0)
        if event == "call":
            self._local.depth = depth + 1
            self.calls[code.co_filename, code.co_firstlineno, code.co_name] += 1
            self.deepest = max(self.deepest, depth + 1)
        elif event == "return":
            self._local.depth = depth - 1

    @property
    def row(self):
        """Calls, functions, files and depth (tuple of int)."""
        files = {name for name, _, _ in self.calls}
        return self.calls.total(), len(self.calls), len(files), self.deepest


def simulated(folder):
    """Simulate one exposure to a file; give its path."""
    path = Path(folder) / "jsim00abq_raw.fits"
    simulate_exposure("spiral", "acs-wfc", "F606W", 300.0, rng=1).write(path, overwrite=True)
    return path


def classified(path):
    """Classify a chip of a raw file."""
    return classify(path, chip=1)


def traced(journey, argument):
    """Walk, and give the trace."""
    with Trace() as trace:
        journey(argument)
    return trace


def main():
    """Walk the journeys asked for, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", default=["classify", "simulate"])
    parser.add_argument("--most", type=int, default=0, help="show so many functions that are called most")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    print(_FORMAT.format("journey", "time", "calls", "functions", "files", "depth"))
    with tempfile.TemporaryDirectory() as folder:
        traces = {("simulate", time): traced(simulated, folder) for time in ("first", "again")}
        path = simulated(folder)
        traces |= {("classify", time): traced(classified, path) for time in ("first", "again")}
    for (name, time), trace in traces.items():
        if name in chosen.names:
            print(_FORMAT.format(name, time, *trace.row))
            for (file, line, function), calls in trace.calls.most_common(chosen.most):
                print(f"    {calls:6} {function} ({Path(file).relative_to(PACKAGE)}:{line})")


if __name__ == "__main__":
    main()
