// Reads nodes into values and collects every complaint with its position and dotted path, so that a user sees all that
// is wrong with a file at once.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/spec/node.h"

namespace slipway::spec {

// What is wrong, in the order it was found.
class Complaints {
 public:
  // `path` is the dotted path of the value: "jobs.train.inputs.data".
  void Add(const Mark& mark, std::string_view path, std::string message, Code code = Code::kInvalidArgument);
  void Add(Error error) { errors_.push_back(std::move(error)); }
  bool empty() const { return errors_.empty(); }
  // The first complaint with the others in more(); call only when not empty.
  Error Take() &&;

 private:
  std::vector<Error> errors_;
};

// A node, its dotted path and where complaints about it go. A copyable view: nodes and complaints outlive it.
class Value {
 public:
  Value(const Node& node, std::string path, Complaints& complaints)
      : node_(&node), path_(std::move(path)), complaints_(&complaints) {}

  const Node& node() const { return *node_; }
  const std::string& path() const { return path_; }
  Complaints& complaints() const { return *complaints_; }
  void Complain(std::string message, Code code = Code::kInvalidArgument) const {
    complaints_->Add(node_->mark, path_, std::move(message), code);
  }

  // Each complains and gives nullopt when the value has another type. Numbers may be written as text, as the dialect
  // has it; text may be written as a number (`version: 1`) or boolean.
  std::optional<std::string> Text() const;
  std::optional<int64_t> Integer() const;
  std::optional<double> Number() const;
  std::optional<bool> Boolean() const;
  // One of `choices`, compared without case and with "-", "_" and camel case taken as equal; gives the choice's
  // spelling.
  std::optional<std::string> Choice(const std::vector<std::string>& choices) const;
  // A map from keys to scalars as text.
  std::map<std::string, std::string> TextMap() const;
  // A list of texts; a single text counts as a list of one.
  std::vector<std::string> TextList() const;
  std::vector<int> IntegerList() const;
  // Visits the members of an object, complaining (and visiting nothing) when it is something else. null is an empty
  // one.
  void ForEachMember(const std::function<void(const std::string& key, const Value& value)>& visit) const;
  void ForEachItem(const std::function<void(const Value& value)>& visit) const;

  Value Member(const std::string& key, const Node& node) const;

 private:
  const Node* node_;
  std::string path_;
  Complaints* complaints_;
};

// An object whose keys are known. Every key asked for is known; Finish() complains about the others, with the nearest
// known key.
class ObjectReader {
 public:
  // `what` names the object in complaints: "a pipeline job".
  ObjectReader(const Value& value, std::string what);

  bool is_object() const { return value_.node().IsMap(); }
  const Value& value() const { return value_; }

  // nullopt when the key is missing or null.
  std::optional<Value> Find(std::string_view key);
  // Complains when it is missing or null.
  std::optional<Value> Require(std::string_view key);
  bool Has(std::string_view key) const { return value_.node().Find(key) != nullptr; }

  void Text(std::string_view key, std::string& into);
  void RequireText(std::string_view key, std::string& into);
  void Integer(std::string_view key, int& into, int64_t min = INT32_MIN, int64_t max = INT32_MAX);
  void Integer(std::string_view key, std::optional<int64_t>& into, int64_t min);
  void Number(std::string_view key, double& into);
  void Number(std::string_view key, std::optional<double>& into);
  void Boolean(std::string_view key, bool& into);
  void Choice(std::string_view key, const std::vector<std::string>& choices, std::string& into);
  void TextMap(std::string_view key, std::map<std::string, std::string>& into);

  // Keys that are legal here and have no effect: read-only ones of printed objects, and Azure's own.
  void Ignore(std::initializer_list<std::string_view> keys);
  // Keys of the dialect that are refused by name.
  void Refuse(std::initializer_list<std::string_view> keys);
  // Unknown keys are legal from here on; gives those not asked for.
  std::vector<std::pair<std::string, Value>> TakeRest();

  void Finish();

 private:
  std::optional<std::pair<Value, int64_t>> BoundedInteger(std::string_view key, int64_t min, int64_t max);
  Value value_;
  std::string what_;
  std::vector<std::string> known_;
  bool accepts_rest_ = false;
};

}  // namespace slipway::spec
