"""The jobs of a study, how they run, and the results that they leave."""
