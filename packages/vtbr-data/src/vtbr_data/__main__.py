"""`python -m vtbr_data` is `vtbr-data`."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="vtbr-data")
