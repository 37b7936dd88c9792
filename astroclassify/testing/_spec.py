"""What every entry keeps that is plain data: it pickles, hashes, and looking it up imports nothing heavy."""

import os
import pickle
import subprocess
import sys

from astroclassify.core import import_string

_HEAVY = ("torch", "matplotlib")
_LOOK_UP = """
import sys
from astroclassify.core import import_string
import_string(sys.argv[1])[sys.argv[2]]
sys.stdout.write(" ".join(name for name in sys.argv[3:] if name in sys.modules))
"""


def check_spec(spec, registry, findings):
    """
    Check an entry as plain data.

    Parameters
    ----------
    spec : object
        The entry; it has a ``name``.
    registry : str
        Where its registry is, ``"package.module:NAME"``.
    findings : Findings
        Where broken rules are noted.
    """
    copied = findings.attempt("pickling the spec", lambda: pickle.loads(pickle.dumps(spec)))
    findings.expect(copied is None or copied == spec, "a pickled copy of the spec differs from it")
    findings.attempt("hashing the spec", hash, spec)
    if _is_declared(spec, import_string(registry)):
        loaded = _heavy_modules_of_lookup(registry, spec.name)
        findings.expect(
            not loaded,
            f"looking it up imports {loaded}; import them where the work is done",
        )


def _is_declared(spec, entries):
    """Say whether a distribution declares it, and not this session only."""
    owners = {entry.owner for entry in entries.entries() if entry.name == spec.name}
    return bool(owners - {"this session"}) and entries[spec.name] == spec


def _heavy_modules_of_lookup(registry, name):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", _LOOK_UP, registry, name, *_HEAVY]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    return done.stdout if done.returncode == 0 else f"(the look-up failed: {done.stderr.strip()[-300:]})"
