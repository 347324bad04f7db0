#include "slipway/gateway/collect_call.h"

#include "slipway/base/text.h"
#include "slipway/gateway/data_plane.h"

namespace slipway::gateway {

void CollectCall(const net::RequestView& request, const Call& call, const CallAnswer& answer, tabular::BodyForm form) {
  if (!call.deployment || !call.deployment->collector) return;
  const Address address = AddressOf(request.path(), request.Find("Host"));
  call.deployment->collector->TakeCall({request.method, address.route, call.ids.request, request.headers, request.body,
                                        answer.body, form,
                                        answer.model_status != 0 ? answer.model_status : answer.status});
}

void CollectMirrored(const LiveDeployment& deployment, const WorkerRequest& request, std::string_view answer,
                     int status, tabular::BodyForm form) {
  if (!deployment.collector) return;
  const std::vector<net::HeaderView> fields = FieldsOf(request.header_block);
  std::string_view id;
  for (const net::HeaderView& field : fields) {
    if (EqualsIgnoreCase(field.name, "x-request-id")) id = field.value;
  }
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  deployment.collector->TakeCall({request.method, path, id, fields, request.body, answer, form, status});
}

tabular::BodyForm BodyFormOf(ModelRuntime::Protocol protocol) {
  switch (protocol) {
    case ModelRuntime::Protocol::kMlflow:
      return tabular::BodyForm::kJson;
    case ModelRuntime::Protocol::kMlflowCsv:
      return tabular::BodyForm::kCsv;
    case ModelRuntime::Protocol::kTensors:
      return tabular::BodyForm::kTensors;
  }
  return tabular::BodyForm::kJson;
}

std::vector<net::HeaderView> FieldsOf(std::string_view header_block) {
  std::vector<net::HeaderView> fields;
  for (const std::string_view line : Split(header_block, '\n')) {
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos) fields.push_back({line.substr(0, colon), Trim(line.substr(colon + 1))});
  }
  return fields;
}

}  // namespace slipway::gateway
