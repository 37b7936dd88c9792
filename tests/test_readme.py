"""The two commands that README.rst opens with can be found by those who run them."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.rst").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (python3 -m venv .+)$", README, flags=re.MULTILINE)


def test_there_are_two_commands_and_they_come_first():
    assert len(COMMANDS) == 2
    assert README.index(COMMANDS[1]) < README.index("----")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_installs_with_the_constraints(command):
    assert "-c constraints.txt" in command


def test_each_uses_extras_that_exist():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [re.search(r"'\.\[(\w+)\]'", command).group(1) for command in COMMANDS]
    assert set(extras) <= set(project["optional-dependencies"])


def test_the_check_takes_its_test_command_from_the_readme():
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    pattern = re.search(r"sed -n 's/\^    \\\((.+?)\\\)\$/\\1/p' README.rst", script).group(1)
    assert [command for command in COMMANDS if re.fullmatch(pattern, command)] == [COMMANDS[1]]


def test_every_page_that_it_names_is_there():
    for name in re.findall(r"<([\w/]+\.rst)>`_", README):
        assert (PROJECT / name).is_file()
