# Made once with R 4.2, sandwich 3.0-2 and clubSandwich 0.5.8; the tests read what it wrote.
library(sandwich)
library(clubSandwich)
d <- read.csv("data.csv")
out <- list()
add <- function(model, term, fit) {
  cr1 <- vcovCL(fit, cluster = d$unit, type = "HC1", cadjust = TRUE)
  cr3 <- vcovCR(fit, cluster = d$unit, type = "CR3")
  out[[length(out) + 1]] <<- data.frame(
    model = model, term = term, coefficient = coef(fit)[term],
    cr1 = sqrt(cr1[term, term]), clubsandwich_cr3 = sqrt(cr3[term, term])
  )
}
plain <- lm(y ~ treated + x, d)
for (term in c("treated", "x", "(Intercept)")) add("plain", term, plain)
levels <- lm(y ~ treated + x + factor(period), d)
for (term in c("treated", "x")) add("period", term, levels)
write.csv(format(do.call(rbind, out), digits = 16), "expected.csv", row.names = FALSE, quote = FALSE)
