#include "slipway/tabular/yaml_value.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::tabular {
namespace {

SourcePosition PositionOf(const YAML::Mark& mark, const std::string& file) {
  if (mark.is_null()) return {.file = file};
  return {.file = file, .line = mark.line + 1, .column = mark.column + 1};
}

}  // namespace

Result<YamlValue> YamlValue::Parse(const std::string& text, const std::string& file) {
  try {
    return YamlValue(YAML::Load(text), file);
  } catch (const YAML::ParserException& failure) {
    return InvalidArgument(failure.msg).At(PositionOf(failure.mark, file));
  } catch (const YAML::Exception& failure) {
    return InvalidArgument(failure.what()).At({.file = file});
  }
}

YamlValue YamlValue::NothingHere() const {
  YamlValue nothing(YAML::Node(YAML::NodeType::Null), file_);
  nothing.place_ = position();
  return nothing;
}

SourcePosition YamlValue::position() const {
  return place_ ? *place_ : PositionOf(node_.Mark(), file_);
}

Error YamlValue::NotSupported(std::string_view what) const {
  return Unimplemented(fmt::format("{} is not supported yet", what)).At(position());
}

Result<std::string> YamlValue::Text(std::string_view what) const {
  if (!is_scalar()) return Complain(fmt::format("{} has to be a text", what));
  return node_.Scalar();
}

Result<bool> YamlValue::Boolean(std::string_view what) const {
  if (is_scalar() && EqualsIgnoreCase(node_.Scalar(), "true")) return true;
  if (is_scalar() && EqualsIgnoreCase(node_.Scalar(), "false")) return false;
  return Complain(fmt::format("{} has to be true or false", what));
}

Result<int64_t> YamlValue::Integer(std::string_view what, int64_t min) const {
  const auto value = is_scalar() ? ParseInt(node_.Scalar()) : std::nullopt;
  if (!value || *value < min) return Complain(fmt::format("{} has to be a whole number of at least {}", what, min));
  return static_cast<int64_t>(*value);
}

Result<double> YamlValue::Number(std::string_view what) const {
  const auto value = is_scalar() ? ParseDouble(node_.Scalar()) : std::nullopt;
  if (!value) return Complain(fmt::format("{} has to be a number", what));
  return *value;
}

Result<std::vector<std::string>> YamlValue::Texts(std::string_view what) const {
  if (is_scalar()) return std::vector<std::string>{node_.Scalar()};
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<YamlValue> items, Items(what));
  std::vector<std::string> texts;
  for (const YamlValue& item : items) {
    SLIPWAY_ASSIGN_OR_RETURN(std::string text, item.Text(fmt::format("an item of {}", what)));
    texts.push_back(std::move(text));
  }
  return texts;
}

Result<std::vector<YamlValue>> YamlValue::Items(std::string_view what) const {
  if (!is_list()) return Complain(fmt::format("{} has to be a list", what));
  std::vector<YamlValue> items;
  for (const YAML::Node& item : node_) items.emplace_back(item, file_);
  return items;
}

Result<std::vector<YamlValue::Member>> YamlValue::Members(std::string_view what,
                                                          std::initializer_list<std::string_view> known) const {
  if (is_null()) return std::vector<Member>();
  if (!is_map()) return Complain(fmt::format("{} has to be an object of keys and values", what));
  const std::vector<std::string> keys(known.begin(), known.end());
  std::vector<Member> members;
  for (const auto& entry : node_) {
    const YamlValue key_value(entry.first, file_);
    SLIPWAY_ASSIGN_OR_RETURN(std::string key, key_value.Text("a key"));
    if (!keys.empty() && std::find(keys.begin(), keys.end(), key) == keys.end())
      return key_value.Complain(fmt::format("{} has no key '{}'{}", what, key, DidYouMean(key, keys)));
    members.push_back({std::move(key), key_value.position(), {YamlValue(entry.second, file_)}});
  }
  return members;
}

}  // namespace slipway::tabular
