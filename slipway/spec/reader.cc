#include "slipway/spec/reader.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::spec {
namespace {

// "amlToken", "AML-Token" and "aml_token" are one choice.
std::string Fold(std::string_view text) {
  std::string folded;
  for (char c : text)
    if (c != '_' && c != '-') folded += c;
  return ToLower(folded);
}

std::string Quoted(const Node& node) {
  return node.IsScalar() ? fmt::format("'{}'", node.text) : std::string(node.Describe());
}

}  // namespace

void Complaints::Add(const Mark& mark, std::string_view path, std::string message, Code code) {
  Error error(code, path.empty() ? std::move(message) : fmt::format("{}: {}", path, message));
  errors_.push_back(std::move(error).At(mark.Position()));
}

Error Complaints::Take() && {
  Error first = std::move(errors_.front());
  errors_.erase(errors_.begin());
  return errors_.empty() ? first : std::move(first).Also(std::move(errors_));
}

std::optional<std::string> Value::Text() const {
  if (node_->IsScalar()) return node_->text;
  Complain(fmt::format("text is needed here, this is {}", node_->Describe()));
  return std::nullopt;
}

std::optional<int64_t> Value::Integer() const {
  if (node_->IsScalar()) {
    if (auto integer = ParseInt(node_->text)) return *integer;
    auto number = ParseDouble(node_->text);
    if (number && std::trunc(*number) == *number && std::abs(*number) < 9e15) return static_cast<int64_t>(*number);
  }
  Complain(fmt::format("a whole number is needed here, not {}", Quoted(*node_)));
  return std::nullopt;
}

std::optional<double> Value::Number() const {
  if (node_->IsScalar())
    if (auto number = ParseDouble(node_->text)) return number;
  Complain(fmt::format("a number is needed here, not {}", Quoted(*node_)));
  return std::nullopt;
}

std::optional<bool> Value::Boolean() const {
  if (node_->IsScalar()) {
    if (EqualsIgnoreCase(node_->text, "true")) return true;
    if (EqualsIgnoreCase(node_->text, "false")) return false;
  }
  Complain(fmt::format("true or false is needed here, not {}", Quoted(*node_)));
  return std::nullopt;
}

std::optional<std::string> Value::Choice(const std::vector<std::string>& choices) const {
  auto text = Text();
  if (!text) return std::nullopt;
  for (const std::string& choice : choices)
    if (Fold(choice) == Fold(*text)) return choice;
  Complain(fmt::format("'{}' is not one of {}{}", *text, Join(choices, ", "), DidYouMean(*text, choices)));
  return std::nullopt;
}

std::map<std::string, std::string> Value::TextMap() const {
  std::map<std::string, std::string> result;
  ForEachMember([&](const std::string& key, const Value& value) {
    if (value.node().IsNull())
      result[key] = "";
    else if (auto text = value.Text())
      result[key] = *text;
  });
  return result;
}

std::vector<std::string> Value::TextList() const {
  std::vector<std::string> result;
  if (node_->IsScalar()) return {node_->text};
  ForEachItem([&](const Value& item) {
    if (auto text = item.Text()) result.push_back(*text);
  });
  return result;
}

std::vector<int> Value::IntegerList() const {
  std::vector<int> result;
  auto add = [&](const Value& item) {
    if (auto integer = item.Integer())
      result.push_back(static_cast<int>(std::clamp<int64_t>(*integer, -1'000'000, 1'000'000)));
  };
  if (node_->IsScalar())
    add(*this);
  else
    ForEachItem(add);
  return result;
}

void Value::ForEachMember(const std::function<void(const std::string&, const Value&)>& visit) const {
  if (node_->IsNull()) return;
  if (!node_->IsMap()) {
    Complain(fmt::format("keys and values are needed here, this is {}", node_->Describe()));
    return;
  }
  for (const auto& [key, child] : node_->members) visit(key.text, Member(key.text, child));
}

void Value::ForEachItem(const std::function<void(const Value&)>& visit) const {
  if (node_->IsNull()) return;
  if (!node_->IsSequence()) {
    Complain(fmt::format("a list is needed here, this is {}", node_->Describe()));
    return;
  }
  for (size_t i = 0; i < node_->items.size(); ++i)
    visit(Value(node_->items[i], fmt::format("{}[{}]", path_, i), *complaints_));
}

Value Value::Member(const std::string& key, const Node& node) const {
  return Value(node, path_.empty() ? key : path_ + "." + key, *complaints_);
}

ObjectReader::ObjectReader(const Value& value, std::string what) : value_(value), what_(std::move(what)) {
  known_.emplace_back("$schema");
  if (!value_.node().IsMap() && !value_.node().IsNull())
    value_.Complain(fmt::format("{} is an object with keys, this is {}", what_, value_.node().Describe()));
}

std::optional<Value> ObjectReader::Find(std::string_view key) {
  known_.emplace_back(key);
  const Node* node = value_.node().Find(key);
  if (!node || node->IsNull()) return std::nullopt;
  return value_.Member(std::string(key), *node);
}

std::optional<Value> ObjectReader::Require(std::string_view key) {
  auto found = Find(key);
  if (!found && (is_object() || value_.node().IsNull()))
    value_.Complain(fmt::format("{} needs the key '{}'", what_, key));
  return found;
}

void ObjectReader::Text(std::string_view key, std::string& into) {
  if (auto value = Find(key))
    if (auto text = value->Text()) into = *text;
}

void ObjectReader::RequireText(std::string_view key, std::string& into) {
  auto value = Require(key);
  if (!value) return;
  if (auto text = value->Text()) into = *text;
  if (value->node().IsScalar() && into.empty()) value->Complain("must not be empty");
}

std::optional<std::pair<Value, int64_t>> ObjectReader::BoundedInteger(std::string_view key, int64_t min, int64_t max) {
  auto value = Find(key);
  if (!value) return std::nullopt;
  auto integer = value->Integer();
  if (!integer) return std::nullopt;
  if (*integer < min || *integer > max) {
    value->Complain(max >= INT32_MAX ? fmt::format("must be at least {}, not {}", min, *integer)
                                     : fmt::format("must be from {} to {}, not {}", min, max, *integer));
    return std::nullopt;
  }
  return std::pair(*value, *integer);
}

void ObjectReader::Integer(std::string_view key, int& into, int64_t min, int64_t max) {
  if (auto found = BoundedInteger(key, min, max)) into = static_cast<int>(found->second);
}

void ObjectReader::Integer(std::string_view key, std::optional<int64_t>& into, int64_t min) {
  if (auto found = BoundedInteger(key, min, INT64_MAX)) into = found->second;
}

void ObjectReader::Number(std::string_view key, double& into) {
  if (auto value = Find(key))
    if (auto number = value->Number()) into = *number;
}

void ObjectReader::Number(std::string_view key, std::optional<double>& into) {
  if (auto value = Find(key)) into = value->Number();
}

void ObjectReader::Boolean(std::string_view key, bool& into) {
  if (auto value = Find(key))
    if (auto boolean = value->Boolean()) into = *boolean;
}

void ObjectReader::Choice(std::string_view key, const std::vector<std::string>& choices, std::string& into) {
  if (auto value = Find(key))
    if (auto choice = value->Choice(choices)) into = *choice;
}

void ObjectReader::TextMap(std::string_view key, std::map<std::string, std::string>& into) {
  if (auto value = Find(key)) into = value->TextMap();
}

void ObjectReader::Ignore(std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) known_.emplace_back(key);
}

void ObjectReader::Refuse(std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys)
    if (auto value = Find(key))
      value->Complain(fmt::format("'{}' of {} is not supported yet", key, what_), Code::kUnimplemented);
}

std::vector<std::pair<std::string, Value>> ObjectReader::TakeRest() {
  accepts_rest_ = true;
  std::vector<std::pair<std::string, Value>> rest;
  for (const auto& [key, node] : value_.node().members)
    if (std::find(known_.begin(), known_.end(), key.text) == known_.end())
      rest.emplace_back(key.text, value_.Member(key.text, node));
  return rest;
}

void ObjectReader::Finish() {
  if (accepts_rest_) return;
  for (const auto& [key, node] : value_.node().members) {
    if (std::find(known_.begin(), known_.end(), key.text) != known_.end()) continue;
    const std::string path = value_.path().empty() ? key.text : value_.path() + "." + key.text;
    value_.complaints().Add(key.mark, path,
                            fmt::format("{} has no key '{}'{}", what_, key.text, DidYouMean(key.text, known_)));
  }
}

}  // namespace slipway::spec
