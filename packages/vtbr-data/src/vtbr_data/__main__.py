"""`python -m vtbr_data` is `vtbr-data`."""

from vtbr_data.cli import main

main(prog_name="vtbr-data")
