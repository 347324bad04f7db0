#include "slipway/spec/workflow/values.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "slipway/base/text.h"

namespace slipway::spec::workflow {
namespace {

namespace wf = expressions::workflow;

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

Result<wf::Value> EvaluateScalar(const Node& node, const wf::Scope& scope) {
  if (!wf::HasExpression(node.text)) return ScalarValue(node);
  const auto parsed = wf::Template::Parse(node.text, wf::AllowEverything());
  auto value = parsed ? parsed->Evaluate(scope) : Result<wf::Value>(parsed.error());
  if (!value) return std::move(value.error()).At(node.mark.Position());
  return value;
}

}  // namespace

wf::Value ScalarValue(const Node& node) {
  if (node.IsNull()) return {};
  if (node.quoted) return node.text;
  if (IsOneOf(node.text, {"", "~", "null", "Null", "NULL"})) return {};
  if (IsOneOf(node.text, {"true", "True", "TRUE"})) return true;
  if (IsOneOf(node.text, {"false", "False", "FALSE"})) return false;
  if (IsOneOf(node.text, {".nan", ".NaN", ".NAN"})) return std::nan("");
  if (IsOneOf(node.text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) return HUGE_VAL;
  if (IsOneOf(node.text, {"-.inf", "-.Inf", "-.INF"})) return -HUGE_VAL;
  const bool is_number_like = node.text.find_first_not_of("0123456789abcdefxoABCDEF+-.") == std::string::npos;
  if (!is_number_like) return node.text;
  const double number = wf::ParseNumber(node.text);
  if (std::isnan(number)) return node.text;
  return number;
}

Result<wf::Value> Evaluate(const Node& node, const wf::Scope& scope) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return wf::Value();
    case Node::Kind::kScalar:
      return EvaluateScalar(node, scope);
    case Node::Kind::kSequence: {
      wf::Array array;
      for (const Node& item : node.items) {
        SLIPWAY_ASSIGN_OR_RETURN(wf::Value value, Evaluate(item, scope));
        array.push_back(std::move(value));
      }
      return wf::Value::Of(std::move(array));
    }
    case Node::Kind::kMap:
      break;
  }
  wf::Object object;
  for (const auto& [key, member] : node.members) {
    SLIPWAY_ASSIGN_OR_RETURN(wf::Value value, Evaluate(member, scope));
    std::string name = key.text;
    if (wf::HasExpression(name)) {
      const Node text{.kind = Node::Kind::kScalar, .text = name, .quoted = true, .mark = key.mark};
      SLIPWAY_ASSIGN_OR_RETURN(const wf::Value evaluated, EvaluateScalar(text, scope));
      name = evaluated.ToText();
    }
    object.members.emplace_back(std::move(name), std::move(value));
  }
  return wf::Value::Of(std::move(object));
}

}  // namespace slipway::spec::workflow
