"""Make `castle.json` and `organs.json`: the same estimands in csdid 0.4.3, diff-diff 3.13.0 and pyfixest 0.60.0.

python tests/oracles/did/make.py    # in an environment of its own, with causaldata 0.1.5 and these three
"""

import json
from pathlib import Path

import numpy as np
import pyfixest
from causaldata import castle, organ_donations
from csdid.att_gt import ATTgt
from diff_diff import CallawaySantAnna, bacon_decompose

HERE = Path(__file__).parent


def main() -> None:
    """Write both files."""
    frame = castle.load_pandas().data
    frame["log"] = np.log(frame["homicide"]).astype(float)  # of single precision, and reckoned with in double
    frame["first"] = frame["sid"].map(frame[frame["post"] > 0].groupby("sid")["year"].min()).fillna(0).astype(int)
    (HERE / "castle.json").write_text(
        json.dumps({**csdid(frame), **diff_diff(frame), **fixed_effects(frame)}, indent=1) + "\n"
    )
    organs = organ_donations.load_pandas().data
    organs["treated"] = ((organs["State"] == "California") & (organs["Quarter_Num"] > 3)).astype(int)
    for quarter in (1, 2, 4, 5, 6):
        organs[f"at{quarter}"] = ((organs["State"] == "California") & (organs["Quarter_Num"] == quarter)).astype(int)
    static = pyfixest.feols("Rate ~ treated | State + Quarter_Num", organs).coef()["treated"]
    dynamic = pyfixest.feols("Rate ~ at1 + at2 + at4 + at5 + at6 | State + Quarter_Num", organs).coef()
    held = {"pyfixest_twfe": float(static), "pyfixest_path": [float(value) for value in dynamic]}
    (HERE / "organs.json").write_text(json.dumps(held, indent=1) + "\n")


def csdid(frame) -> dict[str, object]:
    """Return group and dynamic aggregations with never-treated states and a universal base."""
    columns = frame[["log", "first", "sid", "year"]].copy()
    fitted = ATTgt(yname="log", gname="first", idname="sid", tname="year", xformla="log~1", data=columns)
    fitted = fitted.fit(est_method="reg", base_period="universal", bstrap=False)
    fitted.aggte(typec="group", bstrap=False)
    overall = float(fitted.atte["overall_att"])
    fitted.aggte(typec="dynamic", bstrap=False)
    path = {int(e): float(value) for e, value in zip(fitted.atte["egt"], fitted.atte["att_egt"], strict=True)}
    return {"csdid_group": overall, "csdid_path": path}


def fixed_effects(frame) -> dict[str, object]:
    """Return two-way fixed effects, states counted alike and by their population."""
    columns = frame[["log", "post", "popwt", "sid", "year"]].astype(float)
    alike = pyfixest.feols("log ~ post | sid + year", columns, vcov={"CRV1": "sid"})
    people = pyfixest.feols("log ~ post | sid + year", columns, weights="popwt")
    return {
        "pyfixest_twfe": float(alike.coef()["post"]),
        "pyfixest_twfe_se": float(alike.se()["post"]),
        "pyfixest_twfe_people": float(people.coef()["post"]),
    }


def diff_diff(frame) -> dict[str, object]:
    """Return the event study with never-treated states and a universal base."""
    design = CallawaySantAnna(control_group="never_treated", base_period="universal")
    fitted = design.fit(frame, outcome="log", unit="sid", time="year", first_treat="first", aggregate="all")
    path = {int(e): float(point["effect"]) for e, point in fitted.event_study_effects.items()}
    timing = bacon_decompose(frame, outcome="log", unit="sid", time="year", first_treat="first")
    never = [timing.total_weight_treated_vs_never, timing.weighted_avg_treated_vs_never]
    return {"diff_diff_path": path, "diff_diff_bacon": [float(each) for each in never]}


if __name__ == "__main__":
    main()
