"""Scores of generated pictures beside those of real ones, in the features of EvalNet."""
