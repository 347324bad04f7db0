// Data collection rules: ARM resources that the Logs Ingestion API goes by.
//
//   {S}/providers/Microsoft.Insights/dataCollectionRules[/{name}]     PUT, GET, DELETE; list by group and subscription
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/api/logs/mount.h"

namespace slipway::api {

// What a rule says of one stream.
struct StreamTarget {
  std::string workspace_id;
  std::string table;
  std::vector<logstore::ResultColumn> columns;  // declared
};

// kNotFound names the streams there are.
Result<StreamTarget> TargetOf(const logstore::CollectionRule& rule, const std::string& stream);

void MountRules(net::Router& router, const LogsDependencies& dependencies);

}  // namespace slipway::api
