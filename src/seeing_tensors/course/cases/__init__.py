"""The cases of lesson 7: a small data set, one right training, and six that one line has spoiled without a word.

shapes     draws the photos and masks, as real PNGs, and reads them
runs       the network, its training, the six faults, and what each run leaves behind
log        writes a run as Weights & Biases keeps it, offline
"""
