#include "slipway/spec/node.h"

#include "slipway/base/text.h"

namespace slipway::spec {

SourcePosition Mark::Position() const {
  return {source ? source->name : std::string(), line, column};
}

const Node* Node::Find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name.text == key) return &value;
  return nullptr;
}

Node* Node::Find(std::string_view key) {
  return const_cast<Node*>(std::as_const(*this).Find(key));
}

std::string_view Node::Describe() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kSequence:
      return "a list";
    case Kind::kMap:
      return "an object";
    case Kind::kScalar:
      break;
  }
  if (quoted) return "text";
  if (EqualsIgnoreCase(text, "true") || EqualsIgnoreCase(text, "false")) return "a boolean";
  return ParseDouble(text) ? "a number" : "text";
}

}  // namespace slipway::spec
