"""Malformed tables and tables that do not fit a model; without a server."""
import tiny_model


def files(scratch):
    (scratch.path / "tiny.onnx").write_bytes(tiny_model.tiny_model())
    scratch.write("rows.csv", "age,income,balance\n1,2,1\n1,1,9\n")
    scratch.write("more.csv", "a,b\n1,2\n3,4,5\n")
    scratch.write("less.csv", "a,b\n1,2\n3\n")
    scratch.write("open.csv", 'a,b\n1,2\n3,"x\n')
    scratch.write("empty.csv", "")
    scratch.write("no_rows.csv", "age,income,balance\n")
    scratch.write("fewer_columns.csv", "age,income\n1,2\n")
    scratch.write("text.csv", "age,income,balance\n1,2,3\n1,2,much\n")
    scratch.write("rows.jsonl", '{"age": 1, "income": 2, "balance": 1}\n{"age": 1, "income":\n')


def malformed_tables(scratch):
    files(scratch)
    for name, err in (("more.csv", r"more\.csv:3:5: .*the line has 3 fields, the first line has 2"),
                      ("less.csv", r"less\.csv:3:1: .*the line has 1 field, the first line has 2"),
                      ("open.csv", r"open\.csv:3:3: .*this quote is never closed"),
                      ("empty.csv", r"empty\.csv")):
        scratch.expect("`data head` tells where %s is malformed" % name, ["slipway", "data", "head", name], 1, out="", err=err)
        scratch.expect("and so does `data profile`", ["slipway", "data", "profile", name], 1, out="", err=err)
        scratch.expect("and `drift`, whichever side it is", ["slipway", "drift", "--reference", "rows.csv", "--current", name], 1,
                       out="", err=err)
        scratch.expect("and `score`", ["slipway", "score", "--model", "tiny.onnx", "--input", name], 1, out="", err=err)
    scratch.expect("malformed JSON lines get their line", ["slipway", "data", "head", "rows.jsonl"], 1, out="", err=r"rows\.jsonl:2:")
    scratch.expect("a table that is not there", ["slipway", "data", "head", "nowhere.csv"], 3, out="",
                   err=r"no file or folder 'nowhere\.csv'; for a data asset write azureml:NAME")
    scratch.expect("a good table", ["slipway", "data", "head", "rows.csv", "-o", "table"], 0,
                   out=r"^Age +Income +Balance\n-+ +-+ +-+\n1 +2 +1\n1 +1 +9\n$", err="")
    scratch.expect("its profile", ["slipway", "data", "profile", "rows.csv", "--query", "[?column=='balance'].[type,min,max,mean]", "-o", "tsv"],
                   0, out=r"^long\t1\t9\t5\n$", err="")


def score(scratch, file, status, **patterns):
    scratch.expect("scoring %s" % file, ["slipway", "score", "-m", "tiny.onnx", "-i", file, "-o", "tsv"], status, **patterns)


def tables_and_models(scratch):
    files(scratch)
    score(scratch, "rows.csv", 0, out=r"^1\t0\.119\d+\t0\.88\d+\n0\t1\t0\n$", err="")  # 1 + 4 - 3 > 0; 1 + 2 - 27 < 0
    for rows, lines in (("rows.csv", 3), ("no_rows.csv", 1)):
        scratch.expect("CSV of %s has its header" % rows, ["slipway", "score", "-m", "tiny.onnx", "-i", rows, "-o", "csv"], 0,
                       out=r"^prediction,probability_0,probability_1\n([^\n]+\n){%d}$" % (lines - 1), err="")
    score(scratch, "fewer_columns.csv", 1, out="", err=r"'fewer_columns\.csv': the table lacks column 'balance'")
    score(scratch, "text.csv", 1, out="", err=r"'text\.csv': column 'balance' is of type string; the model takes float")
    score(scratch, "nowhere.csv", 3, out="", err=r"cannot read 'nowhere\.csv': No such file")
    scratch.expect("a model that is none", ["slipway", "score", "-m", "rows.csv", "-i", "rows.csv"], 1, out="", err=r"'rows\.csv' is no model")
    scratch.expect("a model that is not there", ["slipway", "score", "-m", "nowhere", "-i", "rows.csv"], 3, out="", err=r"no model at 'nowhere'")
    data = (scratch.path / "tiny.onnx").read_bytes()
    (scratch.path / "cut.onnx").write_bytes(data[:len(data) // 2])
    scratch.expect("a model that is cut off", ["slipway", "score", "-m", "cut.onnx", "-i", "rows.csv"], 1, out="", err=r"cut\.onnx")
    scratch.expect("tables of different columns", ["slipway", "drift", "--reference", "rows.csv", "--current", "fewer_columns.csv", "-o", "table"],
                   0, out=r"balance.*the current data have no such column")
    scratch.expect("a column of neither table", ["slipway", "drift", "--reference", "rows.csv", "--current", "rows.csv", "--numeric", "aeg"], 3,
                   out="", err=r"aeg.*did you mean 'age'")
    scratch.expect("a test that is none", ["slipway", "drift", "--reference", "rows.csv", "--current", "rows.csv", "--test", "sk"], 1,
                   out="", err=r"'sk'")


CASES = [malformed_tables, tables_and_models]
