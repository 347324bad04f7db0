#include "slipway/learn/transforms.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <unordered_map>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::learn {
namespace {

using model::ColumnTransform;
using tabular::Column;
using tabular::ColumnType;

using Unknown = ColumnTransform::Unknown;

// A change below this is no spread at all (scikit-learn's bound).
constexpr double kNoSpread = 10 * std::numeric_limits<double>::epsilon();

Error NoValues(const Column& column) {
  return InvalidArgument(fmt::format("column '{}' has no values; leave it out", column.name));
}

Status CheckRange(const Column& column) {
  for (size_t row = 0; row < column.size(); ++row) {
    const double value = column.number(row);
    if (std::isnan(value) || std::isfinite(static_cast<float>(value))) continue;
    return InvalidArgument(
        fmt::format("column '{}' holds {} in row {}, which is beyond float32; clean it or leave the column out",
                    column.name, FormatDouble(value), row));
  }
  return {};
}

// --- numbers ---

// At `share` between the smallest and the largest, linear between neighbours (numpy's default).
double Quantile(std::vector<double>& values, double share) {
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<ptrdiff_t>(place);
  std::nth_element(values.begin(), below, values.end());
  const double fraction = place - std::floor(place);
  if (fraction == 0) return *below;
  const double above = *std::min_element(below + 1, values.end());
  return *below + fraction * (above - *below);
}

// The mean of the middle two when there are two.
double Median(std::vector<double>& values) {
  const size_t half = values.size() / 2;
  const auto middle = values.begin() + static_cast<ptrdiff_t>(half);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The smallest of equals.
double MostFrequent(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  double best = values[0];
  size_t most = 0;
  for (size_t begin = 0, end = 0; begin < values.size(); begin = end) {
    while (end < values.size() && values[end] == values[begin]) ++end;
    if (end - begin <= most) continue;
    most = end - begin;
    best = values[begin];
  }
  return best;
}

double ImputedNumber(const NumericOptions& options, const std::vector<double>& values) {
  std::vector<double> copy = values;
  switch (options.impute) {
    case Impute::kMean:
      return Mean(values);
    case Impute::kMostFrequent:
      return MostFrequent(std::move(copy));
    case Impute::kConstant:
      return options.fill_value;
    case Impute::kMedian:
    case Impute::kNone:
      break;
  }
  return Median(copy);
}

struct Scale {
  double offset = 0, spread = 1;
};

Scale StandardScale(const std::vector<double>& values) {
  const double mean = Mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / static_cast<double>(values.size()))};
}

Scale FitScale(Scaling scaling, std::vector<double> values) {
  Scale scale;
  if (scaling == Scaling::kNone) return scale;
  if (scaling == Scaling::kStandard) {
    scale = StandardScale(values);
  } else if (scaling == Scaling::kMinMax) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    scale = {*least, *most - *least};
  } else {
    const double first = Quantile(values, 0.25), third = Quantile(values, 0.75);
    scale = {Median(values), third - first};
  }
  if (scale.spread < kNoSpread * std::max(1.0, std::abs(scale.offset))) scale.spread = 1;
  return scale;
}

model::ElementType InputType(const Column& column) {
  if (column.null_count() > 0) return model::ElementType::kFloat;  // NaN has to fit in
  if (column.type == ColumnType::kBool) return model::ElementType::kBool;
  return column.type == ColumnType::kInt64 ? model::ElementType::kInt64 : model::ElementType::kFloat;
}

std::vector<double> PresentNumbers(const Column& column) {
  std::vector<double> values;
  for (size_t row = 0; row < column.size(); ++row)
    if (const double value = column.number(row); !std::isnan(value)) values.push_back(value);
  return values;
}

Status CheckNumericOptions(const Column& column, const NumericOptions& options) {
  if (!std::isfinite(static_cast<float>(options.fill_value)))
    return InvalidArgument(
        fmt::format("column '{}': missing values cannot become {}", column.name, FormatDouble(options.fill_value)));
  if (options.impute == Impute::kNone && options.scaling != Scaling::kNone)
    return InvalidArgument(fmt::format(
        "column '{}': a column whose missing values stay cannot be scaled; impute them or do not scale", column.name));
  return {};
}

Result<ColumnTransform> FitNumeric(const Column& column, const NumericOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckRange(column));
  SLIPWAY_RETURN_IF_ERROR(CheckNumericOptions(column, options));
  ColumnTransform transform;
  transform.name = column.name;
  transform.input_type = InputType(column);
  const bool is_plain_flag = transform.input_type == model::ElementType::kBool && options.scaling == Scaling::kNone;
  std::vector<double> values = PresentNumbers(column);
  if (values.empty()) return NoValues(column);
  if (is_plain_flag || options.impute == Impute::kNone) {
    transform.kind = ColumnTransform::Kind::kPassthrough;
    return transform;
  }
  const double imputed = ImputedNumber(options, values);
  transform.imputed_number = static_cast<float>(imputed);
  transform.has_indicator = options.add_indicator && values.size() < column.size();
  values.resize(column.size(), imputed);
  const Scale scale = FitScale(options.scaling, std::move(values));
  transform.offset = static_cast<float>(scale.offset);
  transform.factor = static_cast<float>(1 / scale.spread);
  return transform;
}

// --- texts ---

// How often each text stands in the column, by text; missing ones and "" not counted.
std::map<std::string, size_t> CountTexts(const Column& column) {
  std::vector<size_t> by_code(column.dictionary.size());
  for (size_t row = 0; row < column.size(); ++row)
    if (!column.is_null(row)) ++by_code[column.codes[row]];
  std::map<std::string, size_t> counts;
  for (size_t code = 0; code < by_code.size(); ++code)
    if (by_code[code] > 0 && !column.dictionary[code].empty()) counts[column.dictionary[code]] += by_code[code];
  return counts;
}

// The first of equals.
const std::string& MostFrequent(const std::map<std::string, size_t>& counts) {
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

// As scikit-learn: the bound on rows first, then the rarest go while there are too many features; of equals the one
// that comes first in the alphabet goes.
void PartInfrequent(const CategoryOptions& options, const std::map<std::string, size_t>& counts,
                    ColumnTransform& transform) {
  std::vector<std::pair<size_t, std::string>> by_count;
  for (const auto& [text, count] : counts) by_count.emplace_back(count, text);
  std::stable_sort(by_count.begin(), by_count.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  size_t rare = 0;
  while (rare < by_count.size() && by_count[rare].first < options.min_frequency) ++rare;
  const size_t features = by_count.size() - rare + 1;
  if (options.max_categories > 0 && options.max_categories < features)
    rare = std::max(rare, by_count.size() - std::min(by_count.size(), options.max_categories - 1));
  for (size_t i = 0; i < by_count.size(); ++i)
    (i < rare ? transform.infrequent : transform.categories).push_back(by_count[i].second);
  std::sort(transform.infrequent.begin(), transform.infrequent.end());
  std::sort(transform.categories.begin(), transform.categories.end());
}

Status CheckCategoryOptions(const Column& column, const CategoryOptions& options) {
  if (options.impute == Impute::kMean || options.impute == Impute::kMedian)
    return InvalidArgument(
        fmt::format("column '{}' holds texts, which have no {}; missing ones become most_frequent, constant or none",
                    column.name, options.impute == Impute::kMean ? "mean" : "median"));
  if (options.impute == Impute::kConstant && options.fill_value.empty())
    return InvalidArgument(fmt::format("column '{}': missing texts cannot become an empty one", column.name));
  if (options.max_categories == 1)
    return InvalidArgument(fmt::format("column '{}': max_categories has to be at least 2", column.name));
  const bool is_ordinal = options.encoding == Encoding::kOrdinal;
  if (is_ordinal &&
      (options.min_frequency > 0 || options.max_categories > 0 || options.unknown == Unknown::kInfrequent))
    return InvalidArgument(fmt::format("column '{}': infrequent texts are for the one-hot encoding", column.name));
  return {};
}

Result<ColumnTransform> FitCategorical(const Column& column, const CategoryOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckCategoryOptions(column, options));
  ColumnTransform transform;
  transform.name = column.name;
  transform.kind =
      options.encoding == Encoding::kOrdinal ? ColumnTransform::Kind::kOrdinal : ColumnTransform::Kind::kCategorical;
  transform.input_type = model::ElementType::kString;
  transform.unknown = options.unknown;
  transform.unknown_code = options.unknown_code;
  std::map<std::string, size_t> counts = CountTexts(column);
  if (counts.empty()) return NoValues(column);
  size_t present = 0;
  for (const auto& [text, count] : counts) present += count;
  if (options.impute == Impute::kMostFrequent) transform.imputed_category = MostFrequent(counts);
  if (options.impute == Impute::kConstant) transform.imputed_category = options.fill_value;
  const size_t missing = column.size() - present;
  if (missing > 0) counts[transform.imputed_category] += missing;
  transform.has_indicator = options.add_indicator && missing > 0;
  PartInfrequent(options, counts, transform);
  return transform;
}

template <typename Options>
const Options& OptionsOf(const std::string& column, const std::map<std::string, Options>& by_column,
                         const Options& otherwise) {
  const auto found = by_column.find(column);
  return found == by_column.end() ? otherwise : found->second;
}

Result<ColumnTransform> FitColumn(const Column& column, const TransformOptions& options) {
  if (column.type == ColumnType::kString)
    return FitCategorical(column, OptionsOf(column.name, options.categorical_by_column, options.categorical));
  if (column.type == ColumnType::kDatetime) {
    return InvalidArgument(
        fmt::format("column '{}' holds dates, which a model cannot learn from; leave it out, or turn it "
                    "into numbers such as the age in days",
                    column.name));
  }
  return FitNumeric(column, OptionsOf(column.name, options.numeric_by_column, options.numeric));
}

bool IsFeature(const std::string& name, const TransformOptions& options) {
  const auto is_in = [&name](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return (options.columns.empty() || is_in(options.columns)) && !is_in(options.left_out);
}

template <typename Options>
Status CheckNames(const tabular::Table& train, const std::map<std::string, Options>& by_column, bool are_texts) {
  for (const auto& [name, options] : by_column) {
    SLIPWAY_ASSIGN_OR_RETURN(const Column* column, train.Get(name));
    if ((column->type == ColumnType::kString) == are_texts) continue;
    return InvalidArgument(fmt::format("column '{}' holds {} values; options for {} do not fit", name,
                                       tabular::ColumnTypeName(column->type), are_texts ? "texts" : "numbers"));
  }
  return {};
}

// --- features of rows ---

Result<FeatureColumn> TransformNumbers(const ColumnTransform& transform, const Column& column) {
  if (!column.is_numeric()) {
    return InvalidArgument(fmt::format("column '{}' holds {} values; the model was trained on numbers", column.name,
                                       tabular::ColumnTypeName(column.type)));
  }
  SLIPWAY_RETURN_IF_ERROR(CheckRange(column));
  FeatureColumn features;
  features.numbers.reserve(column.size());
  const bool imputes = transform.kind == ColumnTransform::Kind::kNumeric;
  for (size_t row = 0; row < column.size(); ++row) {
    float value = static_cast<float>(column.number(row));
    if (imputes && std::isnan(value)) value = transform.imputed_number;
    if (transform.is_scaled()) value = (value - transform.offset) * transform.factor;
    features.numbers.push_back(value);
  }
  return features;
}

// Category indices of texts. Unknown ones get kUnknown.
class CategoryIndex {
 public:
  static constexpr uint32_t kUnknown = ~uint32_t{0};

  explicit CategoryIndex(const ColumnTransform& transform) : transform_(transform) {
    for (uint32_t i = 0; i < transform.categories.size(); ++i) index_.emplace(transform.categories[i], i);
    const uint32_t shared = static_cast<uint32_t>(transform.categories.size());
    for (const std::string& text : transform.infrequent) index_.emplace(text, shared);
    if (transform.unknown == Unknown::kInfrequent && !transform.infrequent.empty()) otherwise_ = shared;
  }
  uint32_t Of(std::string_view text) const {
    const auto found = index_.find(text.empty() ? std::string_view(transform_.imputed_category) : text);
    return found == index_.end() ? otherwise_ : found->second;
  }

 private:
  const ColumnTransform& transform_;
  std::unordered_map<std::string_view, uint32_t> index_;
  uint32_t otherwise_ = kUnknown;
};

// One index a row.
std::vector<uint32_t> CategoriesOf(const ColumnTransform& transform, const Column& column) {
  const CategoryIndex index(transform);
  std::vector<uint32_t> categories;
  categories.reserve(column.size());
  if (column.type != ColumnType::kString) {  // a column of codes that was read as numbers
    for (size_t row = 0; row < column.size(); ++row) categories.push_back(index.Of(column.text(row)));
    return categories;
  }
  std::vector<uint32_t> of_code;
  for (const std::string& text : column.dictionary) of_code.push_back(index.Of(text));
  const uint32_t of_null = index.Of("");
  for (size_t row = 0; row < column.size(); ++row)
    categories.push_back(column.is_null(row) ? of_null : of_code[column.codes[row]]);
  return categories;
}

Status CheckKnown(const Column& column, const std::vector<uint32_t>& categories) {
  const auto unknown = std::find(categories.begin(), categories.end(), CategoryIndex::kUnknown);
  if (unknown == categories.end()) return {};
  const auto row = static_cast<size_t>(unknown - categories.begin());
  return InvalidArgument(fmt::format("column '{}' holds '{}' in row {}, which was not there in training", column.name,
                                     column.text(row), row));
}

Result<FeatureColumn> TransformTexts(const ColumnTransform& transform, const Column& column) {
  FeatureColumn features;
  features.categories = CategoriesOf(transform, column);
  if (transform.unknown == Unknown::kError) SLIPWAY_RETURN_IF_ERROR(CheckKnown(column, features.categories));
  features.category_count = transform.value_count();
  const uint32_t none = static_cast<uint32_t>(features.category_count);
  if (transform.kind == ColumnTransform::Kind::kCategorical) {
    for (uint32_t& category : features.categories) category = std::min(category, none);
    return features;
  }
  FeatureColumn codes;
  for (const uint32_t category : features.categories)
    codes.numbers.push_back(category == CategoryIndex::kUnknown ? transform.unknown_code
                                                                : static_cast<float>(category));
  return codes;
}

// Category 0 where the value is missing, none where it is there.
FeatureColumn Indicator(const ColumnTransform& transform, const Column& column) {
  FeatureColumn features;
  features.category_count = 1;
  for (size_t row = 0; row < column.size(); ++row) {
    const bool is_missing =
        column.is_null(row) || (transform.takes_text() ? column.text(row).empty() : std::isnan(column.number(row)));
    features.categories.push_back(is_missing ? 0 : 1);
  }
  return features;
}

template <typename T>
struct NamedValue {
  std::string_view name;
  T value;
};

template <typename T, size_t kCount>
Result<T> ParseNamed(std::string_view what, std::string_view name, const NamedValue<T> (&values)[kCount]) {
  std::vector<std::string> names;
  for (const auto& value : values) {
    if (value.name == name) return value.value;
    names.emplace_back(value.name);
  }
  return InvalidArgument(
      fmt::format("the {} '{}' is none of {}{}", what, name, Join(names, ", "), DidYouMean(name, names)));
}

model::ColumnSpec InputSpec(const Column& column) {
  const bool has_nulls = column.null_count() > 0;
  const bool has_nan = column.type == ColumnType::kFloat64 && std::any_of(column.doubles.begin(), column.doubles.end(),
                                                                          [](double x) { return std::isnan(x); });
  model::ColumnSpec spec{.name = column.name, .required = !has_nulls && !has_nan};
  if (column.type == ColumnType::kString) {
    spec.type = model::DataType::kString;
  } else if (!has_nulls && column.type != ColumnType::kFloat64) {
    spec.type = column.type == ColumnType::kBool ? model::DataType::kBoolean : model::DataType::kLong;
  }
  return spec;
}

}  // namespace

Result<Impute> ParseImpute(std::string_view name) {
  return ParseNamed<Impute>("imputation", name,
                            {{"mean", Impute::kMean},
                             {"median", Impute::kMedian},
                             {"most_frequent", Impute::kMostFrequent},
                             {"constant", Impute::kConstant},
                             {"none", Impute::kNone}});
}

Result<Scaling> ParseScaling(std::string_view name) {
  return ParseNamed<Scaling>("scaling", name,
                             {{"none", Scaling::kNone},
                              {"standard", Scaling::kStandard},
                              {"minmax", Scaling::kMinMax},
                              {"robust", Scaling::kRobust}});
}

Result<Encoding> ParseEncoding(std::string_view name) {
  return ParseNamed<Encoding>("encoding", name, {{"onehot", Encoding::kOneHot}, {"ordinal", Encoding::kOrdinal}});
}

Result<Unknown> ParseUnknown(std::string_view name) {
  return ParseNamed<Unknown>(
      "rule for unknown texts", name,
      {{"ignore", Unknown::kIgnore}, {"error", Unknown::kError}, {"infrequent", Unknown::kInfrequent}});
}

Result<std::vector<ColumnTransform>> FitTransforms(const tabular::Table& train, const TransformOptions& options) {
  for (const auto* names : {&options.columns, &options.left_out})
    for (const std::string& name : *names) SLIPWAY_RETURN_IF_ERROR(train.Get(name));
  SLIPWAY_RETURN_IF_ERROR(CheckNames(train, options.numeric_by_column, false));
  SLIPWAY_RETURN_IF_ERROR(CheckNames(train, options.categorical_by_column, true));
  std::vector<ColumnTransform> transforms;
  for (const Column& column : train.columns()) {
    if (!IsFeature(column.name, options)) continue;
    SLIPWAY_ASSIGN_OR_RETURN(ColumnTransform transform, FitColumn(column, options));
    transforms.push_back(std::move(transform));
  }
  return transforms;
}

Result<std::vector<FeatureColumn>> Transform(const std::vector<ColumnTransform>& transforms,
                                             const tabular::Table& table) {
  std::vector<FeatureColumn> columns;
  for (const ColumnTransform& transform : transforms) {
    SLIPWAY_ASSIGN_OR_RETURN(const Column* column, table.Get(transform.name));
    SLIPWAY_ASSIGN_OR_RETURN(FeatureColumn features, transform.takes_text() ? TransformTexts(transform, *column)
                                                                            : TransformNumbers(transform, *column));
    columns.push_back(std::move(features));
    if (transform.has_indicator) columns.push_back(Indicator(transform, *column));
  }
  return columns;
}

std::vector<std::string> FeatureNames(const std::vector<ColumnTransform>& transforms) {
  std::vector<std::string> names;
  for (const ColumnTransform& transform : transforms) {
    if (transform.kind == ColumnTransform::Kind::kCategorical) {
      for (const std::string& category : transform.categories) names.push_back(transform.name + "=" + category);
      if (!transform.infrequent.empty()) names.push_back(transform.name + "=(infrequent)");
    } else {
      names.push_back(transform.name);
    }
    if (transform.has_indicator) names.push_back(transform.name + "=(missing)");
  }
  return names;
}

std::vector<model::ColumnSpec> InputSpecs(const std::vector<ColumnTransform>& transforms, const tabular::Table& train) {
  std::vector<model::ColumnSpec> specs;
  for (const ColumnTransform& transform : transforms)
    if (const Column* column = train.Find(transform.name)) specs.push_back(InputSpec(*column));
  return specs;
}

}  // namespace slipway::learn
