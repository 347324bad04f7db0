#include "slipway/api/mlflow/arguments.h"

#include <cmath>

#include <fmt/format.h>

#include "slipway/api/answer.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

using nlohmann::json;

// What a repeated parameter of the query becomes.
void AddParameter(json& object, const std::string& key, const std::string& value) {
  const auto found = object.find(key);
  if (found == object.end()) {
    object[key] = value;
  } else if (found->is_array()) {
    found->push_back(value);
  } else {
    *found = json::array({*found, value});
  }
}

Result<json> ParseText(const std::string& text) {
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return InvalidArgument("the body is not JSON");
  return parsed;
}

struct MlflowCode {
  std::string_view name;
  int status;
};

// Client mistakes never get a 5xx: MLflow's client repeats those for minutes.
MlflowCode MlflowCodeOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return {"INVALID_PARAMETER_VALUE", 400};
    case Code::kNotFound:
      return {"RESOURCE_DOES_NOT_EXIST", 404};
    case Code::kAlreadyExists:
      return {"RESOURCE_ALREADY_EXISTS", 400};
    case Code::kFailedPrecondition:
      return {"BAD_REQUEST", 400};
    case Code::kConflict:
      return {"RESOURCE_CONFLICT", 409};
    case Code::kUnauthenticated:
      return {"UNAUTHENTICATED", 401};
    case Code::kPermissionDenied:
      return {"PERMISSION_DENIED", 403};
    case Code::kResourceExhausted:
      return {"RESOURCE_EXHAUSTED", 429};
    case Code::kUnavailable:
      return {"TEMPORARILY_UNAVAILABLE", 503};
    case Code::kDeadlineExceeded:
      return {"DEADLINE_EXCEEDED", 504};
    case Code::kCancelled:
      return {"CANCELLED", 499};
    case Code::kDataLoss:
      return {"DATA_LOSS", 500};
    case Code::kUnimplemented:
      return {"NOT_IMPLEMENTED", 501};
    case Code::kInternal:
      break;
  }
  return {"INTERNAL_ERROR", 500};
}

}  // namespace

Result<Arguments> Arguments::Of(const net::Request& request) {
  json object = json::object();
  for (const auto& [key, value] : request.query) AddParameter(object, key, value);
  if (!object.empty() && request.method == "GET") return Arguments(std::move(object));
  if (request.body.empty()) return Arguments(json::object());
  SLIPWAY_ASSIGN_OR_RETURN(json body, ParseText(request.body));
  if (body.is_string()) {
    SLIPWAY_ASSIGN_OR_RETURN(body, ParseText(body.get<std::string>()));
  }
  if (body.is_null()) body = json::object();
  if (!body.is_object())
    return InvalidArgument(fmt::format("the body must be a JSON object, not {}", body.type_name()));
  return Arguments(std::move(body));
}

const json* Arguments::Find(std::string_view key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

Error Arguments::Wrong(std::string_view key, std::string_view expected) const {
  const json* value = Find(key);
  if (!value) {
    return InvalidArgument(fmt::format("Missing value for required parameter '{}{}'", where_, key));
  }
  return InvalidArgument(fmt::format("Invalid value {} for parameter '{}{}': it must be {}",
                                     value->dump(-1, ' ', false, json::error_handler_t::replace), where_, key,
                                     expected));
}

Result<std::string> Arguments::Text(std::string_view key, std::string_view otherwise) const {
  const json* value = Find(key);
  if (!value) return std::string(otherwise);
  if (value->is_string()) return value->get<std::string>();
  if (value->is_number_integer()) return value->dump();
  return Wrong(key, "a string");
}

Result<std::string> Arguments::RequireText(std::string_view key) const {
  SLIPWAY_ASSIGN_OR_RETURN(std::string text, Text(key));
  if (text.empty()) return InvalidArgument(fmt::format("Missing value for required parameter '{}{}'", where_, key));
  return text;
}

Result<int64_t> Arguments::Integer(std::string_view key, int64_t otherwise) const {
  return Has(key) ? RequireInteger(key) : otherwise;
}

Result<int64_t> Arguments::RequireInteger(std::string_view key) const {
  const json* value = Find(key);
  if (value && value->is_number_unsigned() && value->get<uint64_t>() > INT64_MAX) return Wrong(key, "a 64-bit integer");
  if (value && value->is_number_integer()) return value->get<int64_t>();
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (value && value->is_number_float()) {
    const double number = value->get<double>();
    if (number == std::floor(number) && std::abs(number) <= kExact) return static_cast<int64_t>(number);
  }
  const auto parsed = value && value->is_string() ? ParseInt(value->get_ref<const std::string&>()) : std::nullopt;
  if (parsed) return *parsed;
  return Wrong(key, "a whole number");
}

Result<double> Arguments::RequireNumber(std::string_view key) const {
  const json* value = Find(key);
  if (value && value->is_number()) return value->get<double>();
  const auto parsed = value && value->is_string() ? ParseDouble(value->get_ref<const std::string&>()) : std::nullopt;
  if (parsed) return *parsed;
  return Wrong(key, "a number");
}

Result<bool> Arguments::Boolean(std::string_view key, bool otherwise) const {
  const json* value = Find(key);
  if (!value) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_string() && EqualsIgnoreCase(value->get_ref<const std::string&>(), "true")) return true;
  if (value->is_string() && EqualsIgnoreCase(value->get_ref<const std::string&>(), "false")) return false;
  return Wrong(key, "true or false");
}

Result<std::vector<std::string>> Arguments::TextList(std::string_view key) const {
  std::vector<std::string> texts;
  const json* value = Find(key);
  if (!value) return texts;
  const json list = value->is_array() ? *value : json::array({*value});
  for (const json& element : list) {
    if (!element.is_string() && !element.is_number_integer()) return Wrong(key, "a list of strings");
    texts.push_back(element.is_string() ? element.get<std::string>() : element.dump());
  }
  return texts;
}

Result<std::vector<Arguments>> Arguments::ObjectList(std::string_view key) const {
  std::vector<Arguments> objects;
  const json* value = Find(key);
  if (!value) return objects;
  if (!value->is_array()) return Wrong(key, "a list of objects");
  for (const json& element : *value) {
    if (!element.is_object()) return Wrong(key, "a list of objects");
    objects.emplace_back(element, fmt::format("{}{}[{}].", where_, key, objects.size()));
  }
  return objects;
}

Result<Arguments> Arguments::Object(std::string_view key) const {
  const json* value = Find(key);
  if (!value || !value->is_object()) return Wrong(key, "an object");
  return Arguments(*value, fmt::format("{}{}.", where_, key));
}

Result<domain::Tags> Arguments::Tags(std::string_view key) const {
  domain::Tags tags;
  SLIPWAY_ASSIGN_OR_RETURN(const auto objects, ObjectList(key));
  for (const Arguments& object : objects) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string name, object.RequireText("key"));
    SLIPWAY_ASSIGN_OR_RETURN(tags[name], object.Text("value"));
  }
  return tags;
}

Result<std::string> Arguments::RunId() const {
  return Has("run_id") ? RequireText("run_id") : Has("run_uuid") ? RequireText("run_uuid") : RequireText("run_id");
}

net::Response ErrorAnswer(const Error& error) {
  const MlflowCode code = MlflowCodeOf(error.code());
  return JsonAnswer(code.status, {{"error_code", code.name}, {"message", error.ToString()}});
}

json NumberJson(double value) {
  return std::isfinite(value) ? json(value) : json(FormatDouble(value));
}

json PairsJson(const std::map<std::string, std::string>& pairs) {
  json list = json::array();
  for (const auto& [key, value] : pairs) list.push_back({{"key", key}, {"value", value}});
  return list;
}

std::string PageToken(size_t offset) {
  return Base64Encode(json{{"offset", offset}}.dump());
}

Result<Page> PageOf(const Arguments& arguments, int64_t default_size, int64_t size_max) {
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t size, arguments.Integer("max_results", default_size));
  if (size < 1 || size > size_max) {
    return InvalidArgument(
        fmt::format("Invalid value {} for parameter 'max_results': it must be from 1 to {}", size, size_max));
  }
  Page page{0, static_cast<size_t>(size)};
  SLIPWAY_ASSIGN_OR_RETURN(const std::string token, arguments.Text("page_token"));
  if (token.empty()) return page;
  const auto text = Base64Decode(token);
  const json parsed = text ? json::parse(*text, nullptr, /*allow_exceptions=*/false) : json();
  if (!parsed.is_object() || !parsed.contains("offset") || !parsed["offset"].is_number_unsigned())
    return InvalidArgument(fmt::format("Invalid page token '{}': it must be one that an answer held", token));
  page.offset = parsed["offset"].get<size_t>();
  return page;
}

Result<View> ViewOf(const Arguments& arguments, std::string_view key) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string view, arguments.Text(key, "ACTIVE_ONLY"));
  if (view == "ACTIVE_ONLY" || view == "1") return View::kActiveOnly;
  if (view == "DELETED_ONLY" || view == "2") return View::kDeletedOnly;
  if (view == "ALL" || view == "3") return View::kAll;
  return InvalidArgument(
      fmt::format("Invalid value '{}' for parameter '{}': it must be ACTIVE_ONLY, DELETED_ONLY or ALL", view, key));
}

bool IsSeen(bool is_deleted, View view) {
  return view == View::kAll || is_deleted == (view == View::kDeletedOnly);
}

}  // namespace slipway::api::mlflow
