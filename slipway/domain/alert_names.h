// Azure's names of what alert rules hold.
#pragma once

#include <string_view>

#include "slipway/domain/alert.h"

namespace slipway::domain {

// In the order of CompareOperator.
inline constexpr std::string_view kCompareOperatorNames[] = {"GreaterThan", "GreaterThanOrEqual", "LessThan",
                                                             "LessThanOrEqual", "Equals"};

inline std::string_view CompareOperatorName(CompareOperator compare) {
  return kCompareOperatorNames[static_cast<size_t>(compare)];
}

// The one of a rule's action properties that means something here.
inline constexpr const char* kMailSubjectProperty = "Email.Subject";

}  // namespace slipway::domain
