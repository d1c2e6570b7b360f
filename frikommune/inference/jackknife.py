"""The cluster jackknife of any design: the design called again without each unit in turn."""

import numpy as np
from scipy.stats import t as student

from frikommune.errors import BadDesign
from frikommune.estimate import Estimate
from frikommune.inference.clusters import ClusterTest, warning


def jackknife(estimate: Estimate) -> ClusterTest:
    """Test an estimate against zero with the spread of the estimates without each of its units.

    The variance is (G - 1) / G times the sum of squared deviations from the estimate itself, held against Student's t
    with G - 1 degrees of freedom. Right with many units on both sides; for comparison with the literature where the
    treated are few, with a warning that says so.

    Args:
        estimate: The effect; its design is called once for each unit.

    Raises:
        BadDesign: Only one unit is treated, or only one is a comparison: nothing is left without it.

    References:
        MacKinnon, J. G., Nielsen, M. O. & Webb, M. D. (2023). Fast and reliable jackknife and bootstrap methods for
        cluster-robust inference. Journal of Applied Econometrics 38(5), 671-694, equation 12 (CV3).
    """
    panel = estimate.panel
    size, treated = len(panel.units), int(panel.treated.sum())
    if min(treated, size - treated) <= 1:
        raise BadDesign(
            f"{treated} units are treated and {size - treated} are not: at least two of each are needed to leave one "
            "out in turn."
        )
    rows = np.arange(size)
    without = np.array([estimate.design(panel.take(rows != row)).value for row in rows])
    error = float(np.sqrt((size - 1) / size * ((without - estimate.value) ** 2).sum()))
    ratio = estimate.value / error
    p = float(2 * student.sf(abs(ratio), size - 1))
    return ClusterTest(estimate.value, error, ratio, size - 1.0, p, "CR3", 0, warning(size, treated))
