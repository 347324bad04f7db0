#!/usr/bin/python3
"""What scikit-learn says of two small tables: the figures that slipway's learner and metrics are compared with.

    figures.py write        makes people.csv, forests.csv and figures.json beside this file
    figures.py check        the same in memory, and compares: is what is committed what this scikit-learn says?

`check` ends with status 77 (skipped) where scikit-learn, pandas or scipy is missing.
"""
import io
import json
import math
import pathlib
import sys
import warnings

HERE = pathlib.Path(__file__).parent

try:
    import numpy as np
    import pandas as pd
    import sklearn
    from sklearn import ensemble, impute, linear_model, metrics, preprocessing, tree
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

warnings.simplefilter("ignore")
NUMBERS = ["age", "income", "debt"]


def people(rows, seed):
    """Numbers and texts with holes; `late` (0, 1), `grade` (three texts) and `loss` (a number) follow from them."""
    random = np.random.RandomState(seed)
    age = random.randint(18, 80, rows).astype(float)
    income = np.round(random.lognormal(8, 0.6, rows), 2)
    debt = np.round(random.uniform(0, 9000, rows), 2)
    job = random.choice(["clerk", "driver", "nurse", "pilot", "smith"], rows, p=[0.4, 0.3, 0.2, 0.07, 0.03])
    town = random.choice([f"town{i}" for i in range(12)], rows, p=np.arange(1, 13) / 78)
    signal = debt / 3000 - income / 4000 + (job == "pilot") * 1.5 + (age - 50) ** 2 / 900
    late = (signal + random.normal(0, 0.7, rows) > 0.6).astype(int)
    grade = np.where(signal > 1.2, "poor", np.where(signal > 0.2, "fair", "good"))
    loss = np.round(200 * signal + random.normal(0, 60, rows), 3)
    weight = np.round(random.uniform(0.2, 3, rows), 2)
    table = pd.DataFrame(dict(age=age, income=income, debt=debt, job=job, town=town, weight=weight, late=late,
                              grade=grade, loss=loss))
    for column, share in (("income", 0.1), ("age", 0.05), ("job", 0.08)):
        table.loc[random.uniform(size=rows) < share, column] = np.nan
    return table


def written(table):
    text = table.to_csv(index=False)
    return text, pd.read_csv(io.StringIO(text))


# --- transforms ---

def transforms(table):
    def numbers(**options):
        return impute.SimpleImputer(**options).fit(table[NUMBERS])

    imputed = numbers(strategy="median").transform(table[NUMBERS])
    cases = {
        "mean": numbers(strategy="mean").transform(table[NUMBERS]),
        "median": imputed,
        "most_frequent": numbers(strategy="most_frequent").transform(table[NUMBERS]),
        "constant": numbers(strategy="constant", fill_value=-1).transform(table[NUMBERS]),
        "indicator": numbers(strategy="median", add_indicator=True).transform(table[NUMBERS]),
        "standard": preprocessing.StandardScaler().fit_transform(imputed),
        "minmax": preprocessing.MinMaxScaler().fit_transform(imputed),
        "robust": preprocessing.RobustScaler().fit_transform(imputed),
    }
    jobs = table[["job"]]
    frequent = impute.SimpleImputer(strategy="most_frequent").fit_transform(jobs)
    constant = impute.SimpleImputer(strategy="constant", fill_value="missing").fit_transform(jobs)
    encoder = preprocessing.OneHotEncoder
    cases["onehot"] = encoder(sparse_output=False).fit_transform(frequent)
    cases["onehot_constant"] = encoder(sparse_output=False).fit_transform(constant)
    cases["onehot_min_frequency"] = encoder(
        sparse_output=False, min_frequency=4, handle_unknown="infrequent_if_exist").fit_transform(table[["town"]])
    cases["onehot_max_categories"] = encoder(
        sparse_output=False, max_categories=5, handle_unknown="infrequent_if_exist").fit_transform(table[["town"]])
    cases["ordinal"] = preprocessing.OrdinalEncoder().fit_transform(table[["town"]])
    return {name: np.asarray(matrix, dtype=float).tolist() for name, matrix in cases.items()}


# --- estimators whose answer is determined ---

def features(table):
    """The columns in the table's order: numbers imputed and scaled, texts imputed and one-hot."""
    numbers = preprocessing.StandardScaler().fit_transform(
        impute.SimpleImputer(strategy="median").fit_transform(table[NUMBERS]))
    jobs = impute.SimpleImputer(strategy="most_frequent").fit_transform(table[["job"]])
    one_hot = preprocessing.OneHotEncoder(sparse_output=False)
    return np.hstack([numbers, one_hot.fit_transform(jobs)])


def linear(table):
    x, loss = features(table), table["loss"].to_numpy()
    models = {
        "none": linear_model.LinearRegression(),
        "l2": linear_model.Ridge(alpha=2, solver="cholesky"),
        "l1": linear_model.Lasso(alpha=3, tol=1e-12, max_iter=100000),
        "elasticnet": linear_model.ElasticNet(alpha=0.5, l1_ratio=0.3, tol=1e-12, max_iter=100000),
        "weighted": linear_model.Ridge(alpha=2, solver="cholesky"),
    }
    answers = {}
    for name, model in models.items():
        weights = {"sample_weight": table["weight"].to_numpy()} if name == "weighted" else {}
        answers[name] = model.fit(x, loss, **weights).predict(x)[:25].tolist()
    return answers


def logistic(table):
    x = features(table)
    model = linear_model.LogisticRegression
    exact = dict(tol=1e-10, max_iter=100000)
    models = {
        "l2": ("late", model(C=0.5, **exact)),
        "none": ("late", model(penalty=None, **exact)),
        "l1": ("late", model(penalty="l1", C=0.1, solver="saga", tol=1e-9, max_iter=100000)),
        "elasticnet": ("late", model(penalty="elasticnet", C=0.1, l1_ratio=0.5, solver="saga", tol=1e-9,
                                     max_iter=100000)),
        "balanced": ("late", model(class_weight="balanced", **exact)),
        "multinomial": ("grade", model(solver="newton-cg", **exact)),
    }
    return {name: estimator.fit(x, table[target]).predict_proba(x)[:25].tolist()
            for name, (target, estimator) in models.items()}


def trees(table):
    """Deterministic: all features, values that are all different, nothing random but the order of ties."""
    x = impute.SimpleImputer(strategy="median").fit_transform(table[NUMBERS]).astype(np.float32)
    classifier, regressor = tree.DecisionTreeClassifier, tree.DecisionTreeRegressor
    fixed = dict(random_state=0)
    models = {
        "gini": ("late", classifier(max_depth=4, **fixed), False),
        "entropy": ("late", classifier(criterion="entropy", max_depth=4, **fixed), False),
        "three_classes": ("grade", classifier(max_depth=4, **fixed), False),
        "min_samples": ("late", classifier(min_samples_split=30, min_samples_leaf=12, **fixed), False),
        "min_weight": ("late", classifier(min_weight_fraction_leaf=0.08, **fixed), True),
        "min_decrease": ("late", classifier(min_impurity_decrease=0.01, **fixed), False),
        "weighted": ("late", classifier(max_depth=4, **fixed), True),
        "weighted_entropy": ("grade", classifier(criterion="entropy", max_depth=4, **fixed), True),
        "balanced": ("grade", classifier(class_weight="balanced", max_depth=4, **fixed), False),
        "squared_error": ("loss", regressor(max_depth=4, **fixed), False),
        "squared_error_weighted": ("loss", regressor(max_depth=4, **fixed), True),
        "absolute_error": ("loss", regressor(criterion="absolute_error", max_depth=4, **fixed), False),
        "absolute_error_weighted": ("loss", regressor(criterion="absolute_error", max_depth=3, **fixed), True),
    }
    answers = {}
    for name, (target, model, is_weighted) in models.items():
        weights = {"sample_weight": table["weight"].to_numpy()} if is_weighted else {}
        model.fit(x, table[target], **weights)
        said = model.predict(x) if target == "loss" else model.predict_proba(x)
        answers[name] = {"leaves": int(model.get_n_leaves()), "predictions": np.asarray(said).tolist()}
    return answers


# --- forests: random, so compared in the mean ---

SEEDS = 5


def forests(table):
    numbers = impute.SimpleImputer(strategy="median").fit_transform(table[NUMBERS])
    jobs = impute.SimpleImputer(strategy="most_frequent").fit_transform(table[["job"]])
    x = np.hstack([numbers, preprocessing.OneHotEncoder(sparse_output=False).fit_transform(jobs)])
    half = len(table) // 2

    def mean(model, target, score):
        found = [score(model(seed).fit(x[:half], table[target][:half]), x[half:], table[target][half:])
                 for seed in range(SEEDS)]
        return {"mean": float(np.mean(found)), "deviation": float(np.std(found))}

    def auc(model, rows, truth):
        return metrics.roc_auc_score(truth, model.predict_proba(rows)[:, 1])

    def log_loss(model, rows, truth):
        return metrics.log_loss(truth, model.predict_proba(rows), labels=model.classes_)

    def r2(model, rows, truth):
        return metrics.r2_score(truth, model.predict(rows))

    def oob(model, rows, truth):
        return model.oob_score_

    size = dict(n_estimators=60)
    return {
        "random_forest": mean(lambda s: ensemble.RandomForestClassifier(random_state=s, **size), "late", auc),
        "random_forest_classes": mean(
            lambda s: ensemble.RandomForestClassifier(random_state=s, min_samples_leaf=5, **size), "grade", log_loss),
        "balanced_subsample": mean(
            lambda s: ensemble.RandomForestClassifier(random_state=s, class_weight="balanced_subsample", **size), "late",
            auc),
        "extra_trees": mean(lambda s: ensemble.ExtraTreesClassifier(random_state=s, **size), "late", auc),
        "random_forest_values": mean(lambda s: ensemble.RandomForestRegressor(random_state=s, **size), "loss", r2),
        "extra_trees_values": mean(lambda s: ensemble.ExtraTreesRegressor(random_state=s, **size), "loss", r2),
        "absolute_error": mean(
            lambda s: ensemble.RandomForestRegressor(random_state=s, criterion="absolute_error", **size), "loss", r2),
        "oob": mean(lambda s: ensemble.RandomForestClassifier(random_state=s, oob_score=True, **size), "late", oob),
        "oob_values": mean(
            lambda s: ensemble.RandomForestRegressor(random_state=s, oob_score=True, **size), "loss", oob),
        "max_samples": mean(
            lambda s: ensemble.RandomForestClassifier(random_state=s, max_samples=0.3, max_features="log2", **size),
            "late", auc),
    }


# --- metrics ---

def scores(seed=5, rows=300):
    random = np.random.RandomState(seed)
    truth = random.randint(0, 2, rows)
    score = np.round(np.clip(0.3 * truth + random.uniform(0, 0.7, rows), 0, 1), 2)  # with ties
    said = (score >= 0.5).astype(int)
    three = random.randint(0, 3, rows)
    probabilities = np.round(random.dirichlet([1, 1, 1], rows) + 0.4 * np.eye(3)[three], 4)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    chosen = probabilities.argmax(axis=1)
    value = np.round(random.normal(10, 4, rows), 3)
    guess = np.round(value + random.normal(0, 2, rows), 3)
    return truth, score, said, three, probabilities, chosen, value, guess


def metric_figures():
    truth, score, said, three, probabilities, chosen, value, guess = scores()
    binary = {
        "accuracy": metrics.accuracy_score(truth, said),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, said),
        "precision": metrics.precision_score(truth, said),
        "recall": metrics.recall_score(truth, said),
        "specificity": metrics.recall_score(truth, said, pos_label=0),
        "f1_score": metrics.f1_score(truth, said),
        "matthews_corrcoef": metrics.matthews_corrcoef(truth, said),
        "cohen_kappa": metrics.cohen_kappa_score(truth, said),
        "roc_auc": metrics.roc_auc_score(truth, score),
        "average_precision": metrics.average_precision_score(truth, score),
        "log_loss": metrics.log_loss(truth, score),
        "brier_score": metrics.brier_score_loss(truth, score),
    }
    several = {
        "accuracy": metrics.accuracy_score(three, chosen),
        "balanced_accuracy": metrics.balanced_accuracy_score(three, chosen),
        "precision": metrics.precision_score(three, chosen, average="macro"),
        "recall": metrics.recall_score(three, chosen, average="macro"),
        "f1_score": metrics.f1_score(three, chosen, average="macro"),
        "f1_weighted": metrics.f1_score(three, chosen, average="weighted"),
        "matthews_corrcoef": metrics.matthews_corrcoef(three, chosen),
        "cohen_kappa": metrics.cohen_kappa_score(three, chosen),
        "roc_auc": metrics.roc_auc_score(three, probabilities, multi_class="ovr"),
        "log_loss": metrics.log_loss(three, probabilities),
    }
    values = {
        "rmse": math.sqrt(metrics.mean_squared_error(value, guess)),
        "mae": metrics.mean_absolute_error(value, guess),
        "median_absolute_error": metrics.median_absolute_error(value, guess),
        "mape": metrics.mean_absolute_percentage_error(value, guess),
        "max_error": metrics.max_error(value, guess),
        "r2_score": metrics.r2_score(value, guess),
        "explained_variance": metrics.explained_variance_score(value, guess),
    }
    fpr, tpr, thresholds = metrics.roc_curve(truth, score, drop_intermediate=False)
    precision, recall, _ = metrics.precision_recall_curve(truth, score)
    curves = {"roc": [fpr.tolist(), tpr.tolist()], "pr": [precision.tolist(), recall.tolist()]}
    data = {"truth": truth.tolist(), "score": score.tolist(), "classes": three.tolist(),
            "probabilities": probabilities.tolist(), "value": value.tolist(), "guess": guess.tolist()}
    return {"data": data, "binary": {k: float(v) for k, v in binary.items()},
            "several": {k: float(v) for k, v in several.items()}, "values": {k: float(v) for k, v in values.items()},
            "curves": curves}


def figures():
    small_text, small = written(people(240, 1))
    large_text, large = written(people(1200, 2))
    return small_text, large_text, {
        "sklearn": sklearn.__version__,
        "transforms": transforms(small.head(40)),
        "linear": linear(small),
        "logistic": logistic(small),
        "trees": trees(small),
        "forests": forests(large),
        "metrics": metric_figures(),
    }


def near(a, b, path=""):
    """The places where two trees of figures differ by more than a solver's tolerance."""
    if isinstance(a, dict):
        return [w for k in sorted(set(a) | set(b)) for w in (near(a[k], b[k], f"{path}/{k}")
                                                             if k in a and k in b else [f"{path}/{k}: only once"])]
    if isinstance(a, list):
        if len(a) != len(b):
            return [f"{path}: {len(a)} and {len(b)} entries"]
        return [w for i, (x, y) in enumerate(zip(a, b)) for w in near(x, y, f"{path}/{i}")]
    if isinstance(a, (int, float)):
        return [] if math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-5) else [f"{path}: {a} and {b}"]
    return [] if a == b or path == "/sklearn" else [f"{path}: {a} and {b}"]


def main():
    small_text, large_text, made = figures()
    made = json.loads(json.dumps(made))
    if sys.argv[1:] == ["write"]:
        (HERE / "people.csv").write_text(small_text)
        (HERE / "forests.csv").write_text(large_text)
        (HERE / "figures.json").write_text(json.dumps(made, indent=None, separators=(",", ":")) + "\n")
        return 0
    if sys.argv[1:] == ["check"]:
        wrong = near(json.loads((HERE / "figures.json").read_text()), made)
        if (HERE / "people.csv").read_text() != small_text or (HERE / "forests.csv").read_text() != large_text:
            wrong.append("the tables differ")
        print("\n".join(wrong[:40]) or f"as scikit-learn {sklearn.__version__} says")
        return 1 if wrong else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
