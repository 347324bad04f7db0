// Reading JSON that a client sent: every complaint names the path of the field, and all of them are collected.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"

namespace slipway::wire {

// A value inside a document, with its path. Borrows both the document and the list of complaints. Keys are asked for
// in camel case and found in snake case too; null counts as absent. Scalars sent as text are taken as what they say.
class JsonView {
 public:
  JsonView(const nlohmann::json& value, std::string path, std::vector<Error>& errors)
      : value_(&value), path_(std::move(path)), errors_(&errors) {}

  const nlohmann::json& value() const { return *value_; }
  const std::string& path() const { return path_; }
  bool Has(std::string_view key) const { return Member(key) != nullptr; }
  std::optional<JsonView> Find(std::string_view key) const;
  // Complains when it is missing.
  std::optional<JsonView> Require(std::string_view key) const;

  // `otherwise` when absent; a complaint and `otherwise` for a wrong type.
  std::string Text(std::string_view key, std::string otherwise = "") const;
  std::string RequireText(std::string_view key) const;
  bool Boolean(std::string_view key, bool otherwise) const;
  int64_t Integer(std::string_view key, int64_t otherwise) const;
  std::optional<double> Number(std::string_view key) const;
  // Text, numbers and booleans as values; numbers and booleans become their text.
  std::map<std::string, std::string> TextMap(std::string_view key) const;
  std::vector<std::string> TextList(std::string_view key) const;

  // This value itself as text; nullopt and a complaint when it is no scalar.
  std::optional<std::string> AsText() const;
  std::optional<double> AsNumber() const;

  // Calls visit(key, JsonView) for each member of the object below `key`; complains when it is no object.
  template <typename Visit>
  void ForEachMember(std::string_view key, const Visit& visit) const {
    const auto object = Find(key);
    if (!object || !object->CheckObject()) return;
    for (const auto& [name, member] : object->value().items()) visit(name, object->At(name, member));
  }

  // Calls visit(JsonView) for each element, all objects, of the list below `key`; complains when it is something else.
  template <typename Visit>
  void ForEachElement(std::string_view key, const Visit& visit) const {
    const auto list = Find(key);
    if (!list) return;
    if (!list->value().is_array()) return list->Complain("must be a list");
    for (size_t i = 0; i < list->value().size(); ++i) {
      const JsonView element = list->At(std::to_string(i), list->value()[i]);
      if (element.CheckObject()) visit(element);
    }
  }

  // Complains and gives false when this is no object.
  bool CheckObject() const;
  JsonView At(std::string_view name, const nlohmann::json& member) const;
  void Complain(std::string message, Code code = Code::kInvalidArgument) const;

 private:
  const nlohmann::json* Member(std::string_view key) const;

  const nlohmann::json* value_;
  std::string path_;
  std::vector<Error>* errors_;
};

// The first complaint with the others attached; good when there is none.
Status StatusOf(std::vector<Error> errors);

}  // namespace slipway::wire
