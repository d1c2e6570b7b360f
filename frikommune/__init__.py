"""frikommune: from an evaluator's data to an answer that can be defended.

panel = fk.Panel.from_frame(frame, unit="kommune", period="quarter", outcome="rate", start="start", n="people")
effect = fk.did(panel)
how = fk.placebo(effect)
verdict = fk.judge(effect, how, margin=0.2)
"""

from frikommune import figures, sections
from frikommune.checks import (
    PlaceboInTime,
    case_mix,
    contamination,
    equivalence,
    honest_bounds,
    inflow,
    leave_one_out,
    placebo_in_time,
    second_pool,
    specification_curve,
)
from frikommune.claims import Claim, ledger, load_claims
from frikommune.compare import (
    DifferenceInDifferences,
    before_after,
    did,
    event_study,
    gaps,
    match,
    pool,
    sdid,
    synth,
    threshold,
    triple,
    within_region,
)
from frikommune.dataroom import DataRoom, open_room
from frikommune.estimate import Design, Estimate
from frikommune.inference import Inference, placebo
from frikommune.joint import per_use, simultaneous_band
from frikommune.official import Answer, network_answers, official_panel, trial_answers
from frikommune.panel import Panel, difference
from frikommune.power import municipalities_needed
from frikommune.trials import Trial, load_trials, trial
from frikommune.verdict import Verdict, judge
from frikommune.version import __version__

__all__ = [
    "Answer",
    "Claim",
    "DataRoom",
    "Design",
    "DifferenceInDifferences",
    "Estimate",
    "Inference",
    "Panel",
    "PlaceboInTime",
    "Trial",
    "Verdict",
    "__version__",
    "before_after",
    "case_mix",
    "contamination",
    "did",
    "difference",
    "equivalence",
    "event_study",
    "figures",
    "gaps",
    "honest_bounds",
    "inflow",
    "judge",
    "leave_one_out",
    "ledger",
    "load_claims",
    "load_trials",
    "match",
    "municipalities_needed",
    "network_answers",
    "official_panel",
    "open_room",
    "per_use",
    "placebo",
    "placebo_in_time",
    "pool",
    "sdid",
    "second_pool",
    "sections",
    "simultaneous_band",
    "specification_curve",
    "synth",
    "threshold",
    "trial",
    "trial_answers",
    "triple",
    "within_region",
]
