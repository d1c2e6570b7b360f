"""Make `peer.json`: the same sets by honestdid 0.1.1, which solves a linear programme at every effect.

python tests/oracles/honest/make.py    # in an environment of its own, with honestdid 0.1.1 and numpy below 2.3

`benzarti_carloni.json` holds the event study of Benzarti & Carloni (2019) that the R package HonestDiD ships as
`BCdata_EventStudy`, and `published.json` what the R package gives for it, as its authors' comparison with the Stata
version prints it (mcaceresb/stata-honestdid, test/unit-tests-consistency.R.log): relative magnitudes with method C-LF
on 1,000 values of the first effect, smoothness with method FLCI; its nine digits are those that eohne/HonestDiD.jl
(test/reference.jl) keeps of the R package. Sets that reach the end of its grid are left out.
"""

import json
from pathlib import Path

import honestdid
import numpy as np
import torch

HERE = Path(__file__).parent
AVERAGE = np.full((4, 1), 0.25)


def main() -> None:
    """Write the file."""
    data = json.loads((HERE / "benzarti_carloni.json").read_text())
    values, spread = (torch.tensor(data[name], dtype=torch.float64) for name in ("values", "spread"))
    average = [[allowed, *magnitudes(values, spread, allowed)] for allowed in (0.5, 1.0)]
    smooth = honestdid.createSensitivityResults(values, spread, 4, 4, Mvec=[0.0224633188, 0.05], alpha=0.05)
    held = {"step": 0.75 / 299, "average": average, "smooth_first": smooth[["M", "lb", "ub"]].to_numpy().tolist()}
    (HERE / "peer.json").write_text(json.dumps(held, indent=1) + "\n")


def magnitudes(values: torch.Tensor, spread: torch.Tensor, allowed: float) -> tuple[float, float]:
    """Return the ends of the set for the mean effect, on a grid of 300 values."""
    found = honestdid.computeConditionalCS_DeltaRM(
        values, spread, 4, 4, l_vec=torch.tensor(AVERAGE), Mbar=allowed, hybrid_flag="LF", gridPoints=300,
        grid_lb=-0.15, grid_ub=0.60,
    )  # fmt: skip
    kept = np.array(found["grid"])[np.array(found["accept"]) > 0]
    return float(kept.min()), float(kept.max())


if __name__ == "__main__":
    main()
