"""From the results of a study to scores, sentences and figures."""
