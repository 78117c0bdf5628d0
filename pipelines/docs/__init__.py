"""The site and the checks of what the pages show: `nox -s docs`."""
