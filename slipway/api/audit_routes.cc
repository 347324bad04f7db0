#include "slipway/api/audit_routes.h"

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/paging.h"
#include "slipway/api/routes.h"
#include "slipway/wire/audit.h"
#include "slipway/wire/json_view.h"

namespace slipway::api {
namespace {

using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

class AuditFace {
 public:
  AuditFace(domain::AuditLog& audit, const Clock& clock) : audit_(audit), clock_(clock) {}

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

  Result<Response> RecordComparison(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    std::vector<Error> errors;
    const wire::JsonView view(body, "", errors);
    domain::AuditEntry entry;
    entry.time = clock_.Now();
    entry.action = "model.compare";
    entry.actor = "job:" + view.RequireText("job");
    entry.scope = ScopeOf(parameters).ArmId();
    entry.subject = view.RequireText("model");
    entry.reason = view.RequireText("reason");
    entry.evidence = view.TextMap("evidence");
    SLIPWAY_RETURN_IF_ERROR(wire::StatusOf(std::move(errors)));
    SLIPWAY_ASSIGN_OR_RETURN(entry, audit_.Record(std::move(entry)));
    return JsonAnswer(201, wire::AuditEntryToJson(entry));
  }

 private:
  domain::AuditLog& audit_;
  const Clock& clock_;
};

}  // namespace

void MountAudit(net::Router& router, domain::AuditLog& audit, const Clock& clock) {
  Routes<AuditFace> routes(router, std::make_shared<const AuditFace>(audit, clock));
  routes.Add("GET", "/slipway/audit", &AuditFace::List);
  routes.Add("GET", "/slipway/audit/verify", &AuditFace::Verify);
  routes.Add("POST", std::string(kWorkspacePattern) + "/comparisons", &AuditFace::RecordComparison);
}

}  // namespace slipway::api
