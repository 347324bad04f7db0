#!/usr/bin/python3
"""What Slipway computes against what scipy, scikit-learn and the recorded answers of Evidently and deepchecks say.

    run.py BUILD_DIR [--data FOLDER] [--write FILE.md]

Each section runs Slipway's programs on seeded data (or the golden data in FOLDER, left out where it is not there) and gives
rows of a table; --write makes docs/parity.md of them. Ends with status 1 where a figure is further away than it may be, and
with 77 (skipped) where scipy or scikit-learn is missing.
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

try:
    import numpy as np
    import pandas as pd
    import scipy
    import sklearn
    from sklearn import ensemble, isotonic, metrics, model_selection, preprocessing

    import peers
except ImportError as missing:
    print("skipped: %s" % missing)
    sys.exit(77)

warnings.simplefilter("ignore")
TARGET = "default_payment_next_month"


class Slipway:
    def __init__(self, build, scratch):
        self.program, self.build, self.scratch = str(build / "bin" / "slipway"), build, scratch
        if not pathlib.Path(self.program).exists():
            self.program = str(next(build.rglob("slipway")))

    def file(self, name, table):
        path = self.scratch / name
        table.to_csv(path, index=False)
        return str(path)

    def __call__(self, *words):
        done = subprocess.run([self.program, *words, "-o", "json"], text=True, capture_output=True, check=False,
                              env={"SLIPWAY_HOME": str(self.scratch / "home"), "LANG": "C.UTF-8"})
        if not done.stdout.strip():
            raise RuntimeError("slipway %s: %s" % (" ".join(words), done.stderr))
        return json.loads(done.stdout)


class Section:
    """A table of the document. A row is a list of texts; `differ` tells of what is further away than it may be."""

    def __init__(self, title, text, header):
        self.title, self.text, self.header, self.rows, self.differences = title, text, header, [], []

    def add(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def differ(self, what):
        self.differences.append(what)

    def markdown(self):
        lines = ["## " + self.title, "", self.text, "", "| " + " | ".join(self.header) + " |", "| " + " | ".join("---" for _ in self.header) + " |"]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in self.rows]) + "\n"


def distance(ours, theirs):
    """(relative, absolute); 0 for two NaNs."""
    if ours is None or math.isnan(ours) or math.isnan(theirs):
        return (0, 0) if ours is None and math.isnan(theirs) else (math.inf, math.inf)
    absolute = abs(ours - theirs)
    return (absolute / abs(theirs) if theirs else (0 if absolute == 0 else math.inf)), absolute


def agrees(ours, theirs, tolerance):
    relative, absolute = distance(ours, theirs)
    return relative <= tolerance[0] or absolute <= tolerance[1]


def shown(number):
    return "0" if number == 0 else "%.1e" % number


# --- drift tests ---

def numeric_cases():
    draw = np.random.RandomState(7)
    return {
        "normal, 300 and 200": (draw.normal(0, 1, 300), draw.normal(0, 1, 200)),
        "shifted, 400 and 400": (draw.normal(0, 1, 400), draw.normal(0.3, 1.2, 400)),
        "heavy tail, 500 and 120": (draw.lognormal(2, 1, 500), draw.lognormal(2.1, 1.1, 120)),
        "ties, 250 and 250": (draw.randint(1, 9, 250).astype(float), draw.randint(2, 9, 250).astype(float)),
        "four values, 200 and 90": (draw.choice([1.0, 2, 3, 4], 200), draw.choice([1.0, 2, 3, 4], 90, p=[.4, .3, .2, .1])),
        "two values, 200 and 100": (draw.choice([0.0, 1], 200), draw.choice([0.0, 1], 100, p=[.6, .4])),
        "tiny, 9 and 7": (draw.normal(0, 1, 9), draw.normal(1, 1, 7)),
        "small, 8 and 8": (draw.normal(0, 1, 8), draw.normal(0, 1, 8)),
        "large offset, 300 and 300": (1e9 + draw.normal(0, 1, 300), 1e9 + draw.normal(0.2, 1, 300)),
        "large, 12000 and 3000": (draw.gamma(2, 2, 12000), draw.gamma(2.05, 2, 3000)),
        "large and ties, 1500 and 700": (np.round(draw.exponential(30, 1500)), np.round(draw.exponential(33, 700))),
    }


def category_cases():
    draw = np.random.RandomState(11)

    def words(count, rows, skew=0.0):
        share = np.arange(1, count + 1) ** skew
        return draw.choice(["word%02d" % i for i in range(count)], rows, p=share / share.sum())

    return {
        "two words, 300 and 300": (words(2, 300), words(2, 300, 0.4)),
        "two words, 300 and 120": (words(2, 300), words(2, 120)),
        "four words, 500 and 500": (words(4, 500), words(4, 500, 0.3)),
        "thirty words, 900 and 400": (words(30, 900, 0.5), words(30, 400, 0.7)),
        "a new word, 300 and 300": (words(3, 300), words(4, 300)),
        "twenty words, 4000 and 1000": (words(20, 4000, 1), words(20, 1000, 1.1)),
    }


# Their matrix is singular: scipy's answer is rounding noise.
SINGULAR = {("es", "two values, 200 and 100"), ("es", "four values, 200 and 90")}
# The permutations take the memory of all pairs.
MMD_ROWS_MAX = 1000


def as_tables(cases):
    return [pd.DataFrame({name: pd.Series(pair[side]) for name, pair in cases.items()}) for side in (0, 1)]


def scipy_score(test, pair):
    try:
        return float(peers.TESTS[test][0](*pair))
    except (ValueError, ZeroDivisionError, np.linalg.LinAlgError):
        return None


def compare_test(section, slipway, test, cases, kind):
    reference, current = as_tables(cases)
    columns = slipway("drift", "--reference", slipway.file("r.csv", reference), "--current", slipway.file("c.csv", current), "--test", test)["columns"]
    tolerance, threshold = peers.TESTS[test][4], peers.TESTS[test][3]
    worst, compared, refused = (0, 0), 0, 0
    for column in columns:
        name = column["column"]
        if (test, name) in SINGULAR or (test == "emperical_mmd" and len(cases[name][0]) > MMD_ROWS_MAX):
            continue
        theirs = scipy_score(test, cases[name])
        if "problem" in column or theirs is None:
            refused += 1
            if ("problem" in column) != (theirs is None):
                section.differ("%s of '%s': ours %s, scipy %s" % (test, name, column.get("problem", column.get("score")), theirs))
            continue
        compared += 1
        worst = max(worst, distance(column["score"], theirs), key=lambda d: d[1])
        if not agrees(column["score"], theirs, tolerance):
            section.differ("%s of '%s': ours %s, scipy %s" % (test, name, column["score"], theirs))
        if column["threshold"] != threshold:
            section.differ("%s: the threshold is %s, Evidently's %s" % (test, column["threshold"], threshold))
    allowed = "%s relative" % shown(tolerance[0]) if tolerance[0] else "%s (drawn at random)" % tolerance[1]
    section.add("`%s`" % test, kind, compared, refused, shown(worst[1]), allowed, threshold)


def drift_tests(slipway):
    section = Section("Drift tests against scipy", "Every test by name on seeded columns, `slipway drift --test NAME` against scipy %s by Evidently's "
                      "formulas. *Refused*: both sides say that the data do not fit the test." % scipy.__version__,
                      ["test", "columns", "compared", "refused", "largest difference", "allowed", "threshold"])
    for test, (_, numbers, categories, _, _) in peers.TESTS.items():
        if numbers:
            compare_test(section, slipway, test, numeric_cases(), "numbers")
        if categories:
            compare_test(section, slipway, test, category_cases(), "categories")
    return section


def default_choice(slipway):
    section = Section("The default choice of tests", "What is chosen when nothing is said, by Evidently's rule: rows of the reference without missing "
                      "values, distinct values of both sides together.", ["kind", "reference rows", "distinct values", "test", "same"])
    draw = np.random.RandomState(3)
    for is_numeric in (True, False):
        for rows in (999, 1000, 1001, 5000):
            for distinct in (2, 3, 5, 6, 40):
                values = np.arange(distinct, dtype=float) if is_numeric else np.array(["w%02d" % i for i in range(distinct)])
                pair = [np.concatenate([values, draw.choice(values, size - distinct)]) for size in (rows, 400)]
                files = [slipway.file("%d.csv" % side, pd.DataFrame({"x": pair[side]})) for side in (0, 1)]
                ours = slipway("drift", "--reference", files[0], "--current", files[1])["columns"][0]
                theirs = peers.default_test(*pair, is_numeric)
                if ours["test"] != theirs or ours["threshold"] != peers.TESTS[theirs][3]:
                    section.differ("%s rows, %s values: ours %s, Evidently's %s" % (rows, distinct, ours, theirs))
                if rows in (1000, 1001):
                    section.add("numbers" if is_numeric else "categories", rows, distinct, "`%s`" % ours["test"], "yes" if ours["test"] == theirs else "NO")
    return section


# --- recorded answers ---

def subset(curated, name):
    step, rows = {"r800": (37, 800), "r1000": (29, 1000), "r1001": (29, 1001), "all": (1, len(curated))}[name]
    return curated.iloc[[i * step for i in range(rows)]]


def evidently_golden(slipway, data):
    section = Section("Recorded answers of Evidently", "Evidently 0.2.8 on the credit-card table, as recorded in `golden/drift_golden.json`: reference samples of "
                      "several sizes against three current tables, default tests.",
                      ["profile", "columns", "same test and verdict", "largest relative difference of a score", "drifted columns", "data set"])
    golden = json.loads((data / "golden/drift_golden.json").read_text())
    curated = pd.read_csv(data / "credit-card-default/curated/01.csv", dtype=str, keep_default_na=False).drop(columns=TARGET)
    for profile in golden["profiles"]:
        report = slipway("drift", "--reference", slipway.file("r.csv", subset(curated, profile["reference_subset"])), "--current", str(data / profile["current"]))
        same, worst = 0, 0
        for column in report["columns"]:
            wanted = profile["columns"][column["column"]]
            relative, absolute = distance(column["score"], wanted["drift_score"] if wanted["drift_score"] is not None else math.nan)
            is_same = (column["test"], column["drifted"]) == (wanted["stattest"], wanted["drift_detected"])
            same += is_same
            if absolute > 1e-12:
                worst = max(worst, relative)
            if not is_same or (relative > 1e-6 and absolute > 1e-12):
                section.differ("%s, %s: ours %s, Evidently's %s" % (profile["name"], column["column"], column, wanted))
        if report["dataset_drift"] != profile["dataset_drift"]:
            section.differ("%s: data set" % profile["name"])
        section.add(profile["name"], len(report["columns"]), same, shown(worst), report["n_drifted_features"], "drifted" if report["dataset_drift"] else "no drift")
    return section


CATEGORIES = {"PASS": "pass", "WARN": "warning", "FAIL": "fail", "ERROR": "error"}


def quality_tables(run, data):
    curated = pd.read_csv(data / "credit-card-default/curated/01.csv", dtype=str, keep_default_na=False)
    if run["name"] == "credit_24k_6k":
        is_test = np.arange(len(curated)) % 5 == 4
        return curated[~is_test], curated[is_test]
    if run["name"] == "dirty":
        return [pd.read_csv(data / ("quality-dirty/%s.csv" % side), dtype=str, keep_default_na=False) for side in ("train", "test")]
    drifted = pd.read_csv(data / "credit-card-default/inference/drifted/01.csv", dtype=str, keep_default_na=False)
    return curated.drop(columns=TARGET), drifted


def deepchecks_golden(slipway, data):
    section = Section("Recorded answers of deepchecks", "Both suites of deepchecks 0.9.2, as recorded in `golden/quality_golden.json`, against `slipway data quality`: "
                      "the same checks in the same order, run or not, and every condition with its verdict. (Values and texts of every check are compared by the unit "
                      "tests `QualityGolden.*`.)", ["run", "suite", "checks", "conditions", "same verdict"])
    golden = json.loads((data / "golden/quality_golden.json").read_text())
    for run in golden["runs"]:
        train, test = quality_tables(run, data)
        words = ["data", "quality", "--data", slipway.file("train.csv", train), "--test", slipway.file("test.csv", test), "--categorical", ",".join(run["dataset"]["cat_features"])]
        for flag, key in (("--target", "label"), ("--index", "index_name"), ("--time-column", "datetime_name")):
            if run["dataset"].get(key):
                words += [flag, run["dataset"][key]]
        ours = slipway(*words)
        for suite in ("data_integrity", "train_test_validation"):
            wanted, found = run[suite]["checks"], ours[suite]["checks"]
            if [check["check"] for check in wanted] != [check["check"] for check in found]:
                section.differ("%s %s: the checks are not the same, or in another order" % (run["name"], suite))
            conditions = same = 0
            for theirs, one in zip(wanted, found):
                if (theirs["status"] == "ran") != (one["status"] == "ran"):
                    section.differ("%s %s: %s" % (run["name"], theirs["check"], one["status"]))
                for condition, other in zip(theirs.get("conditions", []), one.get("conditions", [])):
                    conditions += 1
                    is_same = (condition["name"], CATEGORIES[condition["category"]]) == (other["name"], other["verdict"])
                    same += is_same
                    if not is_same:
                        section.differ("%s %s: ours %s, deepchecks' %s" % (run["name"], theirs["check"], other, condition))
            section.add(run["name"], suite, len(found), conditions, same)
    return section


# --- Parquet ---

def parquet(slipway):
    section = Section("Parquet against CSV", "The same synthetic tables (`drift_large_bench make`) as DuckDB wrote them as Parquet and as CSV: Parquet is read column by "
                      "column, CSV at once; the reports have to be equal.", ["rows", "columns", "drifted", "equal reports"])
    program = slipway.build / "bench" / "drift_large_bench"
    rows, current, columns = 30_000, 5_000, 40  # several row groups
    folder = slipway.scratch / "large"
    subprocess.run([program, "make", folder, str(rows), str(current), str(columns), "csv"], check=True)
    reports = [slipway("drift", "--reference", "%s/reference.%s" % (folder, ending), "--current", "%s/current.%s" % (folder, ending)) for ending in ("parquet", "csv")]
    section.add("%d against %d" % (rows, current), columns, reports[0]["n_drifted_features"], "yes" if reports[0] == reports[1] else "NO")
    if reports[0] != reports[1] or reports[0]["n_drifted_features"] == 0:
        section.differ("the reports of Parquet and CSV differ, or nothing drifted")
    return section


# --- estimated performance and the domain classifier ---

def scored(seed, rows, low, high):
    draw = np.random.RandomState(seed)
    score = draw.uniform(low, high, rows)
    return pd.DataFrame({"score": score, "late": (draw.uniform(size=rows) < 0.5 + 0.4 * (score - 0.5)).astype(int)})


def expected_metrics(probability, score):
    predicted = score >= 0.5
    tp, fp = probability[predicted].sum(), (1 - probability[predicted]).sum()
    fn, tn = probability[~predicted].sum(), (1 - probability[~predicted]).sum()
    order = np.argsort(-score)
    recall = np.append(0, np.cumsum(probability[order]) / probability.sum())
    fall_out = np.append(0, np.cumsum(1 - probability[order]) / (1 - probability).sum())
    return {"accuracy": (tp + tn) / len(score), "precision": tp / (tp + fp), "recall": tp / (tp + fn), "specificity": tn / (tn + fp),
            "f1": 2 * tp / (2 * tp + fp + fn), "roc_auc": np.trapz(recall, fall_out)}


def realised_metrics(late, score):
    predicted = score >= 0.5
    return {"accuracy": metrics.accuracy_score(late, predicted), "precision": metrics.precision_score(late, predicted),
            "recall": metrics.recall_score(late, predicted), "specificity": metrics.recall_score(late, predicted, pos_label=0),
            "f1": metrics.f1_score(late, predicted), "roc_auc": metrics.roc_auc_score(late, score)}


def performance(slipway):
    section = Section("Estimated performance against scikit-learn", "CBPE on overconfident scores: calibration by scikit-learn's `IsotonicRegression` and the estimates by "
                      "the formulas in numpy; realised metrics by `sklearn.metrics`. Ten chunks of the current rows.", ["metric", "chunks", "largest difference, estimated", "largest difference, realised"])
    reference, current = scored(1, 6000, 0, 1), scored(2, 4000, 0.2, 0.8)
    ours = slipway("drift", "--reference", slipway.file("r.csv", reference), "--current", slipway.file("c.csv", current), "--target", "late", "--score", "score")["performance"]
    if not ours["calibrated"]:
        section.differ("the scores were taken for probabilities")
    calibration = isotonic.IsotonicRegression(out_of_bounds="clip").fit(reference.score, reference.late)
    worst = {}
    for chunk in ours["chunks"]:
        rows = current.iloc[chunk["first_row"]:chunk["first_row"] + chunk["rows"]]
        for kind, theirs in (("estimated", expected_metrics(calibration.predict(rows.score), rows.score.to_numpy())),
                             ("realised", realised_metrics(rows.late.to_numpy(), rows.score.to_numpy()))):
            for name, value in theirs.items():
                worst.setdefault(name, {}).setdefault(kind, []).append(abs(chunk["metrics"][name][kind] - value))
    for name, kinds in worst.items():
        section.add(name, len(ours["chunks"]), shown(max(kinds["estimated"])), shown(max(kinds["realised"])))
        if max(kinds["estimated"]) > 1e-9 or max(kinds["realised"]) > 1e-12:
            section.differ("%s: %s" % (name, kinds))
    return section


def domain_table(seed, rows, shift, is_twisted):
    draw = np.random.RandomState(seed)
    a = draw.uniform(size=rows)
    return pd.DataFrame({"a": a + shift, "b": a if is_twisted else draw.uniform(size=rows), "c": draw.choice(["x", "y", "z"], rows)})


def sklearn_auc(reference, current):
    table = pd.concat([reference, current])
    features = np.column_stack([table[["a", "b"]], preprocessing.OneHotEncoder().fit_transform(table[["c"]]).toarray()])
    is_current = np.repeat([0, 1], [len(reference), len(current)])
    forest = ensemble.RandomForestClassifier(100, max_depth=10, min_samples_leaf=5, random_state=0, n_jobs=-1)
    folds = model_selection.StratifiedKFold(5, shuffle=True, random_state=0)
    held_out = model_selection.cross_val_predict(forest, features, is_current, cv=folds, method="predict_proba")[:, 1]
    return metrics.roc_auc_score(is_current, held_out)


def domain_classifier(slipway):
    allowed = 0.03
    section = Section("The domain classifier against scikit-learn", "AUC of telling current rows from reference rows over five held-out folds: our forest against "
                      "`RandomForestClassifier` of the same settings. Forests of other seeds differ by as much as %s." % allowed, ["data", "ours", "scikit-learn", "verdict"])
    for name, shift, is_twisted in (("the same", 0, False), ("one column shifted", 0.2, False), ("columns tied together", 0, True)):
        reference, current = domain_table(1, 1500, 0, False), domain_table(2, 1500, shift, is_twisted)
        ours = slipway("drift", "--reference", slipway.file("r.csv", reference), "--current", slipway.file("c.csv", current), "--together")["domain_classifier"]
        theirs = sklearn_auc(reference, current)
        section.add(name, "%.4f ± %.4f" % (ours["auc"], 1.96 * ours["standard_error"]), "%.4f" % theirs, ours["verdict"])
        if abs(ours["auc"] - theirs) > allowed or (ours["verdict"] == "drifted") != (name != "the same"):
            section.differ("%s: ours %s, scikit-learn's %s" % (name, ours, theirs))
    return section


# --- learners and metrics ---

LEARNERS = {
    "LearnerParity": ("transforms, scalers, linear and logistic regression", "last digits"),
    "TreeParity": ("trees without randomness: classes, bounds, weights, values", "last digits"),
    "ForestParity": ("forests, out-of-bag scores", "means over five seeds"),
    "OnnxAgreement": ("the ONNX form of each against its definition", "float32"),
    "MetricsParity": ("classification, regression, curves", "1e-9"),
}


def learners(slipway):
    section = Section("Learners and metrics against scikit-learn", "The unit tests that hold them to `tests/parity/figures.json`, which `tests/parity/figures.py write` asked of "
                      "scikit-learn %s." % sklearn.__version__, ["tests", "what", "agreement", "cases passed"])
    program = next(slipway.build.rglob("training_test"), None)
    if program is None:
        section.differ("training_test is not built")
        return section
    result = slipway.scratch / "tests.json"
    subprocess.run([program, "--gtest_filter=" + ":".join("*%s*" % name for name in LEARNERS), "--gtest_output=json:%s" % result, "--gtest_brief=1"],
                   cwd=HERE.parents[1], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    suites = {suite["name"]: suite for suite in json.loads(result.read_text())["testsuites"]}
    for name, (what, agreement) in LEARNERS.items():
        suite = suites.get(name, {"tests": 0, "failures": 1})
        section.add("`%s.*`" % name, what, agreement, "%d of %d" % (suite["tests"] - suite["failures"], suite["tests"]))
        if suite["failures"] or not suite["tests"]:
            section.differ("%s: %d of %d failed" % (name, suite["failures"], suite["tests"]))
    return section


def document(sections):
    return """# Parity

What Slipway computes, beside what the tools compute that it can stand in for. Made by

    tests/parity/run.py build/dev --write docs/parity.md

which runs Slipway's programs, scipy %s and scikit-learn %s on the same data, and fails where a figure is further away than its table allows.

%s""" % (scipy.__version__, sklearn.__version__, "\n".join(section.markdown() for section in sections))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, default=HERE.parents[2] / "shared" / "data")
    parser.add_argument("--write", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        slipway = Slipway(arguments.build.resolve(), pathlib.Path(scratch))
        sections = [drift_tests(slipway), default_choice(slipway), parquet(slipway)]
        if (arguments.data / "golden").exists():
            sections += [evidently_golden(slipway, arguments.data), deepchecks_golden(slipway, arguments.data)]
        sections += [performance(slipway), domain_classifier(slipway), learners(slipway)]
    for section in sections:
        print("%s: %d rows, %d differences" % (section.title, len(section.rows), len(section.differences)))
        for difference in section.differences:
            print("  " + difference)
    if arguments.write:
        arguments.write.write_text(document(sections))
    return 1 if any(section.differences for section in sections) else 0


if __name__ == "__main__":
    sys.exit(main())
