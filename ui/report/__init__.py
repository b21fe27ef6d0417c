"""The report of a run: scores, time slider, branch, details."""
