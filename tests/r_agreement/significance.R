# P-values and their adjustments by base R: reads kind,a,b rows, writes what R makes of them.
arguments <- commandArgs(trailingOnly = TRUE)
options(digits = 17)
given <- read.csv(arguments[1])
t <- given[given$kind == "t", ]
p <- ifelse(is.infinite(t$b), 2 * pnorm(-abs(t$a)), 2 * pt(-abs(t$a), t$b))
out <- data.frame(kind = "t", a = p, b = NA)
changes <- given[given$kind == "change", ]
# Welch's test from the two values, errors and numbers, as t.test() has it from samples.
if (nrow(changes) > 0) {
  v1 <- changes$b^2
  v2 <- changes$d^2
  df <- (v1 + v2)^2 / (v1^2 / changes$df1 + v2^2 / changes$df2)
  p <- 2 * pt(-abs(changes$a - changes$c) / sqrt(v1 + v2), df)
  out <- rbind(out, data.frame(kind = "change", a = p, b = df))
  out <- rbind(out, data.frame(kind = "adjusted", a = p.adjust(p, "holm"), b = p.adjust(p, "BH")))
}
write.csv(out, arguments[2], row.names = FALSE)
