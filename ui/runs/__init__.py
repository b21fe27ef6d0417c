"""The Runs page: a row a run, dialogs, the zip."""
