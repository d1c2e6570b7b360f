"""Numbers of wildboottest 0.3.2 and pyfixest (CRV3, the jackknife of summclust) for panel.csv.

python make_bootstrap_numbers.py > wildboottest.csv
"""

import csv
import sys

import numpy as np
import pandas as pd
import pyfixest as pf
from wildboottest.wildboottest import WildboottestCL

data = pd.read_csv("panel.csv")
X = np.column_stack([np.ones(len(data)), data[["treated", "post", "effect", "x"]]])
writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow(["method", "coefficient", "t", "p", "error"])
for at, name in ((3, "effect"), (4, "x")):
    for impose in (True, False):
        for weights in ("rademacher", "webb"):
            R = np.zeros(5)
            R[at] = 1
            boot = WildboottestCL(X=X, Y=data["y"].to_numpy(), cluster=data["cluster"], R=R, B=99_999, seed=1)
            boot.get_scores(bootstrap_type="11", impose_null=impose)
            boot.get_weights(weights_type=weights)
            boot.get_numer()
            boot.get_denom()
            boot.get_tboot()
            boot.get_vcov()
            boot.get_tstat()
            boot.get_pvalue(pval_type="two-tailed")
            kind = ("WCR " if impose else "WCU ") + weights
            writer.writerow([kind, name, float(np.ravel(boot.t_stat)[0]), float(np.ravel(boot.pvalue)[0]), ""])
fit = pf.feols("y ~ treated + post + effect + x", data, vcov={"CRV3": "cluster"})
for name in ("effect", "x"):
    writer.writerow(["CRV3", name, fit.tstat()[name], fit.pvalue()[name], fit.se()[name]])
