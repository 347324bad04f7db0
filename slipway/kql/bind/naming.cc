#include "slipway/kql/bind/naming.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/bind/functions.h"

namespace slipway::kql::bind {

using tree::Expression;
using tree::ExpressionKind;

namespace {

std::optional<Naming> NamingOf(const std::string& function, std::string& prefix) {
  if (function == "bin" || function == "floor" || function == "bin_at" || function == "column_ifexists")
    return Naming::kFirstArgument;
  if (function == "array_sort_asc" || function == "array_sort_desc") {
    prefix = "sorted";
    return Naming::kSuffixed;
  }
  const auto forms = FindFunctions(function);
  if (forms.empty()) return std::nullopt;
  prefix = forms[0]->prefix;
  return forms[0]->naming;
}

std::optional<std::string> NameOfIndex(const Expression& expression) {
  const auto object = DerivedName(*expression.children[0]);
  if (!object) return std::nullopt;
  const Expression& index = *expression.children[1];
  if (index.kind != ExpressionKind::kConstant) return *object + "_";
  if (const auto* text = std::get_if<std::string>(&index.constant.value)) return fmt::format("{}_{}", *object, *text);
  if (const auto* number = std::get_if<int64_t>(&index.constant.value)) return fmt::format("{}_{}", *object, *number);
  return *object + "_";
}

// A number as a name holds it: "99_9".
std::string NumberInName(const Expression& expression) {
  if (expression.kind != ExpressionKind::kConstant) return "";
  if (const auto* number = std::get_if<int64_t>(&expression.constant.value)) return std::to_string(*number);
  if (const auto* real = std::get_if<double>(&expression.constant.value))
    return ReplaceAll(FormatDouble(*real), ".", "_");
  return "";
}

}  // namespace

std::optional<std::string> DerivedName(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kName:
      return expression.text;
    case ExpressionKind::kMember: {
      const auto object = DerivedName(*expression.children[0]);
      if (!object) return std::nullopt;
      return fmt::format("{}_{}", *object, expression.text);
    }
    case ExpressionKind::kIndex:
      return NameOfIndex(expression);
    case ExpressionKind::kCall: {
      if (expression.children.empty()) return std::nullopt;
      std::string prefix;
      const auto naming = NamingOf(expression.text, prefix);
      if (!naming || *naming == Naming::kNumbered) return std::nullopt;
      const auto first = DerivedName(*expression.children[0]);
      if (!first) return std::nullopt;
      if (*naming == Naming::kSuffixed) return fmt::format("{}_{}", *first, prefix);
      return *naming == Naming::kPrefixed ? fmt::format("{}_{}", prefix, *first) : *first;
    }
    default:
      return std::nullopt;
  }
}

std::string AggregateName(const Expression& call) {
  const AggregateRow* row = FindAggregate(call.text);
  const auto argument = call.children.empty() ? std::nullopt : DerivedName(*call.children[0]);
  if (row->prefix.empty()) return argument.value_or("any_");
  if (row->parameters.empty()) return fmt::format("{}_", row->prefix);
  std::string name = fmt::format("{}_{}", row->prefix, argument.value_or(""));
  if (row->operation == "percentile" && call.children.size() > 1) name += "_" + NumberInName(*call.children[1]);
  if (row->operation == "percentilew" && call.children.size() > 2) name += "_" + NumberInName(*call.children[2]);
  if (row->operation.starts_with("covariance") && call.children.size() > 1)
    name += "_" + DerivedName(*call.children[1]).value_or("");
  return name;
}

const Expression* NamingAggregate(const Expression& expression) {
  if (expression.kind != ExpressionKind::kCall) return nullptr;
  if (FindAggregate(expression.text) != nullptr && FindFunctions(expression.text).empty()) return &expression;
  std::string prefix;
  if (expression.children.empty() || NamingOf(expression.text, prefix) != Naming::kFirstArgument) return nullptr;
  return NamingAggregate(*expression.children[0]);
}

bool NameList::Has(const std::string& name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

bool NameList::AddExplicit(const std::string& name) {
  if (Has(name)) return false;
  names_.push_back(name);
  return true;
}

std::string NameList::AddGenerated(const std::string& name) {
  std::string free = name;
  for (int suffix = 1; Has(free); ++suffix) free = fmt::format("{}{}", name, suffix);
  names_.push_back(free);
  return free;
}

std::string NameList::AddNumbered() {
  return AddGenerated(fmt::format("Column{}", ++numbered_));
}

}  // namespace slipway::kql::bind
