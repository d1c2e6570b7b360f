"""Make `texas.json`: synthetic difference-in-differences of Texas by diff-diff 3.13.0, after Arkhangelsky et al.

python tests/oracles/sdid/make.py    # in an environment of its own, with causaldata 0.1.5
"""

import json
from pathlib import Path

from causaldata import texas
from diff_diff import SyntheticDiD

HERE = Path(__file__).parent


def main() -> None:
    """Write the file."""
    frame = texas.load_pandas().data
    frame["treated"] = (frame["state"] == "Texas").astype(int)
    fitted = SyntheticDiD(variance_method="placebo", n_bootstrap=2).fit(
        frame, outcome="bmprison", treatment="treated", unit="state", time="year", post_periods=list(range(1994, 2001))
    )
    held = {
        "att": float(fitted.att),
        "zeta_omega": float(fitted.zeta_omega),
        "unit_weights": {str(unit): float(weight) for unit, weight in fitted.unit_weights.items()},
        "time_weights": {int(year): float(weight) for year, weight in fitted.time_weights.items()},
    }
    (HERE / "texas.json").write_text(json.dumps(held, indent=1) + "\n")


if __name__ == "__main__":
    main()
