#include "slipway/cli/job/job_view.h"

#include <array>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/spec/print.h"
#include "slipway/wire/job.h"

namespace slipway::cli {
namespace {

// {"Studio": {"jobServiceType", "endpoint"}} with the dialect's key for the type.
Json PrintedServices(const Json& services) {
  Json printed = Json::object();
  for (const auto& service : services.items()) {
    Json& into = printed[service.key()];
    into["type"] = service.value().value("jobServiceType", service.key());
    if (service.value().contains("endpoint")) into["endpoint"] = service.value()["endpoint"];
  }
  return printed;
}

}  // namespace

Result<Json> PrintedJob(const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Job job, wire::JobFromArm(arm));
  Json printed = WithId(spec::ToJson(job), arm);
  const Json& properties = arm["properties"];
  if (properties.contains("services") && properties["services"].is_object())
    printed["services"] = PrintedServices(properties["services"]);
  if (properties.contains("properties") && properties["properties"].is_object())
    for (const auto& property : properties["properties"].items())
      printed["properties"][property.key()] = property.value();
  if (!job.best_child.empty()) printed["properties"]["best_child_run_id"] = job.best_child;
  return printed;
}

std::string MakeJobName() {
  static constexpr std::array kAdjectives = {"amber",  "bold",   "calm",  "clever", "crimson", "eager",
                                             "gentle", "honest", "keen",  "loyal",  "mellow",  "nimble",
                                             "olive",  "plucky", "quiet", "sunny"};
  static constexpr std::array kNouns = {"anchor", "basin", "beacon", "canal",  "crane", "dock",  "ferry", "harbor",
                                        "keel",   "mast",  "pier",   "rudder", "sail",  "shore", "tide",  "wharf"};
  const std::string random = RandomHex(8);
  SplitMix64 pick(static_cast<uint64_t>(std::stoull(random.substr(0, 12), nullptr, 16)));
  return fmt::format("{}_{}_{}", kAdjectives[pick.NextBelow(kAdjectives.size())], kNouns[pick.NextBelow(kNouns.size())],
                     random.substr(0, 10));
}

}  // namespace slipway::cli
