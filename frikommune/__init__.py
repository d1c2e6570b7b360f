"""frikommune: from an evaluator's data to an answer that can be defended.

panel = fk.Panel.from_frame(frame, unit="kommune", period="quarter", outcome="rate", start="start", n="people")
effect = fk.did(panel)
how = fk.infer(effect)
verdict = fk.judge(effect, how, margin=0.2)
"""

from importlib import import_module
from typing import TYPE_CHECKING

from frikommune.cells import Cells, CrossProducts, cells, cross_products
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
    group_time,
    match,
    pool,
    sdid,
    synth,
    threshold,
    triple,
    within_region,
)
from frikommune.dataroom import DataRoom, open_room
from frikommune.disclosure import (
    Counts,
    Released,
    ReleasedCurve,
    Rule,
    audit,
    release,
    release_curve,
    release_together,
    shares,
)
from frikommune.estimate import Design, Estimate
from frikommune.inference import Family, Inference, family, infer, per_use, placebo
from frikommune.joint import simultaneous_band
from frikommune.official import (
    Alternatives,
    Answer,
    History,
    alternatives,
    histories,
    network_answers,
    official_panel,
    trial_answers,
)
from frikommune.panel import Panel, Standardised, difference, panel_of, standardised, starts_of
from frikommune.power import municipalities_needed, reaches, smallest_detectable
from frikommune.regression import Regression, cr3, least_squares, two_way
from frikommune.trials import Trial, load_trials, trial
from frikommune.verdict import Verdict, judge
from frikommune.version import __version__

if TYPE_CHECKING:
    from frikommune import figures, sections
    from frikommune.register.answers import register_answers
    from frikommune.register.pictures import pictures
else:
    # What draws takes a second and 50 MB to load, and whoever counts a register or estimates does not draw.
    _LATER = {"figures": "", "sections": "", "pictures": "register", "register_answers": "register"}

    def __getattr__(name: str) -> object:
        if name not in _LATER:
            raise AttributeError(f"module 'frikommune' has no attribute {name!r}")
        room = import_module(f"frikommune.{_LATER[name] or name}")
        return getattr(room, name) if _LATER[name] else room

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LATER})


__all__ = [
    "Alternatives",
    "Answer",
    "Cells",
    "Claim",
    "Counts",
    "CrossProducts",
    "DataRoom",
    "Design",
    "DifferenceInDifferences",
    "Estimate",
    "Family",
    "History",
    "Inference",
    "Panel",
    "PlaceboInTime",
    "Regression",
    "Released",
    "ReleasedCurve",
    "Rule",
    "Standardised",
    "Trial",
    "Verdict",
    "__version__",
    "alternatives",
    "audit",
    "before_after",
    "case_mix",
    "cells",
    "contamination",
    "cr3",
    "cross_products",
    "did",
    "difference",
    "equivalence",
    "event_study",
    "family",
    "figures",
    "gaps",
    "group_time",
    "histories",
    "honest_bounds",
    "infer",
    "inflow",
    "judge",
    "least_squares",
    "leave_one_out",
    "ledger",
    "load_claims",
    "load_trials",
    "match",
    "municipalities_needed",
    "network_answers",
    "official_panel",
    "open_room",
    "panel_of",
    "per_use",
    "pictures",
    "placebo",
    "placebo_in_time",
    "pool",
    "reaches",
    "register_answers",
    "release",
    "release_curve",
    "release_together",
    "sdid",
    "second_pool",
    "sections",
    "shares",
    "simultaneous_band",
    "smallest_detectable",
    "specification_curve",
    "standardised",
    "starts_of",
    "synth",
    "threshold",
    "trial",
    "trial_answers",
    "triple",
    "two_way",
    "within_region",
]
