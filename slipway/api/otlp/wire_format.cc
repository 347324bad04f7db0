#include "slipway/api/otlp/wire_format.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::api::otlp {
namespace {

using nlohmann::json;

constexpr int kDepthMax = 32;

enum class Kind { kText, kHex, kBase64, kInteger, kBool, kFixed64, kSigned64, kReal, kMessage };

struct Message;

struct Field {
  uint32_t number;
  const char* name;
  Kind kind;
  const Message* message = nullptr;
  bool is_repeated = false;
};

struct Message {
  std::span<const Field> fields;
};

extern const Message kAnyValue;

constexpr Field kKeyValueFields[] = {{1, "key", Kind::kText}, {2, "value", Kind::kMessage, &kAnyValue}};
constexpr Message kKeyValue{kKeyValueFields};
constexpr Field kArrayFields[] = {{1, "values", Kind::kMessage, &kAnyValue, true}};
constexpr Message kArray{kArrayFields};
constexpr Field kKeyValueListFields[] = {{1, "values", Kind::kMessage, &kKeyValue, true}};
constexpr Message kKeyValueList{kKeyValueListFields};
constexpr Field kAnyValueFields[] = {
    {1, "stringValue", Kind::kText},
    {2, "boolValue", Kind::kBool},
    {3, "intValue", Kind::kInteger},
    {4, "doubleValue", Kind::kReal},
    {5, "arrayValue", Kind::kMessage, &kArray},
    {6, "kvlistValue", Kind::kMessage, &kKeyValueList},
    {7, "bytesValue", Kind::kBase64},
};
constexpr Message kAnyValue{kAnyValueFields};

constexpr Field kResourceFields[] = {{1, "attributes", Kind::kMessage, &kKeyValue, true}};
constexpr Message kResource{kResourceFields};
constexpr Field kScopeFields[] = {{1, "name", Kind::kText}, {2, "version", Kind::kText}};
constexpr Message kScope{kScopeFields};

constexpr Field kEventFields[] = {
    {1, "timeUnixNano", Kind::kFixed64}, {2, "name", Kind::kText}, {3, "attributes", Kind::kMessage, &kKeyValue, true}};
constexpr Message kEvent{kEventFields};
constexpr Field kLinkFields[] = {{1, "traceId", Kind::kHex}, {2, "spanId", Kind::kHex}};
constexpr Message kLink{kLinkFields};
constexpr Field kStatusFields[] = {{2, "message", Kind::kText}, {3, "code", Kind::kInteger}};
constexpr Message kStatus{kStatusFields};
constexpr Field kSpanFields[] = {
    {1, "traceId", Kind::kHex},
    {2, "spanId", Kind::kHex},
    {4, "parentSpanId", Kind::kHex},
    {5, "name", Kind::kText},
    {6, "kind", Kind::kInteger},
    {7, "startTimeUnixNano", Kind::kFixed64},
    {8, "endTimeUnixNano", Kind::kFixed64},
    {9, "attributes", Kind::kMessage, &kKeyValue, true},
    {11, "events", Kind::kMessage, &kEvent, true},
    {13, "links", Kind::kMessage, &kLink, true},
    {15, "status", Kind::kMessage, &kStatus},
};
constexpr Message kSpan{kSpanFields};
constexpr Field kScopeSpansFields[] = {{1, "scope", Kind::kMessage, &kScope},
                                       {2, "spans", Kind::kMessage, &kSpan, true}};
constexpr Message kScopeSpans{kScopeSpansFields};
constexpr Field kResourceSpansFields[] = {{1, "resource", Kind::kMessage, &kResource},
                                          {2, "scopeSpans", Kind::kMessage, &kScopeSpans, true}};
constexpr Message kResourceSpans{kResourceSpansFields};
constexpr Field kTracesFields[] = {{1, "resourceSpans", Kind::kMessage, &kResourceSpans, true}};
constexpr Message kTraces{kTracesFields};

constexpr Field kNumberPointFields[] = {{3, "timeUnixNano", Kind::kFixed64},
                                        {4, "asDouble", Kind::kReal},
                                        {6, "asInt", Kind::kSigned64},
                                        {7, "attributes", Kind::kMessage, &kKeyValue, true}};
constexpr Message kNumberPoint{kNumberPointFields};
constexpr Field kHistogramPointFields[] = {{3, "timeUnixNano", Kind::kFixed64},
                                           {4, "count", Kind::kFixed64},
                                           {5, "sum", Kind::kReal},
                                           {9, "attributes", Kind::kMessage, &kKeyValue, true},
                                           {11, "min", Kind::kReal},
                                           {12, "max", Kind::kReal}};
constexpr Message kHistogramPoint{kHistogramPointFields};
constexpr Field kExponentialPointFields[] = {{1, "attributes", Kind::kMessage, &kKeyValue, true},
                                             {3, "timeUnixNano", Kind::kFixed64},
                                             {4, "count", Kind::kFixed64},
                                             {5, "sum", Kind::kReal},
                                             {12, "min", Kind::kReal},
                                             {13, "max", Kind::kReal}};
constexpr Message kExponentialPoint{kExponentialPointFields};
constexpr Field kSummaryPointFields[] = {{3, "timeUnixNano", Kind::kFixed64},
                                         {4, "count", Kind::kFixed64},
                                         {5, "sum", Kind::kReal},
                                         {7, "attributes", Kind::kMessage, &kKeyValue, true}};
constexpr Message kSummaryPoint{kSummaryPointFields};
constexpr Field kNumbersFields[] = {{1, "dataPoints", Kind::kMessage, &kNumberPoint, true}};
constexpr Message kNumbers{kNumbersFields};
constexpr Field kHistogramFields[] = {{1, "dataPoints", Kind::kMessage, &kHistogramPoint, true}};
constexpr Message kHistogram{kHistogramFields};
constexpr Field kExponentialFields[] = {{1, "dataPoints", Kind::kMessage, &kExponentialPoint, true}};
constexpr Message kExponential{kExponentialFields};
constexpr Field kSummaryFields[] = {{1, "dataPoints", Kind::kMessage, &kSummaryPoint, true}};
constexpr Message kSummary{kSummaryFields};
constexpr Field kMetricFields[] = {
    {1, "name", Kind::kText},
    {3, "unit", Kind::kText},
    {5, "gauge", Kind::kMessage, &kNumbers},
    {7, "sum", Kind::kMessage, &kNumbers},
    {9, "histogram", Kind::kMessage, &kHistogram},
    {10, "exponentialHistogram", Kind::kMessage, &kExponential},
    {11, "summary", Kind::kMessage, &kSummary},
};
constexpr Message kMetric{kMetricFields};
constexpr Field kScopeMetricsFields[] = {{1, "scope", Kind::kMessage, &kScope},
                                         {2, "metrics", Kind::kMessage, &kMetric, true}};
constexpr Message kScopeMetrics{kScopeMetricsFields};
constexpr Field kResourceMetricsFields[] = {{1, "resource", Kind::kMessage, &kResource},
                                            {2, "scopeMetrics", Kind::kMessage, &kScopeMetrics, true}};
constexpr Message kResourceMetrics{kResourceMetricsFields};
constexpr Field kMetricsFields[] = {{1, "resourceMetrics", Kind::kMessage, &kResourceMetrics, true}};
constexpr Message kMetrics{kMetricsFields};

constexpr Field kLogRecordFields[] = {
    {1, "timeUnixNano", Kind::kFixed64},
    {2, "severityNumber", Kind::kInteger},
    {3, "severityText", Kind::kText},
    {5, "body", Kind::kMessage, &kAnyValue},
    {6, "attributes", Kind::kMessage, &kKeyValue, true},
    {9, "traceId", Kind::kHex},
    {10, "spanId", Kind::kHex},
    {11, "observedTimeUnixNano", Kind::kFixed64},
    {12, "eventName", Kind::kText},
};
constexpr Message kLogRecord{kLogRecordFields};
constexpr Field kScopeLogsFields[] = {{1, "scope", Kind::kMessage, &kScope},
                                      {2, "logRecords", Kind::kMessage, &kLogRecord, true}};
constexpr Message kScopeLogs{kScopeLogsFields};
constexpr Field kResourceLogsFields[] = {{1, "resource", Kind::kMessage, &kResource},
                                         {2, "scopeLogs", Kind::kMessage, &kScopeLogs, true}};
constexpr Message kResourceLogs{kResourceLogsFields};
constexpr Field kLogsFields[] = {{1, "resourceLogs", Kind::kMessage, &kResourceLogs, true}};
constexpr Message kLogs{kLogsFields};

enum WireType : uint32_t { kVarint = 0, kEight = 1, kLength = 2, kFour = 5 };

Error Malformed() {
  return InvalidArgument("the body is not a well-formed protobuf message of OTLP");
}

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}
  bool is_at_end() const { return bytes_.empty(); }

  Result<uint64_t> Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 70 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return Malformed();
  }

  Result<std::string_view> Take(uint64_t size) {
    if (size > bytes_.size()) return Malformed();
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  Result<uint64_t> Eight() {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string_view taken, Take(8));
    uint64_t value = 0;
    for (int i = 7; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(taken[static_cast<size_t>(i)]);
    return value;
  }

  Result<std::string_view> Bytes() {
    SLIPWAY_ASSIGN_OR_RETURN(const uint64_t size, Varint());
    return Take(size);
  }

  Status Skip(uint32_t wire_type) {
    switch (wire_type) {
      case kVarint:
        SLIPWAY_RETURN_IF_ERROR(Varint());
        return {};
      case kEight:
        SLIPWAY_RETURN_IF_ERROR(Take(8));
        return {};
      case kLength:
        SLIPWAY_RETURN_IF_ERROR(Bytes());
        return {};
      case kFour:
        SLIPWAY_RETURN_IF_ERROR(Take(4));
        return {};
      default:
        return Malformed();
    }
  }

 private:
  std::string_view bytes_;
};

uint32_t WireTypeOf(Kind kind) {
  switch (kind) {
    case Kind::kInteger:
    case Kind::kBool:
      return kVarint;
    case Kind::kFixed64:
    case Kind::kSigned64:
    case Kind::kReal:
      return kEight;
    default:
      return kLength;
  }
}

Result<json> ReadMessage(std::string_view bytes, const Message& message, int depth);

Result<json> ReadValue(WireReader& reader, const Field& field, int depth) {
  if (WireTypeOf(field.kind) == kVarint) {
    SLIPWAY_ASSIGN_OR_RETURN(const uint64_t value, reader.Varint());
    return field.kind == Kind::kBool ? json(value != 0) : json(static_cast<int64_t>(value));
  }
  if (WireTypeOf(field.kind) == kEight) {
    SLIPWAY_ASSIGN_OR_RETURN(const uint64_t value, reader.Eight());
    if (field.kind == Kind::kReal) return json(std::bit_cast<double>(value));
    return field.kind == Kind::kFixed64 ? json(value) : json(static_cast<int64_t>(value));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const std::string_view bytes, reader.Bytes());
  switch (field.kind) {
    case Kind::kHex:
      return json(HexEncode(bytes));
    case Kind::kBase64:
      return json(Base64Encode(bytes));
    case Kind::kMessage:
      return ReadMessage(bytes, *field.message, depth + 1);
    default:
      return json(std::string(bytes));
  }
}

Result<json> ReadMessage(std::string_view bytes, const Message& message, int depth) {
  if (depth > kDepthMax) return InvalidArgument(fmt::format("the body is nested deeper than {} messages", kDepthMax));
  json object = json::object();
  WireReader reader(bytes);
  while (!reader.is_at_end()) {
    SLIPWAY_ASSIGN_OR_RETURN(const uint64_t tag, reader.Varint());
    const uint32_t wire_type = tag & 7;
    const Field* known = nullptr;
    for (const Field& field : message.fields) {
      if (field.number == tag >> 3 && WireTypeOf(field.kind) == wire_type) known = &field;
    }
    if (known == nullptr) {
      SLIPWAY_RETURN_IF_ERROR(reader.Skip(wire_type));
      continue;
    }
    SLIPWAY_ASSIGN_OR_RETURN(json value, ReadValue(reader, *known, depth));
    if (known->is_repeated) {
      object[known->name].push_back(std::move(value));
    } else {
      object[known->name] = std::move(value);
    }
  }
  return object;
}

void AppendVarint(std::string& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  bytes += static_cast<char>(value);
}

}  // namespace

Result<json> DecodeRequest(Signal signal, std::string_view bytes) {
  const Message& message = signal == Signal::kTraces ? kTraces : signal == Signal::kMetrics ? kMetrics : kLogs;
  return ReadMessage(bytes, message, 0);
}

std::string EncodeResponse(uint64_t rejected, std::string_view message) {
  if (rejected == 0) return "";
  std::string partial("\x08", 1);  // rejected_…: field 1, a varint
  AppendVarint(partial, rejected);
  partial += '\x12';  // error_message: field 2, a text
  AppendVarint(partial, message.size());
  partial += message;
  std::string response("\x0a", 1);  // partial_success: field 1, a message
  AppendVarint(response, partial.size());
  return response + partial;
}

}  // namespace slipway::api::otlp
