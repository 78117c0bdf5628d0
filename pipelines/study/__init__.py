"""Does caption pretraining help Re-ID, and by how much? `nox -s study` runs it and writes it up."""
