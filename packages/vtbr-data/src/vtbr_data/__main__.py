"""`python -m vtbr_data` is `vtbr-data`."""

from vtbr_data.cli import main

if __name__ == "__main__":
    main(prog_name="vtbr-data")
