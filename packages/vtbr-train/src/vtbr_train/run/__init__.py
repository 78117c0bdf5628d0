"""The folder of a run: settings, log, resume state, models."""
