#include "slipway/gateway/log_sink.h"

#include "slipway/base/text.h"
#include "slipway/gateway/json_row.h"

namespace slipway::gateway {
namespace {

constexpr size_t kUserAgentCharactersMax = 70;
constexpr std::string_view kContainerName = "inference-server";

std::string_view AuthTypeName(domain::AuthMode mode) {
  switch (mode) {
    case domain::AuthMode::kKey:
      return "Key";
    case domain::AuthMode::kAmlToken:
      return "AMLToken";
    case domain::AuthMode::kAadToken:
      return "AADToken";
  }
  return "";
}

// The members between the braces of a row that `fill` writes.
template <class Fill>
std::string MembersText(Fill&& fill) {
  std::string text;
  JsonRow row(text);
  fill(row);
  return text.substr(1);
}

// Bytes that are no UTF-8 are shown as U+FFFD, and the line is there once more, as it was.
void AppendLine(JsonRow& row, std::string_view line) {
  if (IsUtf8(line)) {
    row.Text("Message", line);
  } else {
    row.Text("Message", ReplaceInvalidUtf8(line)).Text("MessageBase64", Base64Encode(line));
  }
}

// A buffer a thread reuses, so that a row costs no allocation once it has grown.
std::string& RowBuffer() {
  thread_local std::string buffer;
  constexpr size_t kKeptBytes = 64 << 10;
  if (buffer.capacity() > kKeptBytes) std::string().swap(buffer);
  buffer.clear();
  return buffer;
}

// Microseconds with one decimal; nothing for a stage that does not apply.
void AppendStage(JsonRow& row, std::string_view name, std::chrono::nanoseconds time) {
  if (time.count() >= 0) row.Tenths(name, (time.count() + 50) / 100);
}

void AppendStages(JsonRow& row, const StageTimes& stages) {
  AppendStage(row, "QueueDurationUs", stages.queue);
  AppendStage(row, "ParseDurationUs", stages.parse);
  AppendStage(row, "ScoreDurationUs", stages.score);
  AppendStage(row, "EncodeDurationUs", stages.encode);
}

}  // namespace

std::string_view LogSink::Now() const {
  struct Written {
    Timestamp second = Timestamp::min();
    std::string text;
  };
  thread_local Written last;
  constexpr size_t kDigits = 6;
  const Timestamp now = clock_.Now();
  const Timestamp second = std::chrono::floor<std::chrono::seconds>(now);
  if (last.second != second) last = {second, FormatTimestamp(second, kDigits)};
  int64_t fraction = std::chrono::duration_cast<std::chrono::microseconds>(now - second).count();
  char* const end = last.text.data() + last.text.size() - 1;  // of the digits: "…00.000000Z"
  for (size_t i = 1; i <= kDigits; ++i, fraction /= 10) *(end - i) = static_cast<char>('0' + fraction % 10);
  return last.text;
}

LogIdentity::LogIdentity(const WantedEndpoint& wanted)
    : endpoint(wanted.name),
      arm_id(wanted.arm_id),
      workspace_member(MembersText([&](JsonRow& row) { row.Text("WorkspaceId", wanted.workspace_id); })),
      common_members(
          MembersText([&](JsonRow& row) { row.Members(workspace_member).Text("_ResourceId", wanted.arm_id); })),
      traffic_members(MembersText([&](JsonRow& row) {
        row.Members(common_members)
            .Text("EndpointName", wanted.name)
            .Text("AzureMLWorkspaceId", wanted.workspace_id)
            .Text("AzureMLWorkspaceName", wanted.workspace)
            .Text("Location", wanted.location)
            .Text("OperationName", "Score")
            .Text("AuthType", AuthTypeName(wanted.auth_mode));
      })) {}

void LogSink::Traffic(const LogIdentity& identity, const TrafficRecord& record) {
  if (!logs_traffic_) return;
  std::string& text = RowBuffer();
  JsonRow row(text);
  row.Text("TimeGenerated", Now()).Members(identity.traffic_members);
  row.Text("DeploymentName", record.deployment)
      .Text("Method", record.method)
      .Text("Path", record.path)
      .Text("Protocol", record.protocol)
      .Number("ResponseCode", record.response_code)
      .Text("ResponseCodeReason", record.response_reason);
  if (record.model_status != 0) {
    row.Number("ModelStatusCode", record.model_status).Text("ModelStatusReason", record.model_reason);
  }
  row.Number("RequestPayloadSize", static_cast<int64_t>(record.request_bytes))
      .Number("ResponsePayloadSize", static_cast<int64_t>(record.response_bytes))
      .Text("UserAgent", record.user_agent.substr(0, kUserAgentCharactersMax))
      .Text("XRequestId", record.request_id)
      .Text("XMSClientRequestId", record.client_request_id)
      .Number("TotalDurationMs", record.total_ms)
      .Number("RequestDurationMs", record.request_ms)
      .Number("ResponseDurationMs", record.response_ms)
      .Members(R"("RequestThrottlingDelayMs":0,"ResponseThrottlingDelayMs":0)");
  AppendStages(row, record.stages);
  AppendStage(row, "LogDurationUs", std::chrono::steady_clock::now() - record.answered);
  row.Close();
  writer_.Append("AmlOnlineEndpointTrafficLog", text);
}

void LogSink::Console(const LogIdentity& identity, const ConsoleRecord& record) {
  std::string& text = RowBuffer();
  JsonRow row(text);
  row.Text("TimeGenerated", Now())
      .Members(identity.common_members)
      .Text("OperationName", "ConsoleLog")
      .Text("InstanceId", record.instance)
      .Text("DeploymentName", record.deployment)
      .Text("ContainerName", kContainerName)
      .Text("ContainerImageName", record.image);
  AppendLine(row, record.line);
  if (!record.blob_uri.empty()) row.Text("BlobUri", record.blob_uri);
  row.Close();
  writer_.Append("AmlOnlineEndpointConsoleLog", text);
}

void LogSink::Event(const LogIdentity& identity, const EventRecord& record) {
  std::string& text = RowBuffer();
  JsonRow row(text);
  row.Text("TimeGenerated", Now())
      .Members(identity.common_members)
      .Text("OperationName", "EventLog")
      .Text("InstanceId", record.instance)
      .Text("DeploymentName", record.deployment)
      .Text("Name", record.name)
      .Text("Message", record.message);
  row.Close();
  writer_.Append("AmlOnlineEndpointEventLog", text);
}

void LogSink::Metric(const LogIdentity& identity, Timestamp start, const MetricRecord& record) {
  std::string& text = RowBuffer();
  JsonRow row(text);
  row.Text("TimeGenerated", FormatTimestamp(start))
      .Members(identity.workspace_member)
      .Text("_ResourceId", record.resource_id)
      .Text("ResourceId", record.resource_id)
      .Text("ResourceProvider", "MICROSOFT.MACHINELEARNINGSERVICES")
      .Text("MetricName", record.name)
      .Text("UnitName", record.unit)
      .Text("TimeGrain", "PT1M")
      .Real("Total", record.total)
      .Number("Count", record.count)
      .Real("Minimum", record.minimum)
      .Real("Maximum", record.maximum)
      .Real("Average", record.count > 0 ? record.total / static_cast<double>(record.count) : 0);
  if (!record.dimensions.empty()) row.Object("Dimensions", record.dimensions);
  row.Close();
  writer_.Append("AzureMetrics", text);
}

void LogSink::AppRequest(const LogIdentity& identity, const TrafficRecord& record, double duration_ms) {
  std::string& text = RowBuffer();
  std::string name(record.method);
  name.append(" ").append(record.path);
  JsonRow row(text);
  row.Text("TimeGenerated", Now())
      .Members(identity.common_members)
      .Text("Id", record.request_id)
      .Text("OperationId", record.trace_id.empty() ? record.request_id : record.trace_id)
      .Text("ParentId", record.caller_span_id)
      .Text("Name", name)
      .Text("OperationName", name)
      .Text("Url", record.path)
      .Boolean("Success", record.response_code < 400)
      .Text("ResultCode", std::to_string(record.response_code))
      .Real("DurationMs", duration_ms)
      .Text("AppRoleName", identity.endpoint)
      .Text("AppRoleInstance", record.deployment)
      .Number("ItemCount", 1);
  row.Close();
  writer_.Append("AppRequests", text);
}

void LogSink::AppTrace(const LogIdentity& identity, const ConsoleRecord& record) {
  constexpr int kInformation = 1;
  std::string& text = RowBuffer();
  JsonRow row(text);
  row.Text("TimeGenerated", Now())
      .Members(identity.common_members)
      .Text("Message", record.line)
      .Number("SeverityLevel", kInformation)
      .Text("AppRoleName", identity.endpoint)
      .Text("AppRoleInstance", record.instance)
      .Number("ItemCount", 1);
  row.Close();
  writer_.Append("AppTraces", text);
}

}  // namespace slipway::gateway
