"""The scoring server most teams write: FastAPI, pandas and a scikit-learn pipeline. Usage: PORT DATA.csv TARGET"""

import sys

import pandas
import uvicorn
from fastapi import FastAPI, Request
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

port, path, target = int(sys.argv[1]), sys.argv[2], sys.argv[3]
data = pandas.read_csv(path)
features = data.drop(columns=[target])
texts = list(features.select_dtypes("object").columns)
model = make_pipeline(
    make_column_transformer((OneHotEncoder(handle_unknown="ignore"), texts), remainder="passthrough"),
    RandomForestClassifier(n_estimators=500, max_depth=10, random_state=42, n_jobs=1),
).fit(features, data[target])
model[-1].n_jobs = 1
app = FastAPI()


@app.post("/constant")
async def constant(request: Request):
    rows = (await request.json())["data"]
    return {"predictions": [0.123456] * len(rows)}


@app.post("/score")
async def score(request: Request):
    rows = pandas.DataFrame((await request.json())["data"])
    return {"predictions": model.predict_proba(rows)[:, 1].tolist()}


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=True)
