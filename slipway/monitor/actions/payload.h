// What receivers are told: Azure Monitor's common alert schema (azureMonitorCommonAlertSchema 1.0), the older log alert
// shape for receivers that do not want it, and a text for people.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "slipway/domain/alert.h"

namespace slipway::monitor {

// One firing or resolution as it is told.
struct Notice {
  domain::Scope scope;
  domain::AlertRule rule;
  domain::AlertEvent event;
  bool is_resolution = false;

  const char* condition() const { return is_resolution ? "Resolved" : "Fired"; }
};

nlohmann::json CommonAlert(const Notice& notice);
// schemaId "Microsoft.Insights/LogAlert"; without the query's rows.
nlohmann::json LegacyLogAlert(const Notice& notice);

std::string MailSubject(const Notice& notice);
std::string MailText(const Notice& notice);

}  // namespace slipway::monitor
