from . import figures as figures
from . import sections as sections
from .cells import (
    Cells as Cells,
)
from .cells import (
    CrossProducts as CrossProducts,
)
from .cells import (
    cells as cells,
)
from .cells import (
    cross_products as cross_products,
)
from .checks import (
    PlaceboInTime as PlaceboInTime,
)
from .checks import (
    case_mix as case_mix,
)
from .checks import (
    contamination as contamination,
)
from .checks import (
    equivalence as equivalence,
)
from .checks import (
    honest_bounds as honest_bounds,
)
from .checks import (
    inflow as inflow,
)
from .checks import (
    leave_one_out as leave_one_out,
)
from .checks import (
    placebo_in_time as placebo_in_time,
)
from .checks import (
    second_pool as second_pool,
)
from .checks import (
    specification_curve as specification_curve,
)
from .claims import (
    Claim as Claim,
)
from .claims import (
    ledger as ledger,
)
from .claims import (
    load_claims as load_claims,
)
from .compare import (
    DifferenceInDifferences as DifferenceInDifferences,
)
from .compare import (
    before_after as before_after,
)
from .compare import (
    did as did,
)
from .compare import (
    event_study as event_study,
)
from .compare import (
    gaps as gaps,
)
from .compare import (
    group_time as group_time,
)
from .compare import (
    match as match,
)
from .compare import (
    pool as pool,
)
from .compare import (
    sdid as sdid,
)
from .compare import (
    synth as synth,
)
from .compare import (
    threshold as threshold,
)
from .compare import (
    triple as triple,
)
from .compare import (
    within_region as within_region,
)
from .dataroom import (
    DataRoom as DataRoom,
)
from .dataroom import (
    open_room as open_room,
)
from .disclosure import (
    Counts as Counts,
)
from .disclosure import (
    Released as Released,
)
from .disclosure import (
    ReleasedCurve as ReleasedCurve,
)
from .disclosure import (
    Rule as Rule,
)
from .disclosure import (
    audit as audit,
)
from .disclosure import (
    release as release,
)
from .disclosure import (
    release_curve as release_curve,
)
from .disclosure import (
    release_together as release_together,
)
from .disclosure import (
    shares as shares,
)
from .estimate import (
    Design as Design,
)
from .estimate import (
    Estimate as Estimate,
)
from .inference import (
    Family as Family,
)
from .inference import (
    Inference as Inference,
)
from .inference import (
    family as family,
)
from .inference import (
    infer as infer,
)
from .inference import (
    per_use as per_use,
)
from .inference import (
    placebo as placebo,
)
from .joint import simultaneous_band as simultaneous_band
from .official import (
    Alternatives as Alternatives,
)
from .official import (
    Answer as Answer,
)
from .official import (
    History as History,
)
from .official import (
    alternatives as alternatives,
)
from .official import (
    histories as histories,
)
from .official import (
    network_answers as network_answers,
)
from .official import (
    official_panel as official_panel,
)
from .official import (
    trial_answers as trial_answers,
)
from .panel import (
    Panel as Panel,
)
from .panel import (
    Standardised as Standardised,
)
from .panel import (
    difference as difference,
)
from .panel import (
    panel_of as panel_of,
)
from .panel import (
    standardised as standardised,
)
from .panel import (
    starts_of as starts_of,
)
from .power import (
    municipalities_needed as municipalities_needed,
)
from .power import (
    reaches as reaches,
)
from .power import (
    smallest_detectable as smallest_detectable,
)
from .register import (
    pictures as pictures,
)
from .register import (
    register_answers as register_answers,
)
from .regression import (
    Regression as Regression,
)
from .regression import (
    cr3 as cr3,
)
from .regression import (
    least_squares as least_squares,
)
from .regression import (
    two_way as two_way,
)
from .trials import (
    Trial as Trial,
)
from .trials import (
    load_trials as load_trials,
)
from .trials import (
    trial as trial,
)
from .verdict import (
    Verdict as Verdict,
)
from .verdict import (
    judge as judge,
)
from .version import __version__ as __version__
