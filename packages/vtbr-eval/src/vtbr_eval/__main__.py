"""`python -m vtbr_eval` is `vtbr-eval`."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="vtbr-eval")
