# Made once with R 4.2 and survey 4.1-1 from its own school data; the tests read what it wrote.
library(survey)
data(api)
d <- apiclus1
d$agree <- as.integer(d$sch.wide == "Yes")
d$late <- as.integer(d$enroll > 400)
write.csv(d[, c("dnum", "pw", "api00", "agree", "late", "stype")], "apiclus1.csv", row.names = FALSE, quote = FALSE)
design <- svydesign(id = ~dnum, weights = ~pw, data = d)
small <- subset(design, stype == "H")
row <- function(what, of, v, low, high) data.frame(what = what, of = of, value = v, low = low, high = high)
mean_of <- function(what, f, of) {
  m <- svymean(f, of); ci <- confint(m, df = degf(of))
  rbind(row(paste0(what, "_se"), "", SE(m)[1], NA, NA), row(what, "", coef(m)[1], ci[1, 1], ci[1, 2]))
}
share_of <- function(what, of) {
  p <- svyciprop(~agree, of, method = "beta"); ci <- attr(p, "ci")
  row(what, "beta", coef(p)[1], ci[1], ci[2])
}
late_of <- function(what, of) {
  p <- svyciprop(~late, of, method = "beta"); ci <- attr(p, "ci")
  rbind(row(what, "beta", coef(p)[1], ci[1], ci[2]), row(paste0(what, "_se"), "", SE(p)[1], NA, NA))
}
by <- svyby(~agree, ~late, design, svymean, covmat = TRUE)
gap <- svycontrast(by, c(-1, 1))
out <- rbind(
  mean_of("api00", ~api00, design), mean_of("agree", ~agree, design), share_of("agree_beta", design),
  mean_of("api00_high", ~api00, small), mean_of("agree_high", ~agree, small), share_of("agree_high_beta", small),
  late_of("late_beta", design), late_of("late_middle_beta", subset(design, stype != "H")),
  row("change", "", coef(gap)[1], NA, NA), row("change_se", "", sqrt(vcov(gap))[1], NA, NA),
  row("degf", "", degf(design), NA, NA), row("degf_high", "", degf(small), NA, NA)
)
write.csv(format(out, digits = 15), "expected.csv", row.names = FALSE, quote = FALSE)
