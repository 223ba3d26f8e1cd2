"""Every promise of docs/security.md is proved by a test that is named after it."""

import re

from tests.architecture.sources import ROOT

PROMISE = re.compile(r"^(\d+)\. ", re.MULTILINE)
TEST = re.compile(r"^ *(?:async )?def test((?:_\d+)+)_", re.MULTILINE)


def test_each_promise_has_a_test_of_its_number_and_each_number_is_a_promise() -> None:
    promised = PROMISE.findall((ROOT / "docs" / "security.md").read_text(encoding="utf-8"))
    assert promised == [str(number) for number in range(1, 37)]
    proved = {
        number
        for path in (ROOT / "tests").rglob("test_*.py")
        for numbers in TEST.findall(path.read_text(encoding="utf-8"))
        for number in numbers.strip("_").split("_")
    }
    assert proved == set(promised)
