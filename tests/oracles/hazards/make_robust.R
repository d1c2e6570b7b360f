# A made-up country of 20 units and R's cluster-robust Cox for it: Rscript make_robust.R, in this folder.
suppressMessages(library(survival))
set.seed(9)
unit <- rep(1:20, each = 4)
period <- rep(0:3, 20)
mark <- as.integer(unit <= 5 & period >= 2)
level <- rep(rnorm(20, 0, 0.2), each = 4) + rnorm(80, 0, 0.15)
parts <- lapply(seq_along(unit), function(cell) {
  length <- 1 + rgeom(120, 0.08 * exp(level[cell] + 0.3 * mark[cell]))
  data.frame(unit = unit[cell], period = period[cell], weeks = pmin(length, 12), out = as.integer(length <= 12))
})
counted <- aggregate(n ~ unit + period + weeks + out, transform(do.call(rbind, parts), n = 1), sum)
counted <- counted[do.call(order, counted), c("unit", "period", "weeks", "out", "n")]
write.csv(counted, "country.csv", row.names = FALSE, quote = FALSE)
all <- counted[rep(seq_len(nrow(counted)), counted$n), ]
all$mark <- as.integer(all$unit <= 5 & all$period >= 2)
fit <- coxph(Surv(weeks, out) ~ mark + factor(unit) + factor(period), all, ties = "breslow", cluster = unit)
put <- data.frame(what = c("cox", "robust"), value = format(c(coef(fit)[["mark"]], sqrt(vcov(fit)[["mark", "mark"]])),
                                                             digits = 17, trim = TRUE))
write.csv(put, "robust.csv", row.names = FALSE, quote = FALSE)
