"""Turns the measurements of bench/score-http.sh into its result file. Usage: WORK_FOLDER"""

import json
import os
import statistics
import sys

import results

work = sys.argv[1]


def lines(name):
    with open(os.path.join(work, name)) as file:
        return [json.loads(line) for line in file]


def peak(name):
    return statistics.median(lines(name + ".peak"))


def steady(name, key):
    return statistics.median(run[key] for run in lines(name))


def figure(what, unit, ours, peer=None, peer_name=None, target=None, met=None):
    ratio = ours / peer if peer else None
    return {"what": what, "unit": unit, "ours": round(ours, 2), "peer": round(peer, 2) if peer else None, "peer_name": peer_name,
            "ratio": round(ratio, 3) if ratio else None, "target": target, "met": met(ratio) if met else None}


def percentile_figures(share):
    runs, peers = f"gateway.steady{share}", f"nginx.steady{share}"
    rate = round(steady(runs, "rate"))
    for key, name in (("p50_us", "p50"), ("p99_us", "p99"), ("p999_us", "p99.9")):
        is_promised = share == 50 and key == "p99_us"
        yield figure(f"{name} at {rate} requests per second ({share} % of the gateway's peak)", "us", steady(runs, key),
                     steady(peers, key), "nginx, fixed body, same rate", "<= 3" if is_promised else None,
                     (lambda ratio: ratio <= 3) if is_promised else None)


def overload_figures(name, what, share):
    """What is let in must not wait longer because more is refused."""
    runs = lines(f"{name}.steady300")
    refused = sum(run["refused"] for run in runs) / sum(run["refused"] + run["answered"] for run in runs)
    yield figure(f"p99 of what is let in at 3 times what {what} can take ({refused:.0%} refused)", "us", steady(f"{name}.steady300", "p99_us"),
                 steady(f"{name}.steady{share}", "p99_us"), f"the same at {share} % of what it can take", "<= 3", lambda ratio: ratio <= 3)


failed = sum(run["failed"] for share in (10, 50, 90) for name in ("gateway", "nginx") for run in lines(f"{name}.steady{share}"))
failed += sum(run["failed"] for share in (50, 300) for name in ("narrow", "hurried") for run in lines(f"{name}.steady{share}"))
failed += sum(run["failed"] for name in ("cpp", "python") for run in lines(f"{name}.steady50"))
if failed:
    sys.exit(f"score-http: {failed} requests of the steady runs failed")
figures = [
    figure("requests per second, one core, 500 trees of depth 10, one row", "1/s", peak("gateway"), peak("nginx"), "nginx, fixed body",
           ">= 0.5", lambda ratio: ratio >= 0.5),
    figure("requests per second, one core, the same forest", "1/s", peak("gateway"), peak("fastapi"),
           "FastAPI, uvicorn and scikit-learn", ">= 500", lambda ratio: ratio >= 500),
    *percentile_figures(10), *percentile_figures(50),
    figure(f"p99 at half of the gateway's peak, and of nginx at half of its own ({round(steady('nginx.half', 'rate'))} requests per second)",
           "us", steady("gateway.steady50", "p99_us"), steady("nginx.half", "p99_us"), "nginx, fixed body, the same share of a core"),
    *percentile_figures(90),
    figure("requests per second with the traffic log", "1/s", peak("gateway"), peak("quiet"), "the same without it", ">= 0.85",
           lambda ratio: ratio >= 0.85),
    figure("requests per second, TLS 1.3 on", "1/s", peak("gateway_tls"), peak("nginx_tls"), "nginx, fixed body, TLS 1.3"),
    figure("requests per second, the forest in a C++ scoring script", "1/s", peak("cpp"), peak("gateway"), "the same without a script"),
    figure("requests per second, a Python scoring script that answers a constant", "1/s", peak("python"), peak("fastapi_constant"),
           "FastAPI, uvicorn, a constant"),
    *(figure(f"{key[:-3].replace('p999', 'p99.9')} of a {language} script at half of its peak", "us", steady(f"{name}.steady50", key))
      for name, language in (("cpp", "C++"), ("python", "Python")) for key in ("p50_us", "p99_us", "p999_us")),
    *overload_figures("narrow", "a Python script", 50),
    *overload_figures("hurried", "a model (150 rows a request)", 90),
    figure("resident memory of an idle connection, of 10000", "KB", lines("idle.json")[0]["kilobytes_each"]),
    figure("resident memory of an idle TLS connection, of 10000", "KB", lines("idle_tls.json")[0]["kilobytes_each"]),
]
print(results.document("score-http", figures))
