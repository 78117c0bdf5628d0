"""`python -m vtbr_models`."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="vtbr-models")
