# Rscript rounds.R data.csv margins.csv plan results.csv
#   data.csv     unit, N, gender, age, q1..q3 (steps 1..5, empty: no answer)
#   margins.csv  unit, question, option, size
#   plan         rake, post, rake-post
#   results.csv  key, estimate, se, deff (NA: not asked for)
# Who did not state a question is a level of its own that keeps its share of the weight. Weights,
# residuals and components are survey's: calibrate(), postStratify(), svycontrast().
suppressPackageStartupMessages(library(survey))

args <- commandArgs(trailingOnly = TRUE)
data <- read.csv(args[1])
margins <- read.csv(args[2])
plan <- args[3]

n <- ave(rep(1, nrow(data)), data$unit, FUN = sum)
data$w <- data$N / n
whole <- sum(tapply(data$N, data$unit, function(x) x[1]))
data$unit <- factor(data$unit)
for (question in c("gender", "age")) {
  level <- data[[question]]
  data[[question]] <- factor(ifelse(is.na(level), 0, level))
}
items <- 1:3
for (j in items) {
  q <- data[[paste0("q", j)]]
  data[[paste0("t", j)]] <- 100 * (q >= 4)
  data[[paste0("y", j)]] <- ifelse(is.na(q), 0, 100 * (q >= 4))
  data[[paste0("d", j)]] <- as.numeric(!is.na(q))
}
design <- svydesign(id = ~1, strata = ~unit, weights = ~w, fpc = ~N, data = data)

# Totals of a question over the whole round, "not stated" first.
question_totals <- function(design, question) {
  now <- tapply(weights(design), data[[question]], sum)
  part <- if ("0" %in% names(now)) now[["0"]] / sum(now) else 0
  known <- with(margins[margins$question == question, ], tapply(size, option, sum))
  totals <- c(if (part > 0) c("0" = whole * part), whole * (1 - part) * known / sum(known))
  totals[levels(data[[question]])]
}

rake_to <- function(design, questions) {
  size <- tapply(data$N, data$unit, function(x) x[1])
  population <- c("(Intercept)" = whole, setNames(size[-1], paste0("unit", names(size)[-1])))
  for (question in questions) {
    totals <- question_totals(design, question)
    population <- c(population, setNames(totals[-1], paste0(question, names(totals)[-1])))
  }
  calibrate(design, reformulate(c("unit", questions)), population, calfun = "raking",
            epsilon = 1e-13, maxit = 500)
}

# To the totals of gender within units.
post_stratify <- function(design) {
  cell <- interaction(data$unit, data$gender, drop = TRUE)
  totals <- sapply(levels(cell), function(name) {
    part <- strsplit(name, ".", fixed = TRUE)[[1]]
    inside <- data$unit == part[1]
    now <- sum(weights(design)[inside])
    silent <- sum(weights(design)[inside & data$gender == "0"]) / now
    size <- data$N[inside][1]
    if (part[2] == "0") return(size * silent)
    known <- margins[margins$question == "gender" & margins$unit == part[1], ]
    size * (1 - silent) * known$size[known$option == part[2]] / sum(known$size)
  })
  design$variables$cell <- cell
  postStratify(design, ~cell, data.frame(cell = levels(cell), Freq = as.numeric(totals)))
}

weighted <- switch(plan,
  rake = rake_to(design, c("gender", "age")),
  post = post_stratify(design),
  "rake-post" = post_stratify(rake_to(design, "age")))

results <- NULL
keep <- function(key, estimate, se, deff = NA) {
  results <<- rbind(results, data.frame(key, estimate = as.numeric(estimate), se = as.numeric(se),
                                        deff = as.numeric(deff)))
}
mean_of <- function(parts) sprintf("((%s)/%d)", paste(parts, collapse = "+"), length(parts))
overall <- function(key, inside) {
  d <- weighted
  for (j in items) {
    d$variables[[paste0("Y", j)]] <- data[[paste0("y", j)]] * inside
    d$variables[[paste0("D", j)]] <- data[[paste0("d", j)]] * inside
  }
  totals <- svytotal(reformulate(c(paste0("Y", items), paste0("D", items))), d)
  value <- svycontrast(totals, parse(text = mean_of(sprintf("Y%d/D%d", items, items)))[[1]])
  keep(key, coef(value), SE(value))
}

for (j in items) {
  m <- svymean(as.formula(paste0("~t", j)), weighted, na.rm = TRUE, deff = "replace")
  keep(paste0("t", j), coef(m), SE(m), deff(m))
}
overall("overall", rep(1, nrow(data)))
for (g in 1:2) {
  overall(paste0("gender", g), as.numeric(data$gender == g))
  by <- subset(weighted, gender == g)
  m <- svymean(~t1, by, na.rm = TRUE)
  keep(paste0("gender", g, ":t1"), coef(m), SE(m))
}
for (u in levels(data$unit)) {
  overall(paste0("unit", u), as.numeric(data$unit == u))
  overall(paste0("unit", u, "gender1"), as.numeric(data$unit == u & data$gender == "1"))
}
total <- svytotal(~as.numeric(gender == "1"), weighted)
keep("men", 100 * coef(total) / sum(weights(weighted)), 0)

results[-1] <- lapply(results[-1], format, digits = 17, trim = TRUE)
write.csv(results, args[4], row.names = FALSE, quote = FALSE)
