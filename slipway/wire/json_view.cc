#include "slipway/wire/json_view.h"

#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::wire {
namespace {

using nlohmann::json;

std::string SnakeCase(std::string_view camel) {
  std::string snake;
  for (const char c : camel) {
    if (std::isupper(static_cast<unsigned char>(c))) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return snake;
}

std::optional<std::string> ScalarText(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_unsigned()) return std::to_string(value.get<uint64_t>());
  if (value.is_number_integer()) return std::to_string(value.get<int64_t>());
  if (value.is_number_float()) return FormatDouble(value.get<double>());
  return std::nullopt;
}

}  // namespace

const json* JsonView::Member(std::string_view key) const {
  if (!value_->is_object()) return nullptr;
  for (const std::string& spelling : {std::string(key), SnakeCase(key)}) {
    const auto found = value_->find(spelling);
    if (found != value_->end() && !found->is_null()) return &*found;
  }
  return nullptr;
}

JsonView JsonView::At(std::string_view name, const json& member) const {
  return {member, path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name), *errors_};
}

std::optional<JsonView> JsonView::Find(std::string_view key) const {
  const json* member = Member(key);
  return member ? std::optional(At(key, *member)) : std::nullopt;
}

std::optional<JsonView> JsonView::Require(std::string_view key) const {
  auto found = Find(key);
  if (!found) Complain(fmt::format("'{}' is missing", key));
  return found;
}

void JsonView::Complain(std::string message, Code code) const {
  errors_->push_back(Error(code, path_.empty() ? std::move(message) : fmt::format("{}: {}", path_, message)));
}

bool JsonView::CheckObject() const {
  if (value_->is_object()) return true;
  Complain(fmt::format("must be an object, not {}", value_->type_name()));
  return false;
}

std::optional<std::string> JsonView::AsText() const {
  auto text = ScalarText(*value_);
  if (!text) Complain(fmt::format("must be text, not {}", value_->type_name()));
  return text;
}

std::optional<double> JsonView::AsNumber() const {
  if (value_->is_number()) return value_->get<double>();
  const auto number = value_->is_string() ? ParseDouble(value_->get_ref<const std::string&>()) : std::nullopt;
  if (!number) Complain(fmt::format("must be a number, not {}", value_->dump()));
  return number;
}

std::string JsonView::Text(std::string_view key, std::string otherwise) const {
  const auto member = Find(key);
  return member ? member->AsText().value_or(std::move(otherwise)) : otherwise;
}

std::string JsonView::RequireText(std::string_view key) const {
  const auto member = Require(key);
  auto text = member ? member->AsText().value_or("") : "";
  if (member && text.empty() && member->value().is_string()) member->Complain("must not be empty");
  return text;
}

bool JsonView::Boolean(std::string_view key, bool otherwise) const {
  const auto member = Find(key);
  if (!member) return otherwise;
  const std::string text = ScalarText(member->value()).value_or("");
  if (EqualsIgnoreCase(text, "true")) return true;
  if (EqualsIgnoreCase(text, "false")) return false;
  member->Complain(fmt::format("must be true or false, not {}", member->value().dump()));
  return otherwise;
}

std::optional<double> JsonView::Number(std::string_view key) const {
  const auto member = Find(key);
  return member ? member->AsNumber() : std::nullopt;
}

int64_t JsonView::Integer(std::string_view key, int64_t otherwise) const {
  const auto number = Number(key);
  if (!number) return otherwise;
  constexpr double kBound = 9e15;  // exact as double
  if (std::trunc(*number) == *number && std::abs(*number) < kBound) return static_cast<int64_t>(*number);
  Find(key)->Complain(fmt::format("must be a whole number, not {}", FormatDouble(*number)));
  return otherwise;
}

std::map<std::string, std::string> JsonView::TextMap(std::string_view key) const {
  std::map<std::string, std::string> map;
  ForEachMember(key, [&](const std::string& name, const JsonView& value) {
    if (value.value().is_null()) return;
    if (auto text = value.AsText()) map[name] = std::move(*text);
  });
  return map;
}

std::vector<std::string> JsonView::TextList(std::string_view key) const {
  std::vector<std::string> list;
  const auto member = Find(key);
  if (!member) return list;
  if (!member->value().is_array()) {
    member->Complain(fmt::format("must be a list, not {}", member->value().type_name()));
    return list;
  }
  for (const json& item : member->value()) {
    if (auto text = ScalarText(item)) list.push_back(std::move(*text));
  }
  return list;
}

Status StatusOf(std::vector<Error> errors) {
  if (errors.empty()) return {};
  Error first = std::move(errors.front());
  errors.erase(errors.begin());
  if (errors.empty()) return first;
  return std::move(first).Also(std::move(errors));
}

}  // namespace slipway::wire
