"""Hosts of the training loop: background threads, one active run per device, and long jobs.

Loads PyTorch only in those threads.
"""
