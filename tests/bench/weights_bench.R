# Rscript weights_bench.R DIRECTORY REPLICATES
#   reads   rake.csv (sex, age, kind, w), margins.csv (variable, level, size)
#           replicates.csv (unit, sex, age, w, q1..), totals.csv (as margins.csv)
#   prints  "rake SECONDS" and "replicates SECONDS", times of survey alone, without reading files
suppressPackageStartupMessages(library(survey))
args <- commandArgs(trailingOnly = TRUE)
at <- function(name) file.path(args[1], name)
count <- as.integer(args[2])
seconds <- function(expression) as.numeric(system.time(expression)["elapsed"])
strict <- list(maxit = 1000, epsilon = 1e-12)

margins_of <- function(file) {
  table <- read.csv(at(file))
  lapply(split(table, factor(table$variable, unique(table$variable))), function(part) {
    setNames(data.frame(part$level, part$size), c(part$variable[1], "Freq"))
  })
}
formulas_of <- function(margins) lapply(names(margins), function(v) reformulate(v))

rows <- read.csv(at("rake.csv"))
margins <- margins_of("margins.csv")
design <- svydesign(id = ~1, weights = ~w, data = rows)
cat("rake", seconds(rake(design, formulas_of(margins), unname(margins), control = strict)), "\n")
rm(rows, design)

rows <- read.csv(at("replicates.csv"))
margins <- margins_of("totals.csv")
items <- grep("^q", names(rows), value = TRUE)
for (item in items) rows[[item]] <- as.numeric(rows[[item]] >= 4)
design <- svydesign(id = ~1, strata = ~unit, weights = ~w, data = rows)
cat("replicates", seconds({
  boot <- as.svrepdesign(design, type = "subbootstrap", replicates = count)
  raked <- rake(boot, formulas_of(margins), unname(margins), control = strict)
  for (item in items) svymean(reformulate(item), raked, na.rm = TRUE)
}), "\n")
