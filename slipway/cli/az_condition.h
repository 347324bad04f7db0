// The conditions of alert rules as `az monitor metrics alert` and `az monitor scheduled-query` take them on the command
// line, small languages of their own:
//
//   {avg,min,max,total,count} [NAMESPACE.]METRIC {=,>,>=,<,<=} THRESHOLD [where …] [with skipmetricvalidation]
//   {avg,min,max,total,count} ["COLUMN" from] "QUERY" {=,>,>=,<,<=} THRESHOLD [resource id COLUMN] [where …]
//       [at least M violations out of N aggregated points]
//
// where: "where DIMENSION {includes,excludes} VALUE [or VALUE …] [and DIMENSION …]". QUERY is a placeholder, whose
// query stands in --condition-query. Errors are kInvalidArgument with a caret below the word.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/alert.h"

namespace slipway::cli {

Result<domain::AlertCondition> ParseMetricCondition(const std::string& text);

struct LogCondition {
  domain::AlertCondition condition;  // its `query` is the placeholder
  int evaluation_periods = 1, failing_periods = 1;
};
Result<LogCondition> ParseLogCondition(const std::string& text);

// The words of --condition, which may be given more than once and unquoted, one text a condition.
std::vector<std::string> ConditionTexts(const std::vector<std::string>& words);

}  // namespace slipway::cli
