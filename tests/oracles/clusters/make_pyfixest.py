"""Made once with pyfixest 0.60.0, which is not among the packages that the tests need; they read what it wrote."""

import pandas as pd
import pyfixest

data = pd.read_csv("data.csv")
rows = []
for model, formula in {
    "unit and period": "y ~ treated + x | unit + period",
    "two-way": "y ~ treated | unit + period",
    "unit": "y ~ treated + x | unit",
    "period": "y ~ treated + x | period",
}.items():
    fit = pyfixest.feols(formula, data, vcov={"CRV1": "unit"})
    rows += [
        {"model": model, "term": each, "coefficient": fit.coef()[each], "cr1": fit.se()[each]}
        for each in fit.coef().index
    ]
pd.DataFrame(rows).to_csv("expected_pyfixest.csv", index=False, float_format="%.16g")
