"""What the code of identity keeps to itself."""

import ast
from pathlib import Path

import identity_service
import shared

ROOTS = (Path(str(identity_service.__file__)).parent, Path(str(shared.__file__)).parent)


def test_authlib_is_known_to_one_package_alone() -> None:
    """It will change or go one day; only `identity_service/protocol` may notice."""
    found = set()
    for root in ROOTS:
        for path in root.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
                if any(name.split(".")[0] == "authlib" for name in names):
                    found.add(path.parent.relative_to(root.parent).as_posix())
    assert found == {"identity_service/protocol"}


def test_authlib_jose_is_not_used_by_us() -> None:
    """joserfc with an explicit list of algorithms is; `authlib.jose` picks what a token asks for."""
    for path in ROOTS[0].rglob("*.py"):
        assert "authlib.jose" not in path.read_text()
        assert "AUTHLIB_INSECURE_TRANSPORT" not in path.read_text()
