"""How fast the packages are: `nox -s bench -- PACKAGE [NAME...]`; docs/benchmarks.md holds the results."""
