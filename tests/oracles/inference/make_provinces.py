"""Make effects of units in seven groups of uneven size: python make_provinces.py > provinces.csv."""

import csv
import sys

import numpy as np

rng = np.random.default_rng(11)
writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow(["province", "z"])
for province, size in enumerate([4, 13, 11, 5, 12, 10, 8]):
    shared = 0.8 * rng.normal()
    writer.writerows([province, f"{shared + rng.normal():.6f}"] for _ in range(size))
