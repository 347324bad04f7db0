#!/usr/bin/env python3
"""Command lines and what they answer, bad input above all: run.py BUILD_DIR [--offline]."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import alert_cases  # noqa: E402
import automation_cases  # noqa: E402
import collection_cases  # noqa: E402
import drift_cases  # noqa: E402
import endpoint_cases  # noqa: E402
import full_disk_cases  # noqa: E402
import harness  # noqa: E402
import job_cases  # noqa: E402
import log_cases  # noqa: E402
import offline_cases  # noqa: E402
import registry_cases  # noqa: E402
import rollout_cases  # noqa: E402
import scale_cases  # noqa: E402
import server_cases  # noqa: E402
import table_cases  # noqa: E402

OFFLINE = [*offline_cases.CASES, *table_cases.CASES]
# Each list has a home of its own.
WITH_SERVER = [server_cases.CASES, [*endpoint_cases.CASES, *automation_cases.CASES, *rollout_cases.CASES, *scale_cases.CASES],
               collection_cases.CASES, drift_cases.CASES, job_cases.CASES, log_cases.CASES, registry_cases.CASES]


def run(build, cases, with_server):
    """How many command lines there were, and the failures. A case that breaks off is a failure, and the next one is tried."""
    scratch = harness.Scratch(build)
    try:
        if with_server:
            scratch.start_server()
        for case in cases:
            try:
                case(scratch)
            except Exception as error:
                scratch.check("%s ran to its end" % case.__name__, False, repr(error))
    finally:
        scratch.close()
    return scratch.count, scratch.failures


def main():
    build = sys.argv[1]
    counts = [run(build, OFFLINE, False)]
    if "--offline" not in sys.argv:
        counts += [run(build, cases, True) for cases in WITH_SERVER]
        counts += [run(build, cases, False) for cases in (alert_cases.CASES, full_disk_cases.CASES)]  # they start servers of their own
    return harness.conclude(counts, "command lines")


if __name__ == "__main__":
    sys.exit(main())
