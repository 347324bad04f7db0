// YAML values that know where they stand, for the MLTable reader.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "slipway/base/result.h"

namespace slipway::tabular {

// A node and the file it came from. Copies share the node.
class YamlValue {
 public:
  // Reads a document; the errors of the parser carry their position.
  static Result<YamlValue> Parse(const std::string& text, const std::string& file);
  YamlValue(YAML::Node node, std::string file) : node_(std::move(node)), file_(std::move(file)) {}
  // No value, standing where this one stands.
  YamlValue NothingHere() const;

  bool is_map() const { return node_.IsMap(); }
  bool is_list() const { return node_.IsSequence(); }
  bool is_scalar() const { return node_.IsScalar(); }
  bool is_null() const { return node_.IsNull(); }

  // Each fails with kInvalidArgument at this value when it is something else; `what` names it there.
  Result<std::string> Text(std::string_view what) const;
  Result<bool> Boolean(std::string_view what) const;
  Result<int64_t> Integer(std::string_view what, int64_t min) const;
  Result<double> Number(std::string_view what) const;
  // A list of texts; a single text is a list of one.
  Result<std::vector<std::string>> Texts(std::string_view what) const;
  Result<std::vector<YamlValue>> Items(std::string_view what) const;

  struct Member {
    std::string key;
    SourcePosition key_position;
    std::vector<YamlValue> value;  // exactly one; a list because the class is not complete here
    const YamlValue& operator*() const { return value.front(); }
    const YamlValue* operator->() const { return &value.front(); }
  };
  // The members in order. With `known` keys another one is refused, with the nearest of them.
  Result<std::vector<Member>> Members(std::string_view what, std::initializer_list<std::string_view> known = {}) const;

  Error Complain(std::string message) const { return InvalidArgument(std::move(message)).At(position()); }
  Error NotSupported(std::string_view what) const;
  SourcePosition position() const;

 private:
  YAML::Node node_;
  std::string file_;
  std::optional<SourcePosition> place_;  // of a value that is not in the document
};

}  // namespace slipway::tabular
