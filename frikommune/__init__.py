"""frikommune: from an evaluator's data to an answer that can be defended.

panel = fk.Panel.from_frame(frame, unit="kommune", period="quarter", outcome="rate", start="start", n="people")
effect = fk.did(panel)
how = fk.placebo(effect)
verdict = fk.judge(effect, how, margin=0.2)
"""

from frikommune import figures, sections
from frikommune.cells import Cells, CrossProducts, cells, cross_products
from frikommune.checks import PlaceboInTime, placebo_in_time
from frikommune.claims import Claim, ledger, load_claims
from frikommune.compare import DifferenceInDifferences, did
from frikommune.dataroom import DataRoom, open_room
from frikommune.estimate import Design, Estimate
from frikommune.inference import Inference, placebo
from frikommune.official import Answer, network_answers, official_panel, trial_answers
from frikommune.panel import Panel, Standardised, difference, panel_of, standardised, starts_of
from frikommune.power import municipalities_needed
from frikommune.regression import Regression, cr3, least_squares, leave_one_out, two_way
from frikommune.trials import Trial, load_trials, trial
from frikommune.verdict import Verdict, judge
from frikommune.version import __version__

__all__ = [
    "Answer",
    "Cells",
    "Claim",
    "CrossProducts",
    "DataRoom",
    "Design",
    "DifferenceInDifferences",
    "Estimate",
    "Inference",
    "Panel",
    "PlaceboInTime",
    "Regression",
    "Standardised",
    "Trial",
    "Verdict",
    "__version__",
    "cells",
    "cr3",
    "cross_products",
    "did",
    "difference",
    "figures",
    "judge",
    "least_squares",
    "leave_one_out",
    "ledger",
    "load_claims",
    "load_trials",
    "municipalities_needed",
    "network_answers",
    "official_panel",
    "open_room",
    "panel_of",
    "placebo",
    "placebo_in_time",
    "sections",
    "standardised",
    "starts_of",
    "trial",
    "trial_answers",
    "two_way",
]
