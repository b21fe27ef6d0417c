"""A run to take away: a zip with its weights, history and pictures, and a script that needs nothing of ours."""
