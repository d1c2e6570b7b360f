"""frikommune: from an evaluator's data to an answer that can be defended.

panel = fk.Panel.from_frame(frame, unit="kommune", period="quarter", outcome="rate", start="start", n="people")
effect = fk.did(panel)
how = fk.infer(effect)
verdict = fk.judge(effect, how, margin=0.2)
"""

from frikommune import figures, sections
from frikommune.checks import PlaceboInTime, placebo_in_time
from frikommune.claims import Claim, ledger, load_claims
from frikommune.compare import DifferenceInDifferences, did
from frikommune.dataroom import DataRoom, open_room
from frikommune.estimate import Design, Estimate
from frikommune.inference import Family, Inference, family, infer, per_use, placebo, within_province
from frikommune.official import Answer, network_answers, official_panel, trial_answers
from frikommune.panel import Panel
from frikommune.power import municipalities_needed, reaches, smallest_detectable
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
    "Family",
    "Inference",
    "Panel",
    "PlaceboInTime",
    "Trial",
    "Verdict",
    "__version__",
    "did",
    "family",
    "figures",
    "infer",
    "judge",
    "ledger",
    "load_claims",
    "load_trials",
    "municipalities_needed",
    "network_answers",
    "official_panel",
    "open_room",
    "per_use",
    "placebo",
    "placebo_in_time",
    "reaches",
    "sections",
    "smallest_detectable",
    "trial",
    "trial_answers",
    "within_province",
]
