import numpy as np
import pandas as pd
import pytest

from frikommune.disclosure import TOTAL
from frikommune.errors import BadData
from frikommune.trials import trial
from frikommune.uptake import uptake_panel, use

SDP = trial("laegeattest_sdp")  # seven municipalities, ended by the law of 2020-01-01
COLUMNS = ["trial", "kommune_kode", "period", "eligible", "used"]


def table(rows: list[tuple[int, str, float, int]], *, key: str = "laegeattest_sdp") -> pd.DataFrame:
    return pd.DataFrame([(key, *row) for row in rows], columns=COLUMNS)


def test_uses_are_counted_up_to_the_law() -> None:
    """What was used from the day on which the law gave the waiver to everybody is told apart."""
    found = use(table([(813, "2019Q4", 40, 30), (813, "2020Q1", 40, 35), (860, "2019Q4", 10, 7)]), SDP)
    assert (found.used, found.eligible, found.after_law) == (37, 50, 35)
    assert found.share == pytest.approx(0.74)


def test_a_period_that_the_law_falls_in_is_not_the_trial_s() -> None:
    """A whole year that ends after the law's first day is left out."""
    found = use(table([(813, "2019", 40, 30), (813, "2020", 40, 35)]), SDP)
    assert (found.used, found.after_law) == (30, 35)


def test_never_users_are_named_apart_from_those_without_cases_and_without_reports() -> None:
    """No use, no case and no report are three things."""
    found = use(table([(813, "2019Q1", 9, 8), (860, "2019Q1", 5, 0), (849, "2019Q1", 0, 0)]), SDP)
    assert found.never == (860,)
    assert found.no_cases == (849,)
    assert found.silent == tuple(code for code in SDP.municipalities if code not in (813, 860, 849))


def test_few_uses_do_not_leave() -> None:
    """Three uses in one municipality are hidden, and one more cell with them; none is told where none is."""
    rows: list[tuple[int, str, float, int]] = [(code, "2019Q1", 50, 20) for code in (813, 825, 860)]
    found = use(table([*rows, (849, "2019Q1", 50, 3)]), SDP).released[0].n
    assert found.isna().sum() == 2
    assert found.loc["Jammerbugt"] is pd.NA
    assert found.loc["Rebild"] == 0
    assert found.loc[TOTAL] == 63


def test_the_panel_is_uses_over_cases() -> None:
    """A cell without cases, or of which the cases are not known, is missing."""
    found = uptake_panel(
        table([(813, "2018Q1", 10, 0), (813, "2018Q2", 10, 5), (860, "2018Q1", 0, 0), (860, "2018Q2", np.nan, 4)]), SDP
    )
    assert found.Y[0].tolist() == [0.0, 0.5]
    assert found.var[0, 1] == 0.25
    assert np.isnan(found.Y[1]).all()
    assert found.start.tolist() == [1, 1]


def test_unknown_cases_leave_the_share_unknown() -> None:
    """One row without its number of cases is enough."""
    found = use(table([(813, "2019Q1", 10, 5), (860, "2019Q1", np.nan, 4)]), SDP)
    assert found.eligible is None
    assert np.isnan(found.share)


def test_rows_in_no_order_give_the_same_counts() -> None:
    """Order does nothing."""
    frame = table([(813, "2019Q1", 10, 5), (860, "2018Q3", 9, 4), (813, "2018Q4", 8, 8)])
    one, two = use(frame, SDP), use(frame.iloc[::-1], SDP)
    assert one.released[0].n.equals(two.released[0].n)
    assert one.released[1].n.sort_index().equals(two.released[1].n.sort_index())


def test_no_rows_and_mixed_periods_are_refused() -> None:
    """Quarters and years are not added up."""
    with pytest.raises(BadData, match="0 rows"):
        use(table([(813, "2019Q1", 1, 1)], key="mentor"), SDP)
    with pytest.raises(BadData, match="2 kinds"):
        use(table([(813, "2019Q1", 1, 1), (813, "2019", 1, 1)]), SDP)
    with pytest.raises(BadData, match="1 rows of laegeattest_sdp from municipalities"):
        use(table([(813, "2019Q1", 1, 1), (101, "2019Q1", 1, 1)]), SDP)
