#include "slipway/learn/transforms.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::learn {
namespace {

using model::ColumnTransform;
using tabular::Column;
using tabular::ColumnType;

Error NoValues(const Column& column) {
  return InvalidArgument(fmt::format("column '{}' has no values; leave it out", column.name));
}

// The mean of the middle two when there are two.
double Median(std::vector<double> values) {
  const size_t half = values.size() / 2;
  const auto middle = values.begin() + static_cast<ptrdiff_t>(half);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
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

model::ElementType InputType(const Column& column) {
  if (column.null_count() > 0) return model::ElementType::kFloat;  // NaN has to fit in
  if (column.type == ColumnType::kBool) return model::ElementType::kBool;
  return column.type == ColumnType::kInt64 ? model::ElementType::kInt64 : model::ElementType::kFloat;
}

Result<ColumnTransform> FitNumeric(const Column& column) {
  SLIPWAY_RETURN_IF_ERROR(CheckRange(column));
  ColumnTransform transform;
  transform.name = column.name;
  transform.input_type = InputType(column);
  if (transform.input_type == model::ElementType::kBool) {
    transform.kind = ColumnTransform::Kind::kPassthrough;
    return transform;
  }
  std::vector<double> values;
  for (size_t row = 0; row < column.size(); ++row) {
    if (const double value = column.number(row); !std::isnan(value)) values.push_back(value);
  }
  if (values.empty()) return NoValues(column);
  transform.imputed_number = static_cast<float>(Median(std::move(values)));
  return transform;
}

// How often each text of the dictionary stands in the column; missing ones and "" do not count.
std::vector<size_t> CountTexts(const Column& column) {
  std::vector<size_t> counts(column.dictionary.size());
  for (size_t row = 0; row < column.size(); ++row) {
    if (!column.is_null(row) && !column.string_at(row).empty()) ++counts[column.codes[row]];
  }
  return counts;
}

Result<ColumnTransform> FitCategorical(const Column& column) {
  ColumnTransform transform;
  transform.name = column.name;
  transform.kind = ColumnTransform::Kind::kCategorical;
  transform.input_type = model::ElementType::kString;
  const std::vector<size_t> counts = CountTexts(column);
  size_t most = 0;
  for (size_t code = 0; code < counts.size(); ++code) {
    if (counts[code] == 0) continue;
    const std::string& text = column.dictionary[code];
    transform.categories.push_back(text);
    if (counts[code] < most || (counts[code] == most && text > transform.imputed_category)) continue;
    most = counts[code];
    transform.imputed_category = text;
  }
  if (transform.categories.empty()) return NoValues(column);
  std::sort(transform.categories.begin(), transform.categories.end());
  return transform;
}

Result<ColumnTransform> FitColumn(const Column& column) {
  if (column.type == ColumnType::kString) return FitCategorical(column);
  if (column.type == ColumnType::kDatetime) {
    return InvalidArgument(
        fmt::format("column '{}' holds dates, which a forest cannot learn from; leave it out, or turn it "
                    "into numbers such as the age in days",
                    column.name));
  }
  return FitNumeric(column);
}

Result<FeatureColumn> TransformNumbers(const ColumnTransform& transform, const Column& column) {
  if (!column.is_numeric()) {
    return InvalidArgument(fmt::format("column '{}' holds {} values; the model was trained on numbers", column.name,
                                       tabular::ColumnTypeName(column.type)));
  }
  SLIPWAY_RETURN_IF_ERROR(CheckRange(column));
  FeatureColumn features;
  features.numbers.reserve(column.size());
  for (size_t row = 0; row < column.size(); ++row) {
    const float value = static_cast<float>(column.number(row));
    features.numbers.push_back(std::isnan(value) ? transform.imputed_number : value);
  }
  return features;
}

// Category indices of texts; those not seen in training get category_count.
class CategoryIndex {
 public:
  explicit CategoryIndex(const ColumnTransform& transform) : transform_(transform) {
    for (uint32_t i = 0; i < transform.categories.size(); ++i) index_.emplace(transform.categories[i], i);
  }
  uint32_t Of(std::string_view text) const {
    const auto found = index_.find(text.empty() ? std::string_view(transform_.imputed_category) : text);
    return found == index_.end() ? static_cast<uint32_t>(transform_.categories.size()) : found->second;
  }

 private:
  const ColumnTransform& transform_;
  std::unordered_map<std::string_view, uint32_t> index_;
};

FeatureColumn TransformTexts(const ColumnTransform& transform, const Column& column) {
  const CategoryIndex index(transform);
  FeatureColumn features;
  features.category_count = transform.categories.size();
  features.categories.reserve(column.size());
  if (column.type != ColumnType::kString) {  // a column of codes that was read as numbers
    for (size_t row = 0; row < column.size(); ++row) features.categories.push_back(index.Of(column.text(row)));
    return features;
  }
  std::vector<uint32_t> of_code;
  for (const std::string& text : column.dictionary) of_code.push_back(index.Of(text));
  const uint32_t of_null = index.Of("");
  for (size_t row = 0; row < column.size(); ++row) {
    features.categories.push_back(column.is_null(row) ? of_null : of_code[column.codes[row]]);
  }
  return features;
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

Result<std::vector<ColumnTransform>> FitTransforms(const tabular::Table& train) {
  std::vector<ColumnTransform> transforms;
  for (const Column& column : train.columns()) {
    SLIPWAY_ASSIGN_OR_RETURN(ColumnTransform transform, FitColumn(column));
    transforms.push_back(std::move(transform));
  }
  return transforms;
}

Result<std::vector<FeatureColumn>> Transform(const std::vector<ColumnTransform>& transforms,
                                             const tabular::Table& table) {
  std::vector<FeatureColumn> columns;
  for (const ColumnTransform& transform : transforms) {
    SLIPWAY_ASSIGN_OR_RETURN(const Column* column, table.Get(transform.name));
    if (transform.kind == ColumnTransform::Kind::kCategorical) {
      columns.push_back(TransformTexts(transform, *column));
      continue;
    }
    SLIPWAY_ASSIGN_OR_RETURN(FeatureColumn features, TransformNumbers(transform, *column));
    columns.push_back(std::move(features));
  }
  return columns;
}

std::vector<model::ColumnSpec> InputSpecs(const tabular::Table& train) {
  std::vector<model::ColumnSpec> specs;
  for (const Column& column : train.columns()) specs.push_back(InputSpec(column));
  return specs;
}

}  // namespace slipway::learn
