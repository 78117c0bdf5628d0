"""Speed of vtbr-data: a suite is the module of its name."""

SUITES = {
    name: name
    for name in ("check", "index", "manifest", "pipeline", "rendering", "select", "shards", "words")
}
DEFAULT = list(SUITES)
