#include "slipway/wire/promotion.h"

#include <fmt/format.h>

#include "slipway/wire/job_parts.h"
#include "slipway/wire/json_view.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {

using nlohmann::json;

json PromotionToJson(const domain::Promotion& promotion) {
  json result = {{"name", promotion.name},
                 {"model", promotion.model},
                 {"version", promotion.version},
                 {"from",
                  {{"subscription", promotion.from.subscription},
                   {"resourceGroup", promotion.from.resource_group},
                   {"workspace", promotion.from.workspace}}},
                 {"registry", promotion.registry},
                 {"status", domain::PromotionStatusName(promotion.status)},
                 {"requestedBy", promotion.requested_by},
                 {"requestedAt", FormatTimestamp(promotion.requested_at)},
                 {"evidence", json::parse(promotion.evidence, nullptr, false)}};
  if (result["evidence"].is_discarded()) result["evidence"] = nullptr;
  PutText(result, "environment", promotion.gate);
  PutText(result, "decidedBy", promotion.decided_by);
  PutText(result, "comment", promotion.comment);
  PutText(result, "previousVersion", promotion.previous_version);
  PutTime(result, "decidedAt", promotion.decided_at);
  PutTime(result, "endedAt", promotion.ended_at);
  return result;
}

Result<domain::Promotion> PromotionFromJson(const json& document) {
  std::vector<Error> errors;
  const JsonView view(document, "", errors);
  domain::Promotion promotion;
  promotion.name = view.Text("name");
  promotion.model = view.Text("model");
  promotion.version = view.Text("version");
  if (const auto from = view.Find("from"); from && from->CheckObject())
    promotion.from = {from->Text("subscription"), from->Text("resourceGroup"), from->Text("workspace")};
  promotion.registry = view.Text("registry");
  promotion.gate = view.Text("environment");
  const std::string status = view.Text("status", "Waiting");
  if (const auto parsed = domain::ParsePromotionStatus(status))
    promotion.status = *parsed;
  else
    view.Complain(fmt::format("'{}' is no status of a promotion", status));
  promotion.requested_by = view.Text("requestedBy");
  promotion.decided_by = view.Text("decidedBy");
  promotion.comment = view.Text("comment");
  promotion.previous_version = view.Text("previousVersion");
  if (const auto evidence = view.Find("evidence")) promotion.evidence = evidence->value().dump();
  promotion.requested_at = ReadTime(view, "requestedAt").value_or(Timestamp{});
  promotion.decided_at = ReadTime(view, "decidedAt");
  promotion.ended_at = ReadTime(view, "endedAt");
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return promotion;
}

}  // namespace slipway::wire
