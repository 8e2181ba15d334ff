#!/usr/bin/env python3
"""That people find their way in the house: no folder with too many modules, no function that is a maze.

Complexity is radon's, which counts boolean operators and comprehensions as well as branches.
"""

import sys
from pathlib import Path

from radon.complexity import cc_visit
from radon.visitors import Class

ROOMY, MAZE = 14, 16


def main() -> int:
    """Prints what is wrong; returns 1 if anything is."""
    wrong = []
    root = Path(__file__).resolve().parents[1] / "o365desk"
    for folder in sorted({path.parent for path in root.rglob("*.py")}):
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        if len(modules) > ROOMY:
            wrong.append(f"{folder.relative_to(root.parent)}: {len(modules)} modules, more than {ROOMY}")
    for path in sorted(root.rglob("*.py")):
        for block in cc_visit(path.read_text("utf-8")):
            if not isinstance(block, Class) and block.complexity > MAZE:
                where = f"{path.relative_to(root.parent)}:{block.lineno}"
                wrong.append(f"{where}: {block.fullname} has a complexity of {block.complexity}, more than {MAZE}")
    print("\n".join(wrong) or f"At most {ROOMY} modules in a folder, no function over {MAZE}.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
