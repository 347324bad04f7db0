#include "slipway/api/audit_routes.h"

#include <memory>

#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/paging.h"
#include "slipway/api/routes.h"
#include "slipway/wire/audit.h"

namespace slipway::api {
namespace {

using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

class AuditFace {
 public:
  explicit AuditFace(domain::AuditLog& audit) : audit_(audit) {}

  Result<Response> List(const Request& request, const PathParameters&) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(request));
    domain::AuditFilter filter;
    filter.action = request.Parameter("action").value_or("");
    filter.subject = request.Parameter("subject").value_or("");
    filter.scope = request.Parameter("scope").value_or("");
    filter.limit = page.size;
    SLIPWAY_ASSIGN_OR_RETURN(const auto entries, audit_.List(filter));
    json values = json::array();
    for (const auto& entry : entries) values.push_back(wire::AuditEntryToJson(entry));
    return ListAnswer(std::move(values));
  }

  Result<Response> Verify(const Request&, const PathParameters&) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto report, audit_.Verify());
    json answer = {{"entries", report.entries}, {"head", report.head}, {"isIntact", !report.first_broken}};
    if (report.first_broken) {
      answer["firstBroken"] = *report.first_broken;
      answer["problem"] = report.problem;
    }
    return JsonAnswer(200, answer);
  }

 private:
  domain::AuditLog& audit_;
};

}  // namespace

void MountAudit(net::Router& router, domain::AuditLog& audit) {
  Routes<AuditFace> routes(router, std::make_shared<const AuditFace>(audit));
  routes.Add("GET", "/slipway/audit", &AuditFace::List);
  routes.Add("GET", "/slipway/audit/verify", &AuditFace::Verify);
}

}  // namespace slipway::api
