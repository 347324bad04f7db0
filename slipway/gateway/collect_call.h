// Hands calls to the data collector of the deployment that answered them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/gateway/call.h"
#include "slipway/gateway/worker_protocol.h"
#include "slipway/net/exchange.h"
#include "slipway/tabular/call_rows.h"

namespace slipway::gateway {

// Nothing where the deployment collects nothing. Copies what it keeps: to be called before the answer is sent.
void CollectCall(const net::RequestView& request, const Call& call, const CallAnswer& answer,
                 tabular::BodyForm form = tabular::BodyForm::kJson);

// The same for a copy that a shadow deployment answered. `request`: as a worker would get it.
void CollectMirrored(const LiveDeployment& deployment, const WorkerRequest& request, std::string_view answer,
                     int status, tabular::BodyForm form = tabular::BodyForm::kJson);

tabular::BodyForm BodyFormOf(ModelRuntime::Protocol protocol);

// The fields of header lines ("Name: value\r\n"); views into them.
std::vector<net::HeaderView> FieldsOf(std::string_view header_block);

}  // namespace slipway::gateway
