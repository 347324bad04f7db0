#!/usr/bin/env python3
"""Command lines and what they answer, bad input above all: run.py BUILD_DIR [--offline]."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
import offline_cases  # noqa: E402
import server_cases  # noqa: E402


def main():
    scratch = harness.Scratch(sys.argv[1])
    try:
        for case in offline_cases.CASES:
            case(scratch)
        if "--offline" not in sys.argv:
            scratch.start_server()
            for case in server_cases.CASES:
                case(scratch)
        print("%d command lines, %d failures" % (scratch.count, scratch.failures))
        return 1 if scratch.failures else 0
    finally:
        scratch.close()


if __name__ == "__main__":
    sys.exit(main())
