# Made once with R 4.2 and epitools 0.5-10.1: Down's syndrome by maternal age and birth order, Michigan 1950-1964,
# table 1 of Fay & Feuer (1997), Statistics in Medicine 16, 791-801, as printed in ?ageadjust.direct.
library(epitools)
age <- c("under 20", "20-24", "25-29", "30-34", "35-39", "40 and over")
population <- matrix(c(
  230061, 329449, 114920, 39487, 14208, 3052, 72202, 326701, 208667, 83228, 28466, 5375, 15050, 175702, 207081, 117300,
  45026, 8660, 2293, 68800, 132424, 98301, 46075, 9834, 327, 30666, 123419, 149919, 104088, 34392
), 6, 5)
count <- matrix(c(
  107, 141, 60, 40, 39, 25, 25, 150, 110, 84, 82, 39, 3, 71, 114, 103, 108, 75, 1, 26, 64, 89, 137, 96, 0, 8, 63, 112,
  262, 295
), 6, 5)
standard <- rowSums(population)
adjusted <- sapply(1:5, function(k) ageadjust.direct(count[, k], population[, k], stdpop = standard)["adj.rate"])
long <- data.frame(order = rep(1:5, each = 6), age = rep(age, 5), births = c(population), cases = c(count))
write.csv(long, "data.csv", row.names = FALSE)
write.csv(data.frame(order = 1:5, rate = format(adjusted, digits = 16)), "expected.csv", row.names = FALSE, quote = FALSE)
