#include "slipway/tabular/mltable_steps.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/tabular/convert.h"
#include "slipway/tabular/filter.h"

namespace slipway::tabular {
namespace {

using Member = YamlValue::Member;
using Apply = std::function<Result<Table>(Table)>;

std::vector<uint32_t> RowsFrom(size_t first, size_t end) {
  std::vector<uint32_t> rows(end - first);
  std::iota(rows.begin(), rows.end(), static_cast<uint32_t>(first));
  return rows;
}

Result<MltableStep> ParseKeepColumns(const Member& step) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto names, step->Texts("keep_columns"));
  // In the order of the file, as the reference has it.
  return MltableStep{[names](const Table& table) -> Result<Table> {
                       for (const std::string& name : names) SLIPWAY_RETURN_IF_ERROR(table.Get(name));
                       std::vector<std::string> kept;
                       for (const std::string& name : table.names())
                         if (std::find(names.begin(), names.end(), name) != names.end()) kept.push_back(name);
                       return table.Select(kept);
                     },
                     step.key_position};
}

Result<MltableStep> ParseDropColumns(const Member& step) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto names, step->Texts("drop_columns"));
  return MltableStep{[names](Table table) -> Result<Table> {
                       for (const std::string& name : names) {
                         SLIPWAY_RETURN_IF_ERROR(table.Get(name));
                         table = table.Without(name);
                       }
                       return table;
                     },
                     step.key_position};
}

Result<MltableStep> ParseTake(const Member& step) {
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t count, step->Integer("take", 1));
  return MltableStep{[count](const Table& table) -> Result<Table> { return table.Head(static_cast<size_t>(count)); },
                     step.key_position};
}

Result<MltableStep> ParseSkip(const Member& step) {
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t count, step->Integer("skip", 0));
  return MltableStep{
      [count](const Table& table) -> Result<Table> {
        return table.TakeRows(RowsFrom(std::min(static_cast<size_t>(count), table.rows()), table.rows()));
      },
      step.key_position};
}

Result<MltableStep> ParseFilter(const Member& step) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, step->Text("filter"));
  auto filter = Filter::Parse(text);
  if (!filter) return std::move(filter.error()).At(step->position());
  return MltableStep{[filter = *filter](const Table& table) -> Result<Table> {
                       SLIPWAY_ASSIGN_OR_RETURN(const auto mask, filter.Apply(table));
                       std::vector<uint32_t> rows;
                       for (uint32_t row = 0; row < mask.size(); ++row)
                         if (mask[row] != 0) rows.push_back(row);
                       return table.TakeRows(rows);
                     },
                     step->position(),
                     {},
                     true};
}

// Each row on its own draw. Without a seed the sample is the same each time too: nothing here reads randomness.
Result<MltableStep> ParseSample(const Member& step) {
  double probability = -1;
  int64_t seed = 0;
  SLIPWAY_ASSIGN_OR_RETURN(const auto members, step->Members("take_random_sample", {"probability", "seed"}));
  for (const Member& member : members) {
    if (member.key == "probability") {
      SLIPWAY_ASSIGN_OR_RETURN(probability, member->Number("probability"));
    } else if (!member->is_null()) {
      SLIPWAY_ASSIGN_OR_RETURN(seed, member->Integer("seed", 0));
    }
  }
  if (!(probability >= 0 && probability <= 1))
    return step->Complain("take_random_sample needs a 'probability' within 0 and 1");
  return MltableStep{[probability, seed](const Table& table) -> Result<Table> {
                       SplitMix64 random(static_cast<uint64_t>(seed));
                       std::vector<uint32_t> rows;
                       for (uint32_t row = 0; row < table.rows(); ++row)
                         if (random.NextUnit() < probability) rows.push_back(row);
                       return table.TakeRows(rows);
                     },
                     step.key_position};
}

Result<ColumnType> ParseTypeName(const YamlValue& value) {
  static const std::vector<std::pair<std::string, ColumnType>> types = {{"int", ColumnType::kInt64},
                                                                        {"float", ColumnType::kFloat64},
                                                                        {"string", ColumnType::kString},
                                                                        {"boolean", ColumnType::kBool},
                                                                        {"datetime", ColumnType::kDatetime}};
  SLIPWAY_ASSIGN_OR_RETURN(const std::string name, value.Text("column_type"));
  std::vector<std::string> names;
  for (const auto& [known, type] : types) {
    if (known == name) return type;
    names.push_back(known);
  }
  if (name == "stream_info") return value.NotSupported("the column type 'stream_info'");
  return value.Complain(
      fmt::format("'{}' is none of the column types {}{}", name, Join(names, ", "), DidYouMean(name, names)));
}

Status ParseBooleanOptions(const YamlValue& value, Conversion& conversion) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto members,
                           value.Members("boolean", {"true_values", "false_values", "mismatch_as"}));
  for (const Member& member : members) {
    if (member.key == "true_values") {
      SLIPWAY_ASSIGN_OR_RETURN(conversion.true_values, member->Texts("true_values"));
    } else if (member.key == "false_values") {
      SLIPWAY_ASSIGN_OR_RETURN(conversion.false_values, member->Texts("false_values"));
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(const std::string mismatch, member->Text("mismatch_as"));
      if (mismatch != "error" && mismatch != "true" && mismatch != "false")
        return member->Complain("mismatch_as has to be error, true or false");
      if (mismatch != "error") conversion.mismatch_as = mismatch == "true";
    }
  }
  if (conversion.true_values.empty() != conversion.false_values.empty())
    return value.Complain("boolean needs both true_values and false_values, or neither");
  return {};
}

// A type's name, or an object of one type and its options.
Result<Conversion> ParseConversion(const YamlValue& value) {
  Conversion conversion;
  if (!value.is_map()) {
    SLIPWAY_ASSIGN_OR_RETURN(conversion.type, ParseTypeName(value));
    return conversion;
  }
  SLIPWAY_ASSIGN_OR_RETURN(const auto members, value.Members("column_type", {"datetime", "boolean"}));
  if (members.size() != 1) return value.Complain("column_type has to be a single type");
  if (members[0].key == "boolean") {
    conversion.type = ColumnType::kBool;
    SLIPWAY_RETURN_IF_ERROR(ParseBooleanOptions(*members[0], conversion));
    return conversion;
  }
  conversion.type = ColumnType::kDatetime;
  SLIPWAY_ASSIGN_OR_RETURN(const auto options, members[0]->Members("datetime", {"formats"}));
  for (const Member& option : options) {
    SLIPWAY_ASSIGN_OR_RETURN(conversion.formats, option->Texts("formats"));
  }
  return conversion;
}

struct NamedConversion {
  std::vector<std::string> columns;
  Conversion conversion;
};

Result<NamedConversion> ParseNamedConversion(const YamlValue& item) {
  NamedConversion named;
  bool has_type = false;
  SLIPWAY_ASSIGN_OR_RETURN(const auto members,
                           item.Members("an item of convert_column_types", {"columns", "column_type"}));
  for (const Member& member : members) {
    if (member.key == "columns") {
      SLIPWAY_ASSIGN_OR_RETURN(named.columns, member->Texts("columns"));
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(named.conversion, ParseConversion(*member));
      has_type = true;
    }
  }
  if (named.columns.empty() || !has_type) return item.Complain("needs both 'columns' and 'column_type'");
  return named;
}

Result<Table> ConvertColumns(const Table& table, const std::vector<NamedConversion>& conversions) {
  std::vector<Column> columns = table.columns();
  for (const auto& [names, conversion] : conversions)
    for (const std::string& name : names) {
      SLIPWAY_RETURN_IF_ERROR(table.Get(name));
      Column& column = columns[*table.IndexOf(name)];
      SLIPWAY_ASSIGN_OR_RETURN(column, ConvertColumn(column, conversion));
    }
  return Table::Make(std::move(columns));
}

Result<MltableStep> ParseConvertColumnTypes(const Member& step) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto items, step->Items("convert_column_types"));
  std::vector<NamedConversion> conversions;
  std::vector<std::string> text_columns;
  for (const YamlValue& item : items) {
    SLIPWAY_ASSIGN_OR_RETURN(NamedConversion named, ParseNamedConversion(item));
    if (named.conversion.type == ColumnType::kString)
      text_columns.insert(text_columns.end(), named.columns.begin(), named.columns.end());
    conversions.push_back(std::move(named));
  }
  return MltableStep{[conversions](const Table& table) { return ConvertColumns(table, conversions); },
                     step.key_position, std::move(text_columns)};
}

}  // namespace

Result<MltableStep> ParseMltableStep(const YamlValue::Member& transformation) {
  using Parse = Result<MltableStep> (*)(const Member&);
  static const std::vector<std::pair<std::string, Parse>> steps = {{"keep_columns", ParseKeepColumns},
                                                                   {"drop_columns", ParseDropColumns},
                                                                   {"take", ParseTake},
                                                                   {"skip", ParseSkip},
                                                                   {"filter", ParseFilter},
                                                                   {"take_random_sample", ParseSample},
                                                                   {"convert_column_types", ParseConvertColumnTypes}};
  std::vector<std::string> names = {"read_delimited", "read_json_lines"};
  for (const auto& [name, parse] : steps) {
    if (name == transformation.key) return parse(transformation);
    names.push_back(name);
  }
  if (transformation.key == "extract_columns_from_partition_format")
    return Unimplemented("the transformation extract_columns_from_partition_format is not supported yet")
        .At(transformation.key_position);
  return InvalidArgument(fmt::format("there is no transformation '{}'{}", transformation.key,
                                     DidYouMean(transformation.key, names)))
      .At(transformation.key_position);
}

}  // namespace slipway::tabular
