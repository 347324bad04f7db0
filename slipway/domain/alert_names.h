// Azure's names of what alert rules hold.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "slipway/domain/alert.h"

namespace slipway::domain {

// In the order of CompareOperator.
inline constexpr std::string_view kCompareOperatorNames[] = {"GreaterThan", "GreaterThanOrEqual", "LessThan",
                                                             "LessThanOrEqual", "Equals"};

inline std::string_view CompareOperatorName(CompareOperator compare) {
  return kCompareOperatorNames[static_cast<size_t>(compare)];
}

// A combination of dimensions for people: "deployment=blue, statusCode=500"; "" without any.
inline std::string CombinationText(const std::map<std::string, std::string>& dimensions) {
  std::string text;
  for (const auto& [name, value] : dimensions) text += (text.empty() ? "" : ", ") + name + "=" + value;
  return text;
}

// The one of a rule's action properties that means something here.
inline constexpr const char* kMailSubjectProperty = "Email.Subject";

}  // namespace slipway::domain
