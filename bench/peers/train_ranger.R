# The part of `train` that is ranger's: a probability forest on one split, texts as factors (its fastest way, without
# one-hot columns). ranger knows no entropy: CRITERION is ignored.
#
# Usage: FOLDER TARGET SEED DEPTH CRITERION THREADS; prints seconds and metrics as JSON.
library(ranger)

arguments <- commandArgs(trailingOnly = TRUE)
target <- arguments[2]
read <- function(part) {
  data <- read.csv(sprintf("%s/%s-%s.csv", arguments[1], part, arguments[3]), stringsAsFactors = TRUE)
  data[[target]] <- factor(as.integer(as.logical(data[[target]])), levels = c(0, 1))
  data
}
train <- read("train")
test <- read("test")
for (name in names(train)) if (is.factor(train[[name]])) test[[name]] <- factor(test[[name]], levels = levels(train[[name]]))
test <- test[complete.cases(test), ]
seconds <- system.time(
  forest <- ranger(dependent.variable.name = target, data = train, num.trees = as.integer(Sys.getenv("TREES", "500")), max.depth = as.integer(arguments[4]),
                   min.node.size = 1, probability = TRUE, seed = as.integer(arguments[3]) + 1,
                   num.threads = as.integer(arguments[6]), verbose = FALSE)
)[["elapsed"]]
scores <- predict(forest, test)$predictions[, "1"]
truth <- test[[target]] == "1"
ranks <- rank(scores)
positives <- sum(truth)
auc <- (sum(ranks[truth]) - positives * (positives + 1) / 2) / (positives * (length(truth) - positives))
said <- scores > 0.5
cat(sprintf('{"seconds": %.4f, "roc_auc": %.6f, "accuracy": %.6f, "f1_score": %.6f}\n', seconds, auc, mean(said == truth),
            2 * sum(said & truth) / (sum(said) + positives)))
