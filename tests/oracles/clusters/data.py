"""Makes data.csv: 12 units of unequal size, 4 periods, two of the units treated from the third on."""

import numpy as np
import pandas as pd

rng = np.random.default_rng(20170701)
sizes = rng.integers(4, 12, (12, 4))
unit, period = (np.repeat(each.ravel(), sizes.ravel()) for each in np.indices((12, 4)))
treated = ((unit < 2) & (period >= 2)).astype(int)
x = np.round(rng.normal(size=len(unit)) + unit / 10, 3)
shocks = rng.normal(size=(12, 4))[unit, period]
y = np.round(2 + 0.5 * treated + 0.3 * x + 0.2 * period + shocks + rng.normal(size=len(unit)), 3)
pd.DataFrame({"unit": unit, "period": period, "treated": treated, "x": x, "y": y}).to_csv("data.csv", index=False)
