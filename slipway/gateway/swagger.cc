#include "slipway/gateway/swagger.h"

#include <algorithm>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "slipway/base/text.h"

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

// What a deployment takes and answers, and the versions that can say so; empty: all.
struct ServiceSchemas {
  Json input = AnyObject(), output = AnyObject();
  std::vector<std::string> versions = {};
};

// As a script's decorators have them (WorkerReady::schema).
ServiceSchemas SchemasOfScript(const std::string& text) {
  ServiceSchemas schemas;
  const Json given = Json::parse(text, nullptr, false);
  if (!given.is_object()) return schemas;
  schemas.input = given.value("input", schemas.input);
  schemas.output = given.value("output", schemas.output);
  for (const Json& version : given.value("versions", Json::array()))
    if (version.is_string()) schemas.versions.push_back(version.get<std::string>());
  return schemas;
}

ServiceSchemas SchemasOf(const LiveDeployment& deployment) {
  if (deployment.script) return SchemasOfScript(deployment.script->Schema());
  ServiceSchemas schemas;
  schemas.input = InputSchema(deployment.model->model().signature());
  return schemas;
}

// One of Swagger 2's and OpenAPI 3's ways of saying the same.
class DocumentWriter {
 public:
  explicit DocumentWriter(bool is_swagger2) : is_swagger2_(is_swagger2) {}

  Json Paths() const {
    const Json answered = {{"200", {{"description", "OK"}}}};
    Json version = {{"name", "version"}, {"in", "query"}, {"required", false}};
    (is_swagger2_ ? version : version["schema"])["type"] = "string";
    return {{"/", {{"get", Operation("ServiceHealthCheck", answered)}}},
            {"/score", {{"post", ScoreOperation()}}},
            {"/swagger.json",
             {{"get", With(Operation("GetSwaggerSpec", answered), "parameters", Json::array({version}))}}}};
  }

 private:
  static Json Operation(const char* id, Json responses) {
    return {{"operationId", id}, {"responses", std::move(responses)}};
  }
  static Json With(Json object, const char* key, Json value) {
    object[key] = std::move(value);
    return object;
  }
  Json Reference(const std::string& name) const {
    return {{"$ref", (is_swagger2_ ? "#/definitions/" : "#/components/schemas/") + name}};
  }
  // A body of that schema.
  Json Body(const char* description, const std::string& schema) const {
    Json body = {{"description", description}};
    (is_swagger2_ ? body : body["content"]["application/json"])["schema"] = Reference(schema);
    return body;
  }
  Json ScoreOperation() const {
    Json operation = Operation("RunMLService", {{"200", Body("The model's answer", "ServiceOutput")},
                                                {"default", Body("The error", "ErrorResponse")}});
    Json request = Body("What the model takes", "ServiceInput");
    if (!is_swagger2_) return With(std::move(operation), "requestBody", std::move(request));
    request["in"] = "body";
    request["name"] = "serviceInputPayload";
    return With(std::move(operation), "parameters", Json::array({std::move(request)}));
  }

  bool is_swagger2_;
};

struct Version {
  const char *asked, *known, *document;
};
constexpr Version kVersions[] = {{"2", "2.0", "2.0"},
                                 {"2.0", "2.0", "2.0"},
                                 {"3", "3.0", "3.0.3"},
                                 {"3.0", "3.0", "3.0.3"},
                                 {"3.1", "3.1", "3.1.0"}};

std::string VariableOr(const WantedDeployment& wanted, const char* name, const char* otherwise) {
  const auto found = wanted.environment_variables.find(name);
  return found == wanted.environment_variables.end() ? otherwise : found->second;
}

Json Information(const WantedDeployment& wanted) {
  return {{"title", VariableOr(wanted, "SERVICE_NAME", "ML service")},
          {"description", "API of the deployment " + wanted.name},
          {"version", VariableOr(wanted, "SERVICE_VERSION", "1.0")}};
}

Json Write(const LiveDeployment& deployment, ServiceSchemas schemas, const Version& version) {
  const bool is_swagger2 = std::string_view(version.known) == "2.0";
  Json document = {{"info", Information(deployment.wanted)},
                   {"security", Json::array({{{"Bearer", Json::array()}}})},
                   {"paths", DocumentWriter(is_swagger2).Paths()}};
  const Json security = {{"Bearer", {{"type", "apiKey"}, {"name", "Authorization"}, {"in", "header"}}}};
  Json definitions = {{"ServiceInput", std::move(schemas.input)},
                      {"ServiceOutput", std::move(schemas.output)},
                      {"ErrorResponse", {{"type", "object"}, {"properties", {{"message", {{"type", "string"}}}}}}}};
  document[is_swagger2 ? "swagger" : "openapi"] = version.document;
  if (!is_swagger2) {
    document["components"] = {{"schemas", std::move(definitions)}, {"securitySchemes", security}};
    return document;
  }
  document["schemes"] = Json::array({"https"});
  document["consumes"] = document["produces"] = Json::array({"application/json"});
  document["securityDefinitions"] = security;
  document["definitions"] = std::move(definitions);
  return document;
}

}  // namespace

Result<std::string> SwaggerDocument(const LiveDeployment& deployment, std::string_view version) {
  for (const Version& known : kVersions) {
    if (known.asked != version) continue;
    ServiceSchemas schemas = SchemasOf(deployment);
    const auto& sayable = schemas.versions;
    if (!sayable.empty() && std::find(sayable.begin(), sayable.end(), known.known) == sayable.end())
      return NotFound(
          fmt::format("Swagger version [{}] is not supported for the scoring script. Supported versions: [{}].",
                      version, Join(sayable, ", ")));
    return Write(deployment, std::move(schemas), known).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return NotFound(fmt::format("Swagger version [{}] is not valid. Supported versions: [2, 3, 3.1].", version));
}

}  // namespace slipway::gateway
