#include "slipway/api/health.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"

namespace slipway::api {
namespace {

using nlohmann::json;

constexpr uintmax_t kLowBytes = 1ULL << 30;

HealthCheck DiskCheck(const std::filesystem::path& home) {
  std::error_code failed;
  const auto space = std::filesystem::space(home, failed);
  if (failed) return {"disk", false, fmt::format("'{}': {}", home.string(), failed.message())};
  return {"disk", space.available > kLowBytes, fmt::format("{} MB free at '{}'", space.available >> 20, home.string())};
}

}  // namespace

void MountHealth(net::Router& router, HealthDependencies dependencies) {
  const json health = {{"status", "ok"}, {"version", dependencies.version}, {"home", dependencies.home.string()}};
  router.Add("GET", "/healthz",
             [health](const net::Request&, const net::PathParameters&) { return JsonAnswer(200, health); });
  router.Add("GET", "/slipway/doctor", [dependencies](const net::Request&, const net::PathParameters&) {
    std::vector<HealthCheck> checks = {DiskCheck(dependencies.home)};
    for (HealthCheck& check : dependencies.checks()) checks.push_back(std::move(check));
    json list = json::array();
    for (const HealthCheck& check : checks) {
      list.push_back({{"name", check.name}, {"ok", check.is_good}, {"detail", check.detail}});
    }
    return JsonAnswer(200, {{"checks", std::move(list)}});
  });
}

}  // namespace slipway::api
