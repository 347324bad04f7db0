#include "slipway/training/schema.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/tabular/yaml_value.h"
#include "slipway/training/parameters.h"

namespace slipway::training {
namespace {

using tabular::YamlValue;

// The kind of a column: "number", "text", "ignore".
Result<std::string> TypeOf(const YamlValue& value) {
  SLIPWAY_ASSIGN_OR_RETURN(std::string type, value.Text("the type"));
  const std::string known[] = {"number", "text", "ignore"};
  if (std::find(std::begin(known), std::end(known), type) != std::end(known)) return type;
  return value.Complain(fmt::format("the type '{}' is none of number, text, ignore{}", type, DidYouMean(type, known)));
}

Status CheckOption(bool is_text, const std::string& name, const std::string& value) {
  if (is_text) {
    learn::CategoryOptions options;
    return SetCategoryParameter(options, name, value);
  }
  learn::NumericOptions options;
  return SetNumericParameter(options, name, value);
}

class ColumnReader {
 public:
  ColumnReader(const std::string& column, Schema& schema) : column_(column), schema_(schema) {}

  Status Read(const YamlValue& value) {
    const std::string what = fmt::format("column '{}'", column_);
    if (value.is_scalar()) {
      SLIPWAY_ASSIGN_OR_RETURN(const std::string type, TypeOf(value));
      return SetType(type);
    }
    SLIPWAY_ASSIGN_OR_RETURN(const auto members, value.Members(what));
    const auto type = std::find_if(members.begin(), members.end(), [](const auto& m) { return m.key == "type"; });
    if (type == members.end()) return value.Complain(fmt::format("{} has no type; it is number, text or ignore", what));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string name, TypeOf(**type));
    SLIPWAY_RETURN_IF_ERROR(SetType(name));
    for (const auto& member : members) {
      if (member.key == "type") continue;
      SLIPWAY_RETURN_IF_ERROR(ReadOption(name, member));
    }
    return {};
  }

 private:
  Status SetType(const std::string& type) {
    if (type == "ignore") schema_.ignored.push_back(column_);
    if (type == "text") schema_.types[column_] = tabular::ColumnType::kString;
    if (type == "number") schema_.types[column_] = tabular::ColumnType::kFloat64;
    return {};
  }

  Status ReadOption(const std::string& type, const YamlValue::Member& member) {
    if (type == "ignore")
      return InvalidArgument(fmt::format("column '{}' is ignored; it takes no '{}'", column_, member.key))
          .At(member.key_position);
    SLIPWAY_ASSIGN_OR_RETURN(const std::string value, member->Text(member.key));
    if (const Status status = CheckOption(type == "text", member.key, value); !status)
      return InvalidArgument(status.error().message()).At(member.key_position);
    (type == "text" ? schema_.categorical : schema_.numeric)[column_].emplace_back(member.key, value);
    return {};
  }

  const std::string& column_;
  Schema& schema_;
};

}  // namespace

Result<Schema> ParseSchema(const std::string& yaml, const std::string& file) {
  SLIPWAY_ASSIGN_OR_RETURN(const YamlValue root, YamlValue::Parse(yaml, file));
  SLIPWAY_ASSIGN_OR_RETURN(const auto members, root.Members("a schema", {"columns"}));
  Schema schema;
  for (const auto& member : members) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto columns, member->Members("columns"));
    for (const auto& column : columns) SLIPWAY_RETURN_IF_ERROR(ColumnReader(column.key, schema).Read(*column));
  }
  return schema;
}

Result<Schema> ReadSchema(const std::filesystem::path& file) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  return ParseSchema(text, file.string());
}

Status ApplySchema(const Schema& schema, const tabular::Table& table, learn::FitOptions& options) {
  learn::TransformOptions& transforms = options.transforms;
  for (const std::string& column : schema.ignored) {
    SLIPWAY_RETURN_IF_ERROR(With(table.Get(column), "the schema"));
    transforms.left_out.push_back(column);
  }
  for (const auto& [column, type] : schema.types) SLIPWAY_RETURN_IF_ERROR(With(table.Get(column), "the schema"));
  for (const auto& [column, settings] : schema.numeric) {
    learn::NumericOptions& own = transforms.numeric_by_column[column] = transforms.numeric;
    for (const auto& [name, value] : settings) SLIPWAY_RETURN_IF_ERROR(SetNumericParameter(own, name, value));
  }
  for (const auto& [column, settings] : schema.categorical) {
    learn::CategoryOptions& own = transforms.categorical_by_column[column] = transforms.categorical;
    for (const auto& [name, value] : settings) SLIPWAY_RETURN_IF_ERROR(SetCategoryParameter(own, name, value));
  }
  return {};
}

}  // namespace slipway::training
