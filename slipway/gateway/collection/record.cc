#include "slipway/gateway/collection/record.h"

#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

#include "slipway/base/text.h"
#include "slipway/gateway/json_row.h"

namespace slipway::gateway::collection {
namespace {

std::string_view ContentType(Payload::Kind kind) {
  return kind == Payload::Kind::kText || kind == Payload::Kind::kUri ? "text/plain" : "application/json";
}

void AppendPayload(JsonRow& row, const Payload& payload) {
  switch (payload.kind) {
    case Payload::Kind::kJson:
      row.Members("\"data\":" + payload.text);
      return;
    case Payload::Kind::kText:
      row.Text("data", payload.text);
      return;
    case Payload::Kind::kUri:
      row.Text("data", payload.text).Text("datainblob", "true");
      return;
    case Payload::Kind::kRows:
      row.Text("dataref", payload.text);
      return;
  }
}

std::string HeadersObject(const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string text;
  JsonRow row(text);
  std::string key;
  for (const auto& [name, value] : headers) {
    key.clear();
    AppendJsonString(key, name);
    row.Text(std::string_view(key).substr(1, key.size() - 2), value);
  }
  row.Close();
  return text;
}

std::string ContentRange(size_t size) {
  return fmt::format("bytes 0-{}/{}", size == 0 ? 0 : size - 1, size);
}

// Checks the whole of it; then drops the blanks, line breaks among them, and changes nothing else.
std::optional<std::string> OneLineJson(std::string_view body) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(body.data(), body.size()).get(element) != simdjson::SUCCESS) return std::nullopt;
  std::string line(body.size() + simdjson::SIMDJSON_PADDING, '\0');
  size_t size = 0;
  if (simdjson::minify(body.data(), body.size(), line.data(), size) != simdjson::SUCCESS) return std::nullopt;
  line.resize(size);
  return line;
}

}  // namespace

std::string RecordLine(const Record& record, const Payload& payload) {
  std::string line;
  line.reserve(512 + payload.text.size());
  JsonRow row(line);
  row.Text("specversion", "1.0")
      .Text("id", record.id)
      .Text("source", record.source)
      .Text("type", fmt::format("azureml.inference.{}", record.collection))
      .Text("datacontenttype", ContentType(payload.kind))
      .Text("time", FormatTimestamp(record.time, 0));
  AppendPayload(row, payload);
  row.Text("contentrange", ContentRange(payload.size))
      .Text("correlationid", record.correlation_id)
      .Text("xrequestid", record.correlation_id)
      .Text("modelversion", "default");
  if (!record.collect_data_type.empty()) row.Text("collectdatatype", record.collect_data_type);
  row.Text("agent", record.agent);
  for (const auto& [name, value] : record.extra) row.Text(name, value);
  if (record.status_code != 0) row.Number("statuscode", record.status_code);
  if (!record.headers.empty()) row.Members("\"headers\":" + HeadersObject(record.headers));
  row.Close();
  line.push_back('\n');
  return line;
}

std::optional<Payload> PayloadOf(std::string_view body) {
  if (auto json = OneLineJson(body)) return Payload{Payload::Kind::kJson, std::move(*json), body.size()};
  if (IsUtf8(body)) return Payload{Payload::Kind::kText, std::string(body), body.size()};
  return std::nullopt;
}

}  // namespace slipway::gateway::collection
