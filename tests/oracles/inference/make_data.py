"""Make the small panel of the cluster oracles: 12 clusters of uneven size, 4 of them treated in the second half.

python make_data.py > panel.csv
"""

import csv
import sys

import numpy as np

rng = np.random.default_rng(7)
writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow(["cluster", "y", "treated", "post", "effect", "x"])
for cluster in range(12):
    own = rng.normal()
    for row in range(6 + 3 * (cluster % 4)):
        treated, post = int(cluster < 4), row % 2
        x = rng.normal() + 0.3 * own
        y = own + 0.5 * post + 0.4 * treated * post + 0.2 * x + rng.normal() * (1 + 0.5 * treated)
        writer.writerow([cluster, round(y, 6), treated, post, treated * post, round(x, 6)])
