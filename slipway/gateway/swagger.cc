#include "slipway/gateway/swagger.h"

#include <nlohmann/json.hpp>

namespace slipway::gateway {
namespace {

using Json = nlohmann::json;

Json Operation(const char* id, Json parameters, Json responses) {
  return {{"operationId", id}, {"parameters", std::move(parameters)}, {"responses", std::move(responses)}};
}

Json ScoreOperation() {
  const Json parameters = Json::array(
      {{{"in", "body"}, {"name", "serviceInputPayload"}, {"schema", {{"$ref", "#/definitions/ServiceInput"}}}}});
  const Json responses = {
      {"200", {{"description", "The model's answer"}, {"schema", {{"$ref", "#/definitions/ServiceOutput"}}}}},
      {"default", {{"description", "The error"}, {"schema", {{"$ref", "#/definitions/ErrorResponse"}}}}}};
  return Operation("RunMLService", parameters, responses);
}

}  // namespace

std::string SwaggerDocument(const LiveDeployment& deployment) {
  const Json any_object = {{"type", "object"}, {"example", Json::object()}};
  const Json answered = {{"200", {{"description", "OK"}}}};
  const Json document = {
      {"swagger", "2.0"},
      {"info",
       {{"title", "ML service"},
        {"description", "API of the deployment " + deployment.wanted.name},
        {"version", "1.0"}}},
      {"schemes", {"https"}},
      {"consumes", {"application/json"}},
      {"produces", {"application/json"}},
      {"securityDefinitions", {{"Bearer", {{"type", "apiKey"}, {"name", "Authorization"}, {"in", "header"}}}}},
      {"security", Json::array({{{"Bearer", Json::array()}}})},
      {"paths",
       {{"/", {{"get", Operation("ServiceHealthCheck", Json::array(), answered)}}},
        {"/score", {{"post", ScoreOperation()}}},
        {"/swagger.json", {{"get", Operation("GetSwaggerSpec", Json::array(), answered)}}}}},
      {"definitions",
       {{"ServiceInput", any_object},
        {"ServiceOutput", any_object},
        {"ErrorResponse", {{"type", "object"}, {"properties", {{"message", {{"type", "string"}}}}}}}}}};
  return document.dump();
}

}  // namespace slipway::gateway
