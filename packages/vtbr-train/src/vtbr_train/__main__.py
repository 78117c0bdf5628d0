"""`python -m vtbr_train`, which is what torchrun starts."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="vtbr-train")
