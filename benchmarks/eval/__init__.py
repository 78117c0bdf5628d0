"""Speed and memory of vtbr-eval against the bare matrix product."""

NAMES = ("market", "msmt17", "msmt17-rerank", "million", "dense", "dense-small", "growth", "growth-large")
SUITES = {**dict.fromkeys(NAMES, "suites"), "coverage": "coverage", "decisions": "decisions"}
DEFAULT = ["market", "dense"]
