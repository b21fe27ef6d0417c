"""How pictures and data files of any kind become a data set: containers, entries, layout, decoding, decisions, Data."""
