#include "slipway/gateway/swagger.h"

#include <nlohmann/json.hpp>

#include "slipway/model/signature.h"
#include "slipway/scoring/compiled_model.h"

namespace slipway::gateway {
namespace {

using Json = nlohmann::json;
using model::DataType;

struct TypeSchema {
  Json schema;
  Json example;
};

TypeSchema SchemaOf(DataType type) {
  switch (type) {
    case DataType::kBoolean:
      return {{{"type", "boolean"}}, true};
    case DataType::kInteger:
      return {{{"type", "integer"}, {"format", "int32"}}, 0};
    case DataType::kLong:
      return {{{"type", "integer"}, {"format", "int64"}}, 0};
    case DataType::kFloat:
      return {{{"type", "number"}, {"format", "float"}}, 0.0};
    case DataType::kDouble:
      return {{{"type", "number"}, {"format", "double"}}, 0.0};
    case DataType::kString:
      return {{{"type", "string"}}, "text"};
    case DataType::kBinary:
      return {{{"type", "string"}, {"format", "binary"}}, ""};
    case DataType::kDatetime:
      return {{{"type", "string"}, {"format", "date-time"}}, "2000-01-01T00:00:00Z"};
  }
  return {};
}

Json AnyObject() {
  return {{"type", "object"}, {"example", Json::object()}};
}

// {"data": [{column: value, …}, …]}, as the signature types the columns.
Json InputSchema(const model::Signature& signature) {
  Json properties = Json::object(), required = Json::array(), row = Json::object();
  for (const model::ColumnSpec& column : signature.inputs) {
    if (column.name.empty()) return AnyObject();
    auto [schema, example] = SchemaOf(column.type);
    properties[column.name] = std::move(schema);
    row[column.name] = std::move(example);
    if (column.required) required.push_back(column.name);
  }
  Json record = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) record["required"] = std::move(required);
  const Json rows = {{"type", "array"}, {"items", std::move(record)}};
  return {{"type", "object"},
          {"properties", {{"data", rows}}},
          {"required", {"data"}},
          {"example", {{"data", Json::array({std::move(row)})}}}};
}

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

Json Paths() {
  const Json answered = {{"200", {{"description", "OK"}}}};
  return {{"/", {{"get", Operation("ServiceHealthCheck", Json::array(), answered)}}},
          {"/score", {{"post", ScoreOperation()}}},
          {"/swagger.json", {{"get", Operation("GetSwaggerSpec", Json::array(), answered)}}}};
}

}  // namespace

std::string SwaggerDocument(const LiveDeployment& deployment) {
  const Json input = deployment.model ? InputSchema(deployment.model->model().signature()) : AnyObject();
  const Json error = {{"type", "object"}, {"properties", {{"message", {{"type", "string"}}}}}};
  const std::string description = "API of the deployment " + deployment.wanted.name;
  const Json document = {
      {"swagger", "2.0"},
      {"info", {{"title", "ML service"}, {"description", description}, {"version", "1.0"}}},
      {"schemes", Json::array({"https"})},
      {"consumes", Json::array({"application/json"})},
      {"produces", Json::array({"application/json"})},
      {"securityDefinitions", {{"Bearer", {{"type", "apiKey"}, {"name", "Authorization"}, {"in", "header"}}}}},
      {"security", Json::array({{{"Bearer", Json::array()}}})},
      {"paths", Paths()},
      {"definitions", {{"ServiceInput", input}, {"ServiceOutput", AnyObject()}, {"ErrorResponse", error}}}};
  return document.dump();
}

}  // namespace slipway::gateway
