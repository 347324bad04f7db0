#include "slipway/stats/quality/predictive_power.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "slipway/stats/quality/sampling.h"

namespace slipway::stats {
namespace {

using tabular::Column;
using tabular::ColumnType;

constexpr size_t kRowsMax = 5000;
constexpr size_t kFolds = 4;

bool IsCategory(const Column& column) {
  return column.type == ColumnType::kString || column.type == ColumnType::kBool;
}

bool IsMissing(const Column& column, uint32_t row) {
  return column.is_null(row) || (column.type == ColumnType::kFloat64 && std::isnan(column.doubles[row]));
}

// The rows that both columns have, sampled.
std::vector<uint32_t> UsableRows(const Column& feature, const Column& label, const std::vector<uint32_t>& rows) {
  std::vector<uint32_t> usable;
  for (uint32_t row : rows)
    if (!IsMissing(feature, row) && !IsMissing(label, row)) usable.push_back(row);
  if (usable.size() <= kRowsMax) return usable;
  std::vector<uint32_t> sampled;
  for (uint32_t place : SampleRows(usable.size(), kRowsMax)) sampled.push_back(usable[place]);
  return sampled;
}

// Small numbers for the values of a categorical column, in the order of the values.
struct Codes {
  std::vector<uint32_t> of_row;
  uint32_t count = 0;
};

Codes EncodeTexts(const Column& column, const std::vector<uint32_t>& rows) {
  std::map<std::string_view, uint32_t> order;
  for (uint32_t row : rows) order.emplace(column.string_at(row), 0);
  Codes codes;
  for (auto& [text, code] : order) code = codes.count++;
  std::vector<uint32_t> by_dictionary(column.dictionary.size());
  for (size_t i = 0; i < column.dictionary.size(); ++i)
    if (const auto found = order.find(column.dictionary[i]); found != order.end()) by_dictionary[i] = found->second;
  for (uint32_t row : rows) codes.of_row.push_back(by_dictionary[column.codes[row]]);
  return codes;
}

Codes Encode(const Column& column, const std::vector<uint32_t>& rows) {
  if (column.type == ColumnType::kString) return EncodeTexts(column, rows);
  bool has_false = false, has_true = false;
  for (uint32_t row : rows) (column.ints[row] != 0 ? has_true : has_false) = true;
  Codes codes;
  codes.count = static_cast<uint32_t>(has_false) + static_cast<uint32_t>(has_true);
  for (uint32_t row : rows) codes.of_row.push_back(column.ints[row] != 0 && has_false ? 1 : 0);
  return codes;
}

// As trees see numbers: 32-bit floats. Datetimes are nanoseconds since 1970.
std::vector<float> Numbers(const Column& column, const std::vector<uint32_t>& rows) {
  std::vector<float> numbers;
  for (uint32_t row : rows) {
    if (column.type == ColumnType::kDatetime)
      numbers.push_back(static_cast<float>(static_cast<double>(column.ints[row]) * 1000));
    else
      numbers.push_back(static_cast<float>(column.number(row)));
  }
  return numbers;
}

// What a fold learns from: one answer (class, or value) for each place of the feature.
//
// `Answers` collects training labels place by place and says what they amount to.
class MajorityAnswers {
 public:
  using Label = uint32_t;
  explicit MajorityAnswers(size_t classes) : counts_(classes) {}
  void Clear() { std::fill(counts_.begin(), counts_.end(), 0U); }
  void Add(Label label) { ++counts_[label]; }
  // Ties go to the smaller class.
  Label Answer() const {
    return static_cast<Label>(std::max_element(counts_.begin(), counts_.end()) - counts_.begin());
  }

 private:
  std::vector<uint32_t> counts_;
};

class MeanAnswers {
 public:
  using Label = double;
  void Clear() { sum_ = count_ = 0; }
  void Add(Label label) {
    sum_ += label;
    ++count_;
  }
  Label Answer() const { return sum_ / count_; }

 private:
  double sum_ = 0, count_ = 0;
};

// A fully grown tree over one number: the answer of each training value, with boundaries half way to the next.
template <typename Answers>
class NumberModel {
 public:
  using Label = typename Answers::Label;

  // `order`: places in training data, by rising number.
  NumberModel(const std::vector<float>& numbers, const std::vector<Label>& labels, const std::vector<uint32_t>& order,
              const std::vector<uint8_t>& fold_of, uint8_t fold, Answers answers) {
    bool has_group = false;
    float value = 0;
    const auto close = [&] { answers_.push_back(answers.Answer()); };
    for (uint32_t place : order) {
      if (fold_of[place] == fold) continue;
      if (has_group && numbers[place] != value) {
        close();
        boundaries_.push_back(static_cast<double>(value) / 2 + static_cast<double>(numbers[place]) / 2);
        answers.Clear();
      }
      value = numbers[place];
      has_group = true;
      answers.Add(labels[place]);
    }
    close();
  }

  Label Predict(float number) const {
    const auto at = std::lower_bound(boundaries_.begin(), boundaries_.end(), static_cast<double>(number));
    return answers_[static_cast<size_t>(at - boundaries_.begin())];
  }

 private:
  std::vector<double> boundaries_;
  std::vector<Label> answers_;
};

// The answer of each category; one that training has not seen gets `unseen`.
template <typename Answers>
std::vector<typename Answers::Label> CategoryModel(const Codes& feature,
                                                   const std::vector<typename Answers::Label>& labels,
                                                   const std::vector<uint8_t>& fold_of, uint8_t fold,
                                                   const Answers& empty, typename Answers::Label unseen) {
  std::vector<std::vector<uint32_t>> places(feature.count);
  for (uint32_t place = 0; place < labels.size(); ++place)
    if (fold_of[place] != fold) places[feature.of_row[place]].push_back(place);
  std::vector<typename Answers::Label> model(feature.count, unseen);
  for (size_t code = 0; code < places.size(); ++code) {
    if (places[code].empty()) continue;
    Answers answers = empty;
    for (uint32_t place : places[code]) answers.Add(labels[place]);
    model[code] = answers.Answer();
  }
  return model;
}

// The F1 score of each class, weighted by how often the class is true.
double WeightedF1(const std::vector<uint32_t>& truth, const std::vector<uint32_t>& predicted, size_t classes) {
  std::vector<double> hits(classes), true_count(classes), predicted_count(classes);
  for (size_t i = 0; i < truth.size(); ++i) {
    ++true_count[truth[i]];
    ++predicted_count[predicted[i]];
    if (truth[i] == predicted[i]) ++hits[truth[i]];
  }
  double sum = 0;
  for (size_t c = 0; c < classes; ++c)
    if (true_count[c] > 0) sum += true_count[c] * 2 * hits[c] / (true_count[c] + predicted_count[c]);
  return sum / static_cast<double>(truth.size());
}

// scikit-learn's StratifiedKFold without shuffling.
std::vector<uint8_t> StratifiedFolds(const std::vector<uint32_t>& labels, size_t classes) {
  std::vector<uint32_t> number_of(classes, UINT32_MAX);
  uint32_t seen = 0;
  std::vector<size_t> rows_of;
  for (uint32_t label : labels) {
    if (number_of[label] == UINT32_MAX) {
      number_of[label] = seen++;
      rows_of.push_back(0);
    }
    ++rows_of[number_of[label]];
  }
  // quota[c][f]: the positions f, f + 4, … of the sorted list of classes that hold class c.
  std::vector<std::array<size_t, kFolds>> quota(rows_of.size());
  size_t position = 0;
  for (size_t c = 0; c < rows_of.size(); ++c)
    for (size_t i = 0; i < rows_of[c]; ++i) ++quota[c][position++ % kFolds];
  std::vector<uint8_t> folds;
  std::vector<uint8_t> fold_of(rows_of.size());
  for (uint32_t label : labels) {
    const uint32_t c = number_of[label];
    while (quota[c][fold_of[c]] == 0) ++fold_of[c];
    --quota[c][fold_of[c]];
    folds.push_back(fold_of[c]);
  }
  return folds;
}

// scikit-learn's KFold without shuffling: blocks, the first ones a row longer.
std::vector<uint8_t> BlockFolds(size_t rows) {
  std::vector<uint8_t> folds;
  for (size_t fold = 0; fold < kFolds; ++fold)
    folds.insert(folds.end(), rows / kFolds + (fold < rows % kFolds ? 1 : 0), static_cast<uint8_t>(fold));
  return folds;
}

// Calls score(truth, predicted) for each fold; the mean of its results.
template <typename Answers, typename Score>
double CrossValidate(const Column& feature, const std::vector<uint32_t>& rows,
                     const std::vector<typename Answers::Label>& labels, const std::vector<uint8_t>& folds,
                     const Answers& answers, typename Answers::Label unseen, const Score& score) {
  using Label = typename Answers::Label;
  const bool is_category = IsCategory(feature);
  const Codes codes = is_category ? Encode(feature, rows) : Codes{};
  const std::vector<float> numbers = is_category ? std::vector<float>{} : Numbers(feature, rows);
  std::vector<uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0U);
  if (!is_category)
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return numbers[a] < numbers[b]; });
  double sum = 0;
  for (uint8_t fold = 0; fold < kFolds; ++fold) {
    std::vector<Label> truth, predicted;
    const auto collect = [&](const auto& predict) {
      for (uint32_t place = 0; place < rows.size(); ++place) {
        if (folds[place] != fold) continue;
        truth.push_back(labels[place]);
        predicted.push_back(predict(place));
      }
    };
    if (is_category) {
      const auto model = CategoryModel(codes, labels, folds, fold, answers, unseen);
      collect([&](uint32_t place) { return model[codes.of_row[place]]; });
    } else {
      const NumberModel<Answers> model(numbers, labels, order, folds, fold, answers);
      collect([&](uint32_t place) { return model.Predict(numbers[place]); });
    }
    sum += score(truth, predicted);
  }
  return sum / kFolds;
}

template <typename Value>
std::vector<Value> InOrder(const std::vector<Value>& values, const std::vector<uint32_t>& order) {
  std::vector<Value> out;
  for (uint32_t place : order) out.push_back(values[place]);
  return out;
}

// The better of always saying the most common class and of guessing at random in the right proportions.
double BaselineF1(const std::vector<uint32_t>& labels, const std::vector<uint32_t>& shuffled, size_t classes) {
  MajorityAnswers counts(classes);
  for (uint32_t label : labels) counts.Add(label);
  const std::vector<uint32_t> constant(labels.size(), counts.Answer());
  return std::max(WeightedF1(labels, constant, classes), WeightedF1(labels, shuffled, classes));
}

double ClassificationPower(const Column& feature, const Column& label, const std::vector<uint32_t>& rows) {
  const Codes labels = Encode(label, rows);
  if (labels.count < 2) return 0;
  if (label.type == ColumnType::kString && labels.count == rows.size()) return 0;
  const std::vector<uint32_t> shuffle = SampleRows(rows.size(), rows.size());
  const auto shuffled = InOrder(labels.of_row, shuffle);
  MajorityAnswers all(labels.count);
  for (uint32_t code : labels.of_row) all.Add(code);
  const double baseline = BaselineF1(labels.of_row, shuffled, labels.count);
  const double score =
      CrossValidate(feature, InOrder(rows, shuffle), shuffled, StratifiedFolds(shuffled, labels.count),
                    MajorityAnswers(labels.count), all.Answer(), [&](const auto& truth, const auto& predicted) {
                      return truth.empty() ? 0 : WeightedF1(truth, predicted, labels.count);
                    });
  return score < baseline || baseline >= 1 ? 0 : (score - baseline) / (1 - baseline);
}

double MeanAbsoluteError(const std::vector<double>& truth, const std::vector<double>& predicted) {
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) sum += std::abs(truth[i] - predicted[i]);
  return sum / static_cast<double>(truth.size());
}

double Median(std::vector<double> values) {
  const size_t middle = values.size() / 2;
  std::sort(values.begin(), values.end());
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double RegressionPower(const Column& feature, const Column& label, const std::vector<uint32_t>& rows) {
  std::vector<double> labels;
  for (uint32_t row : rows) labels.push_back(label.number(row));
  const double middle = Median(labels);
  const double baseline = MeanAbsoluteError(labels, std::vector<double>(labels.size(), middle));
  if (baseline == 0) return 0;
  const std::vector<uint32_t> shuffle = SampleRows(rows.size(), rows.size());
  const double error = CrossValidate(feature, InOrder(rows, shuffle), InOrder(labels, shuffle), BlockFolds(rows.size()),
                                     MeanAnswers(), middle, MeanAbsoluteError);
  return error > baseline ? 0 : 1 - error / baseline;
}

}  // namespace

double PredictivePower(const Column& feature, const Column& label, const std::vector<uint32_t>& rows) {
  const std::vector<uint32_t> usable = UsableRows(feature, label, rows);
  if (usable.size() < kFolds) return 0;
  // An id of its own for each row foretells nothing.
  if (IsCategory(feature) && Encode(feature, usable).count == usable.size()) return 0;
  return IsCategory(label) ? ClassificationPower(feature, label, usable) : RegressionPower(feature, label, usable);
}

}  // namespace slipway::stats
