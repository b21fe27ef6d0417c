"""The page Failures: runs broken on purpose, to predict, to watch and to mend."""
