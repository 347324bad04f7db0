// Long-running operations as ARM has them: the address in an answer's Azure-AsyncOperation or Location header tells all
// there is to know, so that operations outlive the server and need no table. For this room's own files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slipway/domain/common.h"
#include "slipway/net/http.h"

namespace slipway::api {

struct Operation {
  enum class Kind {
    kPutEndpoint,
    kPutDeployment,  // over once `revision` has settled
    kDelete,         // this and the next are over when they are answered
    kRegenerateKey
  };
  Kind kind = Kind::kDelete;
  domain::Scope scope;
  std::string endpoint;
  std::string deployment;  // kPutDeployment
  int revision = 0;        // kPutDeployment
};

// "deployment:<resource group>:<workspace>:<endpoint>:<deployment>:<revision>", each part percent-encoded; the
// subscription stands elsewhere in the address.
std::string OperationId(const Operation& operation);
// nullopt for a text that is no id.
std::optional<Operation> ParseOperationId(std::string_view subscription, std::string_view decoded_id);

// Absolute addresses below `server` ("https://localhost:7301"): the status document's, and the result's.
std::string StatusUrl(const std::string& server, const Operation& operation);
std::string ResultUrl(const std::string& server, const Operation& operation);

// Sets Azure-AsyncOperation, and for answers whose result is asked for elsewhere (all but those to PUT) Location.
enum class ResultAt { kResource, kLocation };
void SetOperationHeaders(net::Response& response, const std::string& server, const Operation& operation, ResultAt at);

}  // namespace slipway::api
