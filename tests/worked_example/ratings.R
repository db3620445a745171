# The data set InstEval of lme4 as a file: see deploy/data/examples/lecture-ratings.md.
arguments <- commandArgs(trailingOnly = TRUE)
data(InstEval, package = "lme4")
ratings <- InstEval
names(ratings) <- c("student", "lecturer", "student_semester", "lecture_age", "service",
                    "department", "rating")
write.csv(ratings, arguments[1], row.names = FALSE, quote = FALSE)
