"""Diagnostics: statuses from a run's log and findings from its scores, in sentences.

Reads numbers only; nothing here loads PyTorch.
"""
