"""Lists the benchmarks with their last figures: list.py [NAME …]. Exits with 1 when a figure of those misses its target."""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def number(value):
    if value is None:
        return "-"
    return "%.4g" % value if isinstance(value, (int, float)) else str(value)


def show(name):
    """Prints one benchmark; true when every figure with a target meets it."""
    result = HERE / "results" / (name + ".json")
    if not result.exists():
        print("%s: never run; ./dev bench %s" % (name, name))
        return True
    report = json.loads(result.read_text())
    print("%s (%s, commit %s)" % (name, report["machine"], report["commit"]))
    for figure in report["figures"]:
        verdict = {True: "met", False: "MISSED", None: ""}[figure.get("met")]
        against = ""
        if figure.get("peer") is not None:
            against = "; %s: %s, ratio %s" % (figure["peer_name"], number(figure["peer"]), number(figure["ratio"]))
        target = "; target %s: %s" % (figure["target"], verdict) if figure.get("target") else ""
        print("  %s: %s %s%s%s" % (figure["what"], number(figure["ours"]), figure["unit"], against, target))
    return all(figure.get("met") is not False for figure in report["figures"])


def main():
    names = sys.argv[1:] or sorted(script.stem for script in HERE.glob("*.sh"))
    results = [show(name) for name in names]
    return 0 if all(results) or not sys.argv[1:] else 1


if __name__ == "__main__":
    sys.exit(main())
