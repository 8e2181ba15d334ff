"""No text of a stranger keeps a regular expression busy: work grows with the length, not with its square.

Each pattern of the program is tried as it is used, on texts that are made from its own letters. What is measured is
the processor's time in a process of its own: a square takes several times what is allowed, a line a hundredth.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import o365desk
from tests.torture import FULL

HOME = Path(o365desk.__file__).parent
WAYS = {"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}

TRIAL = r"""
import re, sys, time, json
import re._parser as parser

LENGTH, ALLOWED, MANY = 20_000, 0.5, int(sys.argv[1])

def letters(pattern):
    '''One letter for each thing that the pattern names, and the words in it.'''
    found, words = {}, []
    def walk(parts):
        word = ""
        for sort, value in parts:
            name = str(sort)
            if name == "LITERAL":
                found[chr(value)] = None
                word += chr(value)
                continue
            words.append(word)
            word = ""
            if name == "IN":
                for inner, about in value:
                    if str(inner) == "LITERAL":
                        found[chr(about)] = None
                    elif str(inner) == "RANGE":
                        found[chr(about[0])] = None
                    elif str(inner) == "CATEGORY":
                        found[{"DIGIT": "7", "WORD": "w"}.get(str(about).rpartition("_")[2], " ")] = None
            elif name in ("NOT_LITERAL", "ANY"):
                found["é"] = None
            for inner in (value if isinstance(value, (list, tuple)) else ()):
                if isinstance(inner, parser.SubPattern):
                    walk(inner)
                elif isinstance(inner, list):
                    for each in inner:
                        if isinstance(each, parser.SubPattern):
                            walk(each)
        words.append(word)
    walk(parser.parse(pattern))
    return list(found)[:24] + ["x"], [word for word in dict.fromkeys(words) if len(word) > 1][:8]

def texts(pattern):
    single, words = letters(pattern)
    starts = ["", *single[:MANY], *words[:MANY // 2]]
    for unit in [*single, *words]:
        for start in starts:
            yield start + unit * (LENGTH // len(unit)) + "\x00!"
    for one in single[:MANY]:
        for other in single[:MANY]:
            if one != other:
                yield (one + other) * (LENGTH // 2) + "\x00"

for pattern, flags, way in json.load(sys.stdin):
    compiled = re.compile(pattern, flags)
    for text in texts(pattern):
        begun = time.process_time()
        if way in ("sub", "subn"):
            compiled.sub("", text)
        elif way in ("findall", "finditer", "split"):
            list(compiled.finditer(text))
        else:
            getattr(compiled, way)(text)
        if time.process_time() - begun > ALLOWED:
            print(way, repr(pattern), repr(text[:12]), flush=True)
            break
"""


def _used() -> list[tuple[str, int, str]]:
    """Every pattern with its flags and the ways in which it is used."""
    import importlib
    import pkgutil
    import re

    from o365desk.log import _patterns

    used: dict[tuple[str, int, str], None] = {}
    for info in pkgutil.walk_packages([str(HOME)], "o365desk."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        if module.__file__ is None:
            continue
        tree = ast.parse(Path(module.__file__).read_text("utf-8"))
        known = {name: each for name, each in vars(module).items() if isinstance(each, re.Pattern)}
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
                continue
            owner, way = call.func.value.id, call.func.attr
            if way not in WAYS:
                continue
            if owner in known:
                used[known[owner].pattern, known[owner].flags, way] = None
            elif owner == "re" and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
                flags = next((ast.unparse(each.value) for each in call.keywords if each.arg == "flags"), "0")
                flags = next((ast.unparse(arg) for arg in call.args[2:] if "re." in ast.unparse(arg)), flags)
                used[call.args[0].value, eval(flags, {"re": re}), way] = None
    for masking in _patterns():
        used[masking.pattern, masking.flags, "sub"] = None
    return [each for each in used if isinstance(each[0], str)]


@pytest.mark.long
@pytest.mark.torture
def test_no_pattern_can_be_kept_busy() -> None:
    import json

    used = _used()
    assert len(used) > 50
    ended = subprocess.run(
        [sys.executable, "-c", TRIAL, "6" if FULL else "2"],
        input=json.dumps(used), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 0)
