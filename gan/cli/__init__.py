"""The command line: `python -m gan`."""
