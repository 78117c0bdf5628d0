"""Speed of vtbr-models: a suite is the module of its name."""

SUITES = {name: name for name in ("generation", "score", "extract", "losses", "deploy")}
DEFAULT = list(SUITES)
