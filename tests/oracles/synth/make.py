"""Make `texas.json`: the synthetic control of Texas by pysyncon 1.7.0, every outcome before counting alike.

python tests/oracles/synth/make.py    # in an environment of its own, with causaldata 0.1.5

pysyncon divides predictors by their standard deviation; weights of its square undo that.
"""

import json
from pathlib import Path

import numpy as np
from causaldata import texas
from pysyncon import Dataprep, Synth

HERE = Path(__file__).parent
BEFORE = range(1985, 1994)


def main() -> None:
    """Write the file."""
    frame = texas.load_pandas().data
    prepared = Dataprep(
        foo=frame,
        predictors=[],
        predictors_op="mean",
        time_predictors_prior=BEFORE,
        dependent="bmprison",
        unit_variable="state",
        time_variable="year",
        treatment_identifier="Texas",
        controls_identifier=sorted(set(frame["state"]) - {"Texas"}),
        time_optimize_ssr=BEFORE,
        special_predictors=[("bmprison", [year], "mean") for year in BEFORE],
    )
    wide = frame.pivot_table(index="year", columns="state", values="bmprison").loc[list(BEFORE)]
    fitted = Synth()
    fitted.fit(dataprep=prepared, custom_V=(wide.std(axis=1, ddof=1) ** 2 / 1e8).to_numpy())
    weights = {state: float(weight) for state, weight in fitted.weights(round=12).items() if weight > 0}
    apart = wide["Texas"] - wide[list(weights)] @ np.array(list(weights.values()))
    held = {"pysyncon_weights": weights, "pysyncon_squares": float((apart**2).sum())}
    (HERE / "texas.json").write_text(json.dumps(held, indent=1) + "\n")


if __name__ == "__main__":
    main()
