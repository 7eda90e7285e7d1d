"""The Test Anything Protocol, for the tests in Python."""

import sys

count = 0
failures = 0


def ok(passed, what, found=None):
    """Counts a check, and says what was found where it fails."""
    global count, failures
    count += 1
    print(f"{'ok' if passed else 'not ok'} {count} - {what}", flush=True)
    if not passed:
        failures += 1
        print("\n".join(f"# {line}" for line in f"found {found!r}".splitlines()), file=sys.stderr, flush=True)


def equal(found, expected, what):
    ok(found == expected, what, found=(found, "expected", expected))


def skip(why):
    """Ends a test that cannot run here."""
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def done():
    print(f"1..{count}")
    sys.exit(1 if failures else 0)
