# REML variance components of provinces.csv by nlme: Rscript make_components.R > nlme.csv
library(nlme)
d <- read.csv("provinces.csv")
fit <- lme(z ~ 1, random = ~ 1 | province, data = d, method = "REML")
v <- as.numeric(VarCorr(fit)[, "Variance"])
cat("shared,own\n")
cat(sprintf("%.8f,%.8f\n", v[1], v[2]))
