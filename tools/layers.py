#!/usr/bin/env python3
"""Checks the #include lines under slipway/ against the layer table in cmake/rooms.cmake, and that the table goes upwards."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Foreign headers that one room alone may include.
HOMES = {
    r"<duckdb": {"duck"},
    r"<soci": {"sql"},
    r"<curl": {"mail"},
    r"<boost/(beast|asio)": {"net"},
    r"<yaml-cpp": {"spec", "tabular", "model", "environments", "registry", "cli"},
    r"<(google/protobuf|onnx/)": {"model"},
    r"<xgboost": {"learn", "sdk"},  # sdk: a test, whose oracle it is
}


def read_table():
    text = re.sub(r"#[^\n]*", "", (ROOT / "cmake/rooms.cmake").read_text())
    table = {}
    for name, body in re.findall(r"^slipway_room\((\w+)([^)]*)\)", text, re.M):
        match = re.search(r"DEPENDS([^)]*?)(?:USES|$)", body, re.S)
        table[name] = set(match.group(1).split()) if match else set()
    return table


def main():
    table = read_table()
    bad = []
    before = set()
    for room, below in table.items():
        bad += [f"cmake/rooms.cmake: '{room}' depends on '{each}', which does not stand before it" for each in sorted(below - before)]
        before.add(room)
    for path in sorted((ROOT / "slipway").rglob("*.[hc]*")):
        room = path.relative_to(ROOT / "slipway").parts[0]
        if room not in table:
            bad.append(f"{path.relative_to(ROOT)}: room '{room}' is not in cmake/rooms.cmake")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            where = f"{path.relative_to(ROOT)}:{number}"
            ours = re.match(r'\s*#include\s+"slipway/(\w+)/', line)
            if ours and ours.group(1) != room and ours.group(1) not in table[room]:
                bad.append(f"{where}: '{room}' may not include '{ours.group(1)}' (cmake/rooms.cmake says who may)")
            for pattern, homes in HOMES.items():
                if re.match(r"\s*#include\s+" + pattern, line) and room not in homes:
                    bad.append(f"{where}: only {', '.join(sorted(homes))} may include {line.split()[-1]}")
    print("\n".join(bad) if bad else f"layers: {len(table)} rooms, every #include is allowed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
