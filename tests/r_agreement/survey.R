# Rscript survey.R data.csv mode fpc results.csv
#   data.csv     unit, N, group, q1..q5 (steps 1..5, empty: no answer)
#   mode         population, equal, none
#   fpc          yes, no
#   results.csv  key, estimate, se, deff (NA: not asked for)
# Everything is computed by survey itself: components are svycontrast() of totals, so that the delta
# method is R's and not ours.
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "adjust")

args <- commandArgs(trailingOnly = TRUE)
data <- read.csv(args[1])
mode <- args[2]
with_fpc <- args[3] == "yes"

responses <- ave(rep(1, nrow(data)), data$unit, FUN = sum)
data$w <- switch(mode,
  population = data$N / responses,
  equal = nrow(data) / (length(unique(data$unit)) * responses),
  none = rep(1, nrow(data)))

items <- 1:5
for (j in items) {
  q <- data[[paste0("q", j)]]
  data[[paste0("t", j)]] <- 100 * (q >= 4)
  data[[paste0("y", j)]] <- ifelse(is.na(q), 0, 100 * (q >= 4))
  data[[paste0("d", j)]] <- as.numeric(!is.na(q))
}
data$num <- rowSums(data[paste0("y", items)])
data$den <- rowSums(data[paste0("d", items)])
for (g in 1:3) {
  inside <- as.numeric(!is.na(data$group) & data$group == g)
  for (j in items) {
    data[[paste0("y", j, "g", g)]] <- data[[paste0("y", j)]] * inside
    data[[paste0("d", j, "g", g)]] <- data[[paste0("d", j)]] * inside
  }
  data[[paste0("numg", g)]] <- data$num * inside
  data[[paste0("deng", g)]] <- data$den * inside
}

design <- if (with_fpc) {
  svydesign(id = ~1, strata = ~unit, weights = ~w, fpc = ~N, data = data)
} else {
  svydesign(id = ~1, strata = ~unit, weights = ~w, data = data)
}

results <- NULL
keep <- function(key, estimate, se, deff = NA) {
  results <<- rbind(results, data.frame(key, estimate = as.numeric(estimate), se = as.numeric(se),
                                        deff = as.numeric(deff)))
}

# Expressions over totals of y and d; suffix "" is everybody, "g1" the first group.
share <- function(j, suffix = "") sprintf("y%d%s/d%d%s", j, suffix, j, suffix)
mean_of <- function(parts) sprintf("((%s)/%d)", paste(parts, collapse = "+"), length(parts))
points <- c(0.5, 1, 0.75, 2, 0.25)

contrast <- function(key, d, expression) {
  variables <- all.vars(parse(text = expression)[[1]])
  totals <- svytotal(reformulate(variables), d)
  value <- svycontrast(totals, parse(text = expression)[[1]])
  keep(key, coef(value), SE(value))
}

components <- function(key, d, suffix = "") {
  contrast(paste0(key, "mean_of_items"), d, mean_of(share(items, suffix)))
  contrast(paste0(key, "mean_of_children"), d,
           mean_of(c(mean_of(share(1:2, suffix)), mean_of(share(3:5, suffix)))))
  contrast(paste0(key, "points"), d,
           sprintf("(%s)/%g", paste0(points, "*", share(items, suffix), collapse = "+"),
                   sum(points)))
}

for (j in items) {
  for (kind in c("t", "q")) {
    m <- svymean(as.formula(paste0("~", kind, j)), design, na.rm = TRUE, deff = "replace")
    keep(paste0(kind, j), coef(m), SE(m), deff(m))
    by <- svyby(as.formula(paste0("~", kind, j)), ~unit, design, svymean, na.rm = TRUE)
    keep(paste0("unit", by$unit, ":", kind, j), coef(by), SE(by))
  }
}
components("", design)
ratio <- svyratio(~num, ~den, design)
keep("pooled", coef(ratio), SE(ratio))
for (u in unique(data$unit)) {
  unit <- subset(design, unit == u)
  components(paste0("unit", u, ":"), unit)
  ratio <- svyratio(~num, ~den, unit)
  keep(paste0("unit", u, ":pooled"), coef(ratio), SE(ratio))
}
for (g in 1:3) {
  components(paste0("group", g, ":"), design, paste0("g", g))
  ratio <- svyratio(~num, ~den, subset(design, !is.na(group) & group == g))
  keep(paste0("group", g, ":pooled"), coef(ratio), SE(ratio))
}
by <- svyby(~t1, ~group, design, svymean, na.rm = TRUE)
keep(paste0("group", by$group, ":t1"), coef(by), SE(by))
equal <- function(j) mean_of(share(j, paste0("g", 1:3)))
contrast("equal:t1", design, equal(1))
contrast("equal:mean_of_items", design, mean_of(sapply(items, equal)))
contrast("equal:mean_of_children", design,
         mean_of(c(mean_of(sapply(1:2, equal)), mean_of(sapply(3:5, equal)))))
contrast("equal:points", design,
         sprintf("(%s)/%g", paste0(points, "*", sapply(items, equal), collapse = "+"), sum(points)))
contrast("equal:pooled", design, mean_of(sprintf("numg%d/deng%d", 1:3, 1:3)))

results[-1] <- lapply(results[-1], format, digits = 17, trim = TRUE)
write.csv(results, args[4], row.names = FALSE, quote = FALSE)
