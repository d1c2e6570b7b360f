"""Make `crime.json`: equivalence tests of the crime panel of Di Tella & Schargrodsky (2004) by equitrends 0.1.1.

python tests/oracles/equivalence/make.py    # in an environment of its own, with equitrends 0.1.1

It is the application of Dette & Schumann (2024), section 7: 876 blocks of Buenos Aires, April to July 1994.
"""

import json
from pathlib import Path

from equitrends import equiv_test, load_dataset

HERE = Path(__file__).parent


def main() -> None:
    """Write the file."""
    panel = load_dataset("MonthlyPanel").rename(columns={"observ": "id", "totrob": "y", "mes": "period"})
    panel["g"] = (panel["distanci"] == 0).astype(int)
    asked = {
        "data": panel, "y": "y", "id": "id", "g": "g", "period": "period", "pretreatment_period": [4, 5, 6, 7],
        "base_period": 7, "vcov": "cluster", "cluster": "id",
    }  # fmt: skip
    largest = equiv_test(type="max", method="IU", **asked)
    mean = equiv_test(type="mean", **asked)
    held = {
        "values": largest.placebo_coefficients,
        "se": largest.placebo_coefficients_se,
        "least": largest.minimum_equiv_thresholds,
        "least_largest": largest.minimum_equiv_threshold,
        "mean": mean.abs_mean_placebo_coefs,
        "se_mean": mean.var_mean_placebo_coef**0.5,
        "least_mean": mean.minimum_equiv_threshold,
    }
    (HERE / "crime.json").write_text(json.dumps(held, indent=1) + "\n")


if __name__ == "__main__":
    main()
