#include "slipway/expressions/jmespath.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/expressions/jmespath_ast.h"

namespace slipway::expressions {
namespace jmespath {
namespace {

using Kind = Node::Kind;

// What a projection does to each element; null results are dropped.
Result<Json> Project(const Json& items, const Node& right, const Node* condition) {
  Json results = Json::array();
  for (const Json& item : items) {
    if (condition) {
      SLIPWAY_ASSIGN_OR_RETURN(const Json chosen, Evaluate(*condition, item));
      if (!IsTrue(chosen)) continue;
    }
    SLIPWAY_ASSIGN_OR_RETURN(Json result, Evaluate(right, item));
    if (!result.is_null()) results.push_back(std::move(result));
  }
  return results;
}

Result<Json> EvaluateProjection(const Node& node, const Json& value) {
  SLIPWAY_ASSIGN_OR_RETURN(const Json base, Evaluate(*node.children[0], value));
  const bool wants_object = node.kind == Kind::kValueProjection;
  if (wants_object ? !base.is_object() : !base.is_array()) return Json(nullptr);
  return Project(base, *node.children[1], node.kind == Kind::kFilterProjection ? node.children[2].get() : nullptr);
}

Json FlattenOnce(const Json& base) {
  if (!base.is_array()) return nullptr;
  Json merged = Json::array();
  for (const Json& item : base) {
    if (item.is_array())
      for (const Json& inner : item) merged.push_back(inner);
    else
      merged.push_back(item);
  }
  return merged;
}

Json At(const Json& value, int64_t index) {
  if (!value.is_array()) return nullptr;
  const auto size = static_cast<int64_t>(value.size());
  if (index < 0) index += size;
  return index < 0 || index >= size ? Json(nullptr) : value[static_cast<size_t>(index)];
}

// Python's slice rules.
Result<Json> Slice(const Json& value, const std::optional<int64_t> (&parts)[3]) {
  if (!value.is_array()) return Json(nullptr);
  const int64_t step = parts[2].value_or(1);
  if (step == 0) return InvalidArgument("the step of a slice cannot be 0");
  const auto size = static_cast<int64_t>(value.size());
  const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  const auto bound = [&](const std::optional<int64_t>& part, int64_t otherwise) {
    if (!part) return otherwise;
    return std::clamp(*part < 0 ? *part + size : *part, low, high);
  };
  const int64_t start = bound(parts[0], step > 0 ? 0 : size - 1), stop = bound(parts[1], step > 0 ? size : -1);
  Json result = Json::array();
  for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step) result.push_back(value[static_cast<size_t>(i)]);
  return result;
}

Json Compare(TokenType comparison, const Json& left, const Json& right) {
  if (comparison == TokenType::kEqual) return AreEqual(left, right);
  if (comparison == TokenType::kNotEqual) return !AreEqual(left, right);
  const bool is_ordered = (left.is_number() && right.is_number()) || (left.is_string() && right.is_string());
  if (!is_ordered) return nullptr;
  switch (comparison) {
    case TokenType::kLess:
      return left < right;
    case TokenType::kLessOrEqual:
      return left <= right;
    case TokenType::kGreater:
      return left > right;
    default:
      return left >= right;
  }
}

Result<Json> EvaluateMulti(const Node& node, const Json& value) {
  if (value.is_null()) return Json(nullptr);
  Json result = node.kind == Kind::kMultiList ? Json::array() : Json::object();
  for (size_t i = 0; i < node.children.size(); ++i) {
    SLIPWAY_ASSIGN_OR_RETURN(Json member, Evaluate(*node.children[i], value));
    if (node.kind == Kind::kMultiList)
      result.push_back(std::move(member));
    else
      result[node.keys[i]] = std::move(member);
  }
  return result;
}

Result<Json> EvaluateFunction(const Node& node, const Json& value) {
  std::vector<Argument> arguments;
  for (const NodePointer& child : node.children) {
    if (child->kind == Kind::kExpref) {
      arguments.push_back({nullptr, child->children[0].get()});
      continue;
    }
    SLIPWAY_ASSIGN_OR_RETURN(Json argument, Evaluate(*child, value));
    arguments.push_back({std::move(argument), nullptr});
  }
  return CallFunction(node.text, std::move(arguments));
}

Result<Json> EvaluateLogic(const Node& node, const Json& value) {
  SLIPWAY_ASSIGN_OR_RETURN(Json left, Evaluate(*node.children[0], value));
  if (node.kind == Kind::kNot) return Json(!IsTrue(left));
  if (node.kind == Kind::kCompare) {
    SLIPWAY_ASSIGN_OR_RETURN(const Json right, Evaluate(*node.children[1], value));
    return Compare(node.comparison, left, right);
  }
  if (IsTrue(left) == (node.kind == Kind::kOr)) return left;
  return Evaluate(*node.children[1], value);
}

Result<Json> EvaluateChain(const Node& node, const Json& value) {
  SLIPWAY_ASSIGN_OR_RETURN(Json result, Evaluate(*node.children[0], value));
  for (size_t i = 1; i < node.children.size(); ++i) {
    SLIPWAY_ASSIGN_OR_RETURN(result, Evaluate(*node.children[i], result));
  }
  return result;
}

}  // namespace

bool IsTrue(const Json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.is_structured() || !value.empty();
}

bool AreEqual(const Json& a, const Json& b) {
  if (a.is_object() && b.is_object()) {
    if (a.size() != b.size()) return false;
    for (const auto& member : a.items()) {
      auto other = b.find(member.key());
      if (other == b.end() || !AreEqual(member.value(), *other)) return false;
    }
    return true;
  }
  if (a.is_array() && b.is_array()) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i)
      if (!AreEqual(a[i], b[i])) return false;
    return true;
  }
  return a == b;
}

Result<Json> Evaluate(const Node& node, const Json& value) {
  switch (node.kind) {
    case Kind::kIdentity:
      return value;
    case Kind::kField: {
      if (!value.is_object()) return Json(nullptr);
      auto found = value.find(node.text);
      return found == value.end() ? Json(nullptr) : *found;
    }
    case Kind::kLiteral:
      return node.literal;
    case Kind::kIndex:
      return At(value, node.number);
    case Kind::kSlice:
      return Slice(value, node.slice);
    case Kind::kChain:
      return EvaluateChain(node, value);
    case Kind::kProjection:
    case Kind::kValueProjection:
    case Kind::kFilterProjection:
      return EvaluateProjection(node, value);
    case Kind::kFlatten: {
      SLIPWAY_ASSIGN_OR_RETURN(const Json base, Evaluate(*node.children[0], value));
      return FlattenOnce(base);
    }
    case Kind::kMultiList:
    case Kind::kMultiHash:
      return EvaluateMulti(node, value);
    case Kind::kOr:
    case Kind::kAnd:
    case Kind::kNot:
    case Kind::kCompare:
      return EvaluateLogic(node, value);
    case Kind::kFunction:
      return EvaluateFunction(node, value);
    case Kind::kExpref:
      break;
  }
  return InvalidArgument("'&' makes sense for an argument of a function only");
}

}  // namespace jmespath

Result<Jmespath> Jmespath::Compile(std::string_view expression) {
  constexpr size_t kBytesMax = 64 << 10;
  if (expression.size() > kBytesMax)
    return InvalidArgument(fmt::format("the expression is longer than {} bytes", kBytesMax));
  SLIPWAY_ASSIGN_OR_RETURN(auto root, jmespath::Parse(expression));
  return Jmespath(std::move(root));
}

Result<nlohmann::ordered_json> Jmespath::Evaluate(const nlohmann::ordered_json& document) const {
  return jmespath::Evaluate(*root_, document);
}

}  // namespace slipway::expressions
