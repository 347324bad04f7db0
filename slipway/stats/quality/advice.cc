#include "slipway/stats/quality/advice.h"

#include <algorithm>
#include <iterator>

#include "slipway/stats/quality/quality.h"

namespace slipway::stats {
namespace {

struct Advice {
  std::string_view check, text;
};

constexpr Advice kAdvice[] = {
    {"IsSingleValue",
     "Leave the column out: it tells rows apart no more. If it varied before, find what stopped to fill it."},
    {"SpecialCharacters",
     "Treat such texts as missing values when the data are read, or mend them where they are entered."},
    {"MixedNulls", "Agree on one spelling of 'missing' and translate the others into it before the data are used."},
    {"MixedDataTypes",
     "Look at the rarer kind: numbers among words (or words among numbers) are mostly errors of entry."},
    {"StringMismatch",
     "Bring the spellings to one, best where they are entered; to a model each is a category of its own."},
    {"DataDuplicates",
     "Drop repeated rows before the split, unless they are events that happened twice: rows on both sides of it "
     "make a model look better than it is."},
    {"StringLengthOutOfBounds",
     "Look at the longest and the shortest texts for values that slipped from another column."},
    {"ConflictingLabels",
     "Look at the rows beside one another: correct the wrong label, or add the column that tells them apart."},
    {"FeatureLabelCorrelation",
     "Ask whether the feature is known before the label is: one that nearly is the label leaks it."},
    {"FeatureFeatureCorrelation",
     "Keep one column of each such pair for a linear model; for trees it costs little but time."},
    {"IdentifierLabelCorrelation", "Leave index and time out of the features, and ask why rows are ordered by label."},
    {"DatasetsSizeComparison", "Hold out more rows: a figure from so few says little."},
    {"NewLabelTrainTest",
     "Split again by classes, or train on rows that have them: a model cannot answer what it never saw."},
    {"CategoryMismatchTrainTest", "Split again if there are rows enough; otherwise treat rare categories as one."},
    {"StringMismatchComparison", "Bring the spellings of both sides to one before the split."},
    {"DateTrainTestLeakageDuplicates", "Split by time: every train row before every test row."},
    {"DateTrainTestLeakageOverlap", "Split by time: every train row before every test row."},
    {"IndexTrainTestLeakage", "Split by the index, so that nothing of one entity is on both sides."},
    {"TrainTestSamplesMix", "Drop duplicates before the split; the test rows that the model has seen flatter it."},
    {"FeatureLabelCorrelationChange",
     "Ask what the feature meant in either table: its relation to the label is not the same, or leaks."},
    {"TrainTestFeatureDrift", "See which columns drifted; split at random, or train on rows like those to come."},
    {"TrainTestLabelDrift", "Split by classes, so that both sides have the same shares."},
    {"MultivariateDrift", "See what the classifier goes by; split at random, or train on rows like those to come."}};

}  // namespace

std::string_view AdviceFor(const CheckResult& check) {
  if (!check.ran() || check.conditions.empty() || check.verdict() == Verdict::kPass) return "";
  const auto found = std::find_if(std::begin(kAdvice), std::end(kAdvice),
                                  [&](const Advice& advice) { return advice.check == check.name; });
  return found == std::end(kAdvice) ? "" : found->text;
}

}  // namespace slipway::stats
