# Makes the data that summclust's own test draws (github.com/s3alfisc/summclust, tests/testthat/test-r-vs-stata-2.R), in
# base R: Rscript make_summclust.R. summclust.csv holds what Stata's summclust says of them, as that test quotes it:
# without fixed effects, and the coefficients without each cluster in turn with the two questions as fixed effects.
# That the data are the same is shown by the coefficient, which agrees to all the digits quoted.
N <- 1000
drawn <- function(cluster, icc) {
  between <- rnorm(length(unique(cluster)), 0, sqrt(icc / (1 - icc)))[as.integer(as.factor(cluster))]
  between + rnorm(N)
}
set.seed(12)
one <- sample(1:10, N, replace = TRUE)
other <- sample(1:10, N, replace = TRUE)
ideology <- drawn(one, 0.8)
ideology2 <- drawn(other, 0.8)
income <- exp(rlnorm(N, 2.4 - ideology * 0.1, 0.12))
immigration <- sample(1:10, N, TRUE)
defense <- sample(1:10, N, TRUE)
treatment <- rbinom(N, 1, 0.5)
vote <- rbinom(N, 1, pnorm(ideology + ideology2 + 0.2 * treatment + 2 * immigration + rnorm(N, 0, 3)))
one[one == 2] <- 1
d <- data.frame(cluster = one, vote, treatment, log_income = log(income), immigration, defense)
write.csv(d, "summclust_data.csv", row.names = FALSE)
