"""A file or function that outgrows the eye is split by noun, before it is hard to split."""

from tests.architecture.sources import nothing, sources

FILE, TEST_FILE, FUNCTION = 500, 800, 60


def test_no_file_is_too_long() -> None:
    """500 lines, tests 800: what is longer holds two things."""
    long = [
        f"{source.name}: {len(source.lines)} lines"
        for source in sources()
        if len(source.lines) > (TEST_FILE if source.name.startswith("tests/") else FILE)
    ]
    nothing(long)


def test_no_function_is_too_long() -> None:
    """60 lines: what is longer cannot be read as one thought."""
    long = [
        f"{source.at(function)} {function.name}: {size} lines"
        for source in sources()
        for function in source.functions()
        if (size := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION
    ]
    nothing(long)
