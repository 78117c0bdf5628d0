"""What is measured of vtbr-eval: speed and memory, intervals and tests, thresholds, the report."""

NAMES = ("market", "msmt17", "msmt17-rerank", "million", "dense", "dense-small", "growth", "growth-large")
SUITES = {
    **dict.fromkeys(NAMES, "suites"),
    "coverage": "coverage",
    "decisions": "decisions",
    "rendered": "rendered",
    "report": "report",
}
DEFAULT = ["market", "dense"]
