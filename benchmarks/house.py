"""The house in figures: rooms, lines, imports, repeated code, lengths.

Run ``python benchmarks/house.py [FOLDER ...]``: one column for each checkout (by default this one), so
that a change can be seen before and after; with ``--rooms`` the lines and the share of comments of each
folder of the package. Lines are lines of code: blank lines, comments and docstrings do not count. A private
import takes a module or a name with an underscore from another room. Code is shared where six or more lines
in a row stand in two places, alike but for names and values (imports do not count).
"""

import argparse
import ast
import io
import keyword
import statistics
import tokenize
from collections import defaultdict
from itertools import combinations
from pathlib import Path

PACKAGE = "astroclassify"
SHARED_LINES = 6
#: Runs that stand in more places than this are idioms, not copies.
_COMMON = 8
_PASSED_OVER = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER)


class Module:
    """A module: its room, its tree, and its lines of code."""

    def __init__(self, path, root):
        self.path = path.relative_to(root)
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.docstrings = set(_docstring_lines(self.tree))
        self.imports = set(_import_lines(self.tree))
        self.shapes = self._shapes()

    @property
    def room(self):
        """The room that the module is part of (str)."""
        return self.path.parts[1].removesuffix(".py")

    @property
    def lines(self):
        """The number of lines of code (int)."""
        return len(self.shapes)

    def _shapes(self):
        """Give each line of code by its number: its tokens, with names and values replaced."""
        shapes = defaultdict(list)
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type in _PASSED_OVER or token.start[0] in self.docstrings or not token.string.strip():
                continue
            shapes[token.start[0]].append(_shape(token))
        return {number: " ".join(tokens) for number, tokens in shapes.items()}

    def comments(self):
        """
        Count the lines that hold a comment.

        Returns
        -------
        int
            Their number.
        """
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return sum(token.type == tokenize.COMMENT for token in tokens)

    def functions(self):
        """
        Give the lengths of functions.

        Returns
        -------
        list of int
            Lines of code from ``def`` to the end.
        """
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return [self._length(node) for node in ast.walk(self.tree) if isinstance(node, kinds)]

    def classes(self):
        """
        Give the lengths of classes.

        Returns
        -------
        list of int
            Lines of code.
        """
        return [self._length(node) for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]

    def _length(self, node):
        return sum(node.lineno <= number <= node.end_lineno for number in self.shapes)

    def private_imports(self):
        """
        List what the module takes from behind other rooms' doors.

        Returns
        -------
        list of str
            One for each import statement.
        """
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
                room, *inner = node.module.split(".")[1:]
                names = [alias.name for alias in node.names]
                if room != self.room and any(part.startswith("_") for part in [*inner, *names]):
                    found.append(f"{self.path}:{node.lineno}: {node.module} ({', '.join(names)})")
        return found

    def public_names(self):
        """
        Give what the module promises to users.

        Returns
        -------
        list of str
            The entries of ``__all__``; where ``lazy_names`` makes it, ``public``, or else all of its names.
        """
        for node in self.tree.body:
            if not isinstance(node, ast.Assign):
                continue
            targets = [getattr(each, "id", "") for target in node.targets for each in ast.walk(target)]
            if "__all__" in targets and isinstance(node.value, ast.Call):
                keywords = {keyword.arg: keyword.value for keyword in node.value.keywords}
                if "public" in keywords:
                    return list(ast.literal_eval(keywords["public"]))
                return [name for names in ast.literal_eval(node.value.args[1]).values() for name in names]
            if "__all__" in targets:
                return list(ast.literal_eval(node.value))
        return []


def _shape(token):
    if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
        return "name"
    return {tokenize.STRING: "text", tokenize.NUMBER: "number"}.get(token.type, token.string)


def _docstring_lines(tree):
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, holders) and ast.get_docstring(node, clean=False) is not None:
            yield from range(node.body[0].lineno, node.body[0].end_lineno + 1)


def _import_lines(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from range(node.lineno, node.end_lineno + 1)


def shared_code(modules):
    """
    Find the pairs of places with the same run of lines, overlapping runs once.

    Parameters
    ----------
    modules : list of Module
        The modules.

    Returns
    -------
    list of str
        A line for each pair, the longest first: lines shared, and where they begin.
    """
    places = defaultdict(list)
    numbered = [[line for line in sorted(m.shapes) if line not in m.imports] for m in modules]
    for number, (module, lines) in enumerate(zip(modules, numbered, strict=True)):
        for start in range(len(lines) - SHARED_LINES + 1):
            run = [module.shapes[line] for line in lines[start : start + SHARED_LINES]]
            if sum(len(shape.split()) > 3 for shape in run) >= SHARED_LINES - 1:
                places[tuple(run)].append((number, start))
    runs = defaultdict(set)
    for found in places.values():
        if 2 <= len(found) <= _COMMON:
            for (a, at), (b, there) in combinations(found, 2):
                runs[a, b, there - at].add(at)
    pairs = []
    for (a, b, apart), starts in runs.items():
        for at in starts:
            if at - 1 not in starts:
                length = next(n for n in range(len(starts) + 1) if at + n not in starts) + SHARED_LINES - 1
                here = f"{modules[a].path}:{numbered[a][at]}"
                pairs.append((length, f"{here} ~ {modules[b].path}:{numbered[b][at + apart]}"))
    return [f"{length:3d} {where}" for length, where in sorted(pairs, key=lambda pair: (-pair[0], pair[1]))]


def read_modules(folder):
    """
    Read every module of a checkout.

    Parameters
    ----------
    folder : pathlib.Path
        Its root.

    Returns
    -------
    list of Module
        By path.
    """
    return [Module(path, folder) for path in sorted((folder / PACKAGE).rglob("*.py"))]


def figures(folder):
    """
    Measure a checkout.

    Parameters
    ----------
    folder : pathlib.Path
        Its root.

    Returns
    -------
    dict of str to str
        The figures by name.
    """
    modules = read_modules(folder)
    lines = sum(module.lines for module in modules)
    functions = sorted(length for module in modules for length in module.functions())
    public = [
        name for module in modules if module.path.name == "__init__.py" for name in module.public_names()
    ]
    return {
        "rooms": str(len({module.room for module in modules if len(module.path.parts) > 2})),
        "modules": str(len(modules)),
        "lines of code": str(lines),
        "comments, share of code and comments": f"{_share(sum(m.comments() for m in modules), lines):.1%}",
        "public names: all, different": f"{len(public)}, {len(set(public))}",
        "private imports from other rooms": str(sum(len(module.private_imports()) for module in modules)),
        "pairs of shared code": str(len(shared_code(modules))),
        "functions: number, median, 95%, longest": (
            f"{len(functions)}, {statistics.median(functions):.0f}, "
            f"{functions[int(0.95 * len(functions))]}, {functions[-1]}"
        ),
        "modules: median, longest": (
            f"{statistics.median(m.lines for m in modules):.0f}, {max(m.lines for m in modules)}"
        ),
        "longest class": str(max(max(m.classes(), default=0) for m in modules)),
    }


def _share(part, rest):
    return part / (part + rest)


def rooms(folder):
    """
    Measure the folders of the package, one by one.

    Parameters
    ----------
    folder : pathlib.Path
        Root of a checkout.

    Returns
    -------
    dict of str to str
        For each folder its lines of code, and the share of comments in code and comments.
    """
    counts = defaultdict(lambda: [0, 0])
    for module in read_modules(folder):
        count = counts["/".join(module.path.parts[1:-1]) or "(top)"]
        count[0] += module.lines
        count[1] += module.comments()
    return {name: f"{lines}, {_share(comments, lines):.1%}" for name, (lines, comments) in counts.items()}


def main():
    """Print the table; ``--rooms``: that of the folders; ``--private``, ``--pairs``: every one of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[Path(__file__).resolve().parents[1]])
    parser.add_argument("--private", action="store_true", help="list the private imports")
    parser.add_argument("--pairs", action="store_true", help="list the pairs of shared code")
    parser.add_argument("--rooms", action="store_true", help="lines and share of comments of each folder")
    chosen = parser.parse_args()
    if chosen.private or chosen.pairs:
        for modules in map(read_modules, chosen.folders):
            private = [line for module in modules for line in module.private_imports()]
            print(*(private if chosen.private else shared_code(modules)), sep="\n")
        return
    columns = [(rooms if chosen.rooms else figures)(folder) for folder in chosen.folders]
    for name in dict.fromkeys(name for column in columns for name in column):
        print(f"{name:45s}" + "".join(f"{column.get(name, '-'):>24s}" for column in columns))


if __name__ == "__main__":
    main()
