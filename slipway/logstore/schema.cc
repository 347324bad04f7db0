#include "slipway/logstore/schema.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "slipway/duck/connection.h"

namespace slipway::logstore {
namespace {

using kql::Type;

// A column of a stored table and its names in the two schemas; "" where a schema lacks it.
struct ColumnRow {
  std::string_view name;     // stored, and in the workspace's schema
  std::string_view insight;  // in the Application Insights schema
  Type type;
};

constexpr ColumnRow kConsoleLog[] = {
    {"OperationName", "", Type::kString},
    {"InstanceId", "", Type::kString},
    {"DeploymentName", "", Type::kString},
    {"ContainerName", "", Type::kString},
    {"ContainerImageName", "", Type::kString},
    {"Message", "", Type::kString},
    // Ours: where a line is that is too long for a record; the bytes of one that is no UTF-8.
    {"BlobUri", "", Type::kString},
    {"MessageBase64", "", Type::kString},
};

constexpr ColumnRow kTrafficLog[] = {
    {"Method", "", Type::kString},
    {"Path", "", Type::kString},
    {"Protocol", "", Type::kString},
    {"EndpointName", "", Type::kString},
    {"DeploymentName", "", Type::kString},
    {"AzureMLWorkspaceId", "", Type::kString},
    {"AzureMLWorkspaceName", "", Type::kString},
    {"Location", "", Type::kString},
    {"OperationName", "", Type::kString},
    {"AuthType", "", Type::kString},
    {"IdentityData", "", Type::kString},
    {"ResponseCode", "", Type::kInt},
    {"ResponseCodeReason", "", Type::kString},
    {"ModelStatusCode", "", Type::kInt},
    {"ModelStatusReason", "", Type::kString},
    {"RequestPayloadSize", "", Type::kInt},
    {"ResponsePayloadSize", "", Type::kInt},
    {"UserAgent", "", Type::kString},
    {"XRequestId", "", Type::kString},
    {"XMSClientRequestId", "", Type::kString},
    {"TotalDurationMs", "", Type::kInt},
    {"RequestDurationMs", "", Type::kInt},
    {"ResponseDurationMs", "", Type::kInt},
    {"RequestThrottlingDelayMs", "", Type::kInt},
    {"ResponseThrottlingDelayMs", "", Type::kInt},
    // Ours: what the time was spent on, in microseconds.
    {"QueueDurationUs", "", Type::kReal},
    {"ParseDurationUs", "", Type::kReal},
    {"ScoreDurationUs", "", Type::kReal},
    {"EncodeDurationUs", "", Type::kReal},
    {"LogDurationUs", "", Type::kReal},
};

constexpr ColumnRow kAzureMetrics[] = {
    {"ResourceId", "", Type::kString},  {"ResourceProvider", "", Type::kString},
    {"MetricName", "", Type::kString},  {"UnitName", "", Type::kString},
    {"TimeGrain", "", Type::kString},   {"Total", "", Type::kReal},
    {"Count", "", Type::kReal},         {"Minimum", "", Type::kReal},
    {"Maximum", "", Type::kReal},       {"Average", "", Type::kReal},
    {"Dimensions", "", Type::kDynamic},  // ours: Azure Monitor adds dimensions up before it exports
};

constexpr ColumnRow kEventLog[] = {
    {"Name", "", Type::kString},       {"Message", "", Type::kString},       {"DeploymentName", "", Type::kString},
    {"InstanceId", "", Type::kString}, {"OperationName", "", Type::kString},
};

constexpr ColumnRow kTraces[] = {{"Message", "message", Type::kString}, {"SeverityLevel", "severityLevel", Type::kInt}};

constexpr ColumnRow kRequests[] = {
    {"Id", "id", Type::kString},
    {"Source", "source", Type::kString},
    {"Name", "name", Type::kString},
    {"Url", "url", Type::kString},
    {"Success", "success", Type::kBool},
    {"ResultCode", "resultCode", Type::kString},
    {"DurationMs", "duration", Type::kReal},
    {"PerformanceBucket", "performanceBucket", Type::kString},
};

constexpr ColumnRow kDependencies[] = {
    {"Id", "id", Type::kString},
    {"Target", "target", Type::kString},
    {"DependencyType", "type", Type::kString},
    {"Name", "name", Type::kString},
    {"Data", "data", Type::kString},
    {"Success", "success", Type::kBool},
    {"ResultCode", "resultCode", Type::kString},
    {"DurationMs", "duration", Type::kReal},
    {"PerformanceBucket", "performanceBucket", Type::kString},
};

constexpr ColumnRow kExceptions[] = {
    {"ProblemId", "problemId", Type::kString},
    {"HandledAt", "handledAt", Type::kString},
    {"ExceptionType", "type", Type::kString},
    {"Message", "message", Type::kString},
    {"Assembly", "assembly", Type::kString},
    {"Method", "method", Type::kString},
    {"OuterType", "outerType", Type::kString},
    {"OuterMessage", "outerMessage", Type::kString},
    {"OuterAssembly", "outerAssembly", Type::kString},
    {"OuterMethod", "outerMethod", Type::kString},
    {"InnermostType", "innermostType", Type::kString},
    {"InnermostMessage", "innermostMessage", Type::kString},
    {"InnermostAssembly", "innermostAssembly", Type::kString},
    {"InnermostMethod", "innermostMethod", Type::kString},
    {"SeverityLevel", "severityLevel", Type::kInt},
    {"Details", "details", Type::kDynamic},
};

constexpr ColumnRow kEvents[] = {{"Name", "name", Type::kString}};

constexpr ColumnRow kMetrics[] = {{"Name", "name", Type::kString},
                                  {"Sum", "valueSum", Type::kReal},
                                  {"Min", "valueMin", Type::kReal},
                                  {"Max", "valueMax", Type::kReal},
                                  {"StdDev", "valueStdDev", Type::kReal}};

constexpr ColumnRow kPageViews[] = {
    {"Id", "id", Type::kString},
    {"Name", "name", Type::kString},
    {"Url", "url", Type::kString},
    {"DurationMs", "duration", Type::kReal},
    {"PerformanceBucket", "performanceBucket", Type::kString},
};

constexpr ColumnRow kAvailability[] = {
    {"Id", "id", Type::kString},
    {"Name", "name", Type::kString},
    {"Location", "location", Type::kString},
    {"Success", "success", Type::kBool},
    {"Message", "message", Type::kString},
    {"DurationMs", "duration", Type::kReal},
    {"Size", "size", Type::kReal},
    {"PerformanceBucket", "performanceBucket", Type::kString},
};

constexpr ColumnRow kBrowserTimings[] = {
    {"Name", "name", Type::kString},
    {"Url", "url", Type::kString},
    {"NetworkDurationMs", "networkDuration", Type::kReal},
    {"SendDurationMs", "sendDuration", Type::kReal},
    {"ReceiveDurationMs", "receiveDuration", Type::kReal},
    {"ProcessingDurationMs", "processingDuration", Type::kReal},
    {"TotalDurationMs", "totalDuration", Type::kReal},
    {"PerformanceBucket", "performanceBucket", Type::kString},
};

constexpr ColumnRow kPerformanceCounters[] = {
    {"Name", "name", Type::kString},       {"Category", "category", Type::kString},
    {"Counter", "counter", Type::kString}, {"Instance", "instance", Type::kString},
    {"Value", "value", Type::kReal},
};

// Of every Application Insights table.
constexpr ColumnRow kInsightsCommon[] = {
    {"Properties", "customDimensions", Type::kDynamic},
    {"Measurements", "customMeasurements", Type::kDynamic},
    {"OperationName", "operation_Name", Type::kString},
    {"OperationId", "operation_Id", Type::kString},
    {"ParentId", "operation_ParentId", Type::kString},
    {"SyntheticSource", "operation_SyntheticSource", Type::kString},
    {"SessionId", "session_Id", Type::kString},
    {"UserId", "user_Id", Type::kString},
    {"UserAuthenticatedId", "user_AuthenticatedId", Type::kString},
    {"UserAccountId", "user_AccountId", Type::kString},
    {"AppVersion", "application_Version", Type::kString},
    {"AppRoleName", "cloud_RoleName", Type::kString},
    {"AppRoleInstance", "cloud_RoleInstance", Type::kString},
    {"ClientType", "client_Type", Type::kString},
    {"ClientModel", "client_Model", Type::kString},
    {"ClientOS", "client_OS", Type::kString},
    {"ClientIP", "client_IP", Type::kString},
    {"ClientCity", "client_City", Type::kString},
    {"ClientStateOrProvince", "client_StateOrProvince", Type::kString},
    {"ClientCountryOrRegion", "client_CountryOrRegion", Type::kString},
    {"ClientBrowser", "client_Browser", Type::kString},
    {"ResourceGUID", "appId", Type::kString},
    {"IKey", "iKey", Type::kString},
    {"SDKVersion", "sdkVersion", Type::kString},
    {"ItemCount", "itemCount", Type::kInt},
};

// Ours: how far the rows that deployments are asked are from their models' training data (docs/drift.md).
constexpr ColumnRow kDriftGauges[] = {
    {"EndpointName", "", Type::kString}, {"DeploymentName", "", Type::kString}, {"ModelName", "", Type::kString},
    {"ModelVersion", "", Type::kString}, {"Feature", "", Type::kString},        {"FeatureKind", "", Type::kString},
    {"Window", "", Type::kString},       {"SampleCount", "", Type::kLong},      {"Psi", "", Type::kReal},
    {"ExpectedPsi", "", Type::kReal},    {"JensenShannon", "", Type::kReal},    {"MissingShare", "", Type::kReal},
    {"UnseenShare", "", Type::kReal},    {"Verdict", "", Type::kString},
};

struct TableRow {
  std::string_view name;
  std::string_view insight;    // the Application Insights name; "" for none
  std::string_view item_type;  // its itemType
  std::span<const ColumnRow> own;
};

constexpr TableRow kTables[] = {
    {"AmlOnlineEndpointConsoleLog", "", "", kConsoleLog},
    {"AmlOnlineEndpointTrafficLog", "", "", kTrafficLog},
    {"AmlOnlineEndpointEventLog", "", "", kEventLog},
    {"AzureMetrics", "", "", kAzureMetrics},
    {"SlipwayDriftGauges", "", "", kDriftGauges},
    {"AppTraces", "traces", "trace", kTraces},
    {"AppRequests", "requests", "request", kRequests},
    {"AppDependencies", "dependencies", "dependency", kDependencies},
    {"AppExceptions", "exceptions", "exception", kExceptions},
    {"AppEvents", "customEvents", "customEvent", kEvents},
    {"AppMetrics", "customMetrics", "customMetric", kMetrics},
    {"AppPageViews", "pageViews", "pageView", kPageViews},
    {"AppAvailabilityResults", "availabilityResults", "availabilityResult", kAvailability},
    {"AppBrowserTimings", "browserTimings", "browserTiming", kBrowserTimings},
    {"AppPerformanceCounters", "performanceCounters", "performanceCounter", kPerformanceCounters},
};

}  // namespace

std::string_view SqlTypeOf(Type type) {
  switch (type) {
    case Type::kBool:
      return "BOOLEAN";
    case Type::kInt:
      return "INTEGER";
    case Type::kLong:
    case Type::kDateTime:
    case Type::kTimespan:
      return "BIGINT";
    case Type::kReal:
      return "DOUBLE";
    default:
      return "VARCHAR";
  }
}

namespace {

std::string Quote(std::string_view name) {
  return duck::QuoteIdentifier(name);
}

std::string Literal(std::string_view text) {
  return duck::QuoteLiteral(text);
}

constexpr ColumnRow kStoreColumns[] = {
    {"_ItemId", "", Type::kString},
    {"_ResourceId", "", Type::kString},
    {kWorkspaceColumn, "", Type::kString},
    {kReceivedColumn, "", Type::kDateTime},
};

void AddStoreColumns(StoredTable& table) {
  for (const ColumnRow& column : kStoreColumns) table.columns.push_back({std::string(column.name), column.type});
}

StoredTable MakeStored(const TableRow& table) {
  StoredTable stored{std::string(table.name), {{std::string(kTimeColumn), Type::kDateTime}}};
  const auto add = [&](std::span<const ColumnRow> columns) {
    for (const ColumnRow& column : columns) stored.columns.push_back({std::string(column.name), column.type});
  };
  add(table.own);
  if (!table.insight.empty()) add(kInsightsCommon);
  AddStoreColumns(stored);
  return stored;
}

// "/subscriptions/<id>/…" → "<id>".
constexpr std::string_view kSubscriptionOfResource = "split_part(\"_ResourceId\", '/', 3)";

void AddStandardColumns(LogView& view, std::string_view type, std::string_view source) {
  const auto add = [&](std::string_view name, Type column_type, std::string expression) {
    view.columns.push_back({std::string(name), column_type, std::move(expression)});
  };
  add("SourceSystem", Type::kString, Literal(source));
  add("Type", Type::kString, Literal(type));
  add("_ResourceId", Type::kString, Quote("_ResourceId"));
  add("_SubscriptionId", Type::kString, std::string(kSubscriptionOfResource));
  add("_BilledSize", Type::kReal, "CAST(0 AS DOUBLE)");
  add("_IsBillable", Type::kString, Literal("False"));
  add(kReceivedColumn, Type::kDateTime, Quote(kReceivedColumn));
}

LogView MakeWorkspaceView(const TableRow& table) {
  LogView view{std::string(table.name), std::string(table.name), std::string(kTimeColumn), {}};
  const auto add = [&](std::string_view name, Type type, std::string expression) {
    view.columns.push_back({std::string(name), type, std::move(expression)});
  };
  add("TenantId", Type::kString, Quote(kWorkspaceColumn));
  add(kTimeColumn, Type::kDateTime, Quote(kTimeColumn));
  for (const ColumnRow& column : table.own) add(column.name, column.type, Quote(column.name));
  if (!table.insight.empty()) {
    for (const ColumnRow& column : kInsightsCommon) add(column.name, column.type, Quote(column.name));
    add("_ItemId", Type::kString, Quote("_ItemId"));
  }
  AddStandardColumns(view, table.name, "Azure");
  return view;
}

LogView MakeCustomView(const StoredTable& table) {
  LogView view{table.name, table.name, std::string(kTimeColumn), {}};
  view.columns.push_back({"TenantId", Type::kString, Quote(kWorkspaceColumn)});
  view.columns.push_back({std::string(kTimeColumn), Type::kDateTime, Quote(kTimeColumn)});
  for (const StoredColumn& column : OwnColumns(table)) {
    view.columns.push_back({column.name, column.type, Quote(column.name)});
  }
  AddStandardColumns(view, table.name, "RestAPI");
  return view;
}

LogView MakeInsightsView(const TableRow& table) {
  LogView view{std::string(table.insight), std::string(table.name), "timestamp", {}};
  const auto add = [&](std::string_view name, Type type, std::string expression) {
    view.columns.push_back({std::string(name), type, std::move(expression)});
  };
  add("timestamp", Type::kDateTime, Quote(kTimeColumn));
  for (const ColumnRow& column : table.own) {
    if (column.name == "Success") {
      add(column.insight, Type::kString, "CASE \"Success\" WHEN true THEN 'True' WHEN false THEN 'False' ELSE '' END");
    } else {
      add(column.insight, column.type, Quote(column.name));
    }
  }
  if (table.insight == "customMetrics") {
    add("value", Type::kReal, Quote("Sum"));
    add("valueCount", Type::kInt, Quote("ItemCount"));
  }
  add("itemType", Type::kString, Literal(table.item_type));
  for (const ColumnRow& column : kInsightsCommon) add(column.insight, column.type, Quote(column.name));
  add("itemId", Type::kString, Quote("_ItemId"));
  add("appName", Type::kString, Quote("_ResourceId"));
  add(kReceivedColumn, Type::kDateTime, Quote(kReceivedColumn));
  return view;
}

}  // namespace

int64_t ToTicks(Timestamp time) {
  return time.time_since_epoch().count() * kql::kTicksPerMicrosecond + kql::kUnixEpochTicks;
}

std::vector<StoredTable> BuiltInTables() {
  std::vector<StoredTable> tables;
  for (const TableRow& table : kTables) tables.push_back(MakeStored(table));
  return tables;
}

StoredTable CustomTable(std::string name, std::vector<StoredColumn> columns) {
  StoredTable table{std::move(name), {{std::string(kTimeColumn), Type::kDateTime}}, true};
  for (StoredColumn& column : columns) {
    if (column.name != kTimeColumn) table.columns.push_back(std::move(column));
  }
  AddStoreColumns(table);
  return table;
}

std::vector<StoredColumn> OwnColumns(const StoredTable& table) {
  std::vector<StoredColumn> own;
  for (const StoredColumn& column : table.columns) {
    const bool is_stores =
        column.name == kTimeColumn || std::any_of(std::begin(kStoreColumns), std::end(kStoreColumns),
                                                  [&](const ColumnRow& row) { return row.name == column.name; });
    if (!is_stores) own.push_back(column);
  }
  return own;
}

std::vector<LogView> ViewsOf(const StoredTable& table) {
  if (table.is_custom) return {MakeCustomView(table)};
  const auto row = std::find_if(std::begin(kTables), std::end(kTables),
                                [&](const TableRow& candidate) { return candidate.name == table.name; });
  if (row == std::end(kTables)) return {};
  std::vector<LogView> views = {MakeWorkspaceView(*row)};
  if (!row->insight.empty()) views.push_back(MakeInsightsView(*row));
  return views;
}

std::string CreateTableSql(const StoredTable& table) {
  std::string columns;
  for (const StoredColumn& column : table.columns) {
    columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", Quote(column.name), SqlTypeOf(column.type));
  }
  return fmt::format("CREATE TABLE IF NOT EXISTS {} ({});\n", Quote(table.relation()), columns);
}

namespace {

// The rows of files that have the same columns, as a SELECT of the table's.
std::string SelectSealed(const StoredTable& table, const std::vector<std::string>& present,
                         const std::vector<std::string>& paths) {
  std::string columns, files;
  for (const StoredColumn& column : table.columns) {
    const bool is_present = std::find(present.begin(), present.end(), column.name) != present.end();
    const std::string_view missing = column.type == Type::kString ? "''" : "NULL";
    columns +=
        fmt::format("{}{} AS {}", columns.empty() ? "" : ", ",
                    is_present ? Quote(column.name) : fmt::format("CAST({} AS {})", missing, SqlTypeOf(column.type)),
                    Quote(column.name));
  }
  for (const std::string& path : paths) files += (files.empty() ? "" : ", ") + Literal(path);
  return fmt::format("SELECT {} FROM read_parquet([{}])", columns, files);
}

// All rows of a table: those of the database, and those of its sealed files.
std::string RowsSql(const StoredTable& table, std::span<const SealedFile> sealed) {
  if (sealed.empty()) return Quote(table.relation());
  std::map<std::vector<std::string>, std::vector<std::string>> paths_by_columns;
  for (const SealedFile& file : sealed) paths_by_columns[file.columns].push_back(file.path);
  std::string names;
  for (const StoredColumn& column : table.columns) names += (names.empty() ? "" : ", ") + Quote(column.name);
  std::string sql = fmt::format("SELECT {} FROM {}", names, Quote(table.relation()));
  for (const auto& [columns, paths] : paths_by_columns) sql += " UNION ALL " + SelectSealed(table, columns, paths);
  return "(" + sql + ")";
}

}  // namespace

std::string CreateViewSql(const LogView& view, const StoredTable& table, std::span<const SealedFile> sealed) {
  std::string columns;
  for (const ViewColumn& column : view.columns)
    columns += fmt::format("{} AS {}, ", column.expression, Quote(column.name));
  return fmt::format("CREATE OR REPLACE VIEW {} AS SELECT {}{} AS {} FROM {};\n", Quote(view.name), columns,
                     Quote(kWorkspaceColumn), Quote(kScopeColumn), RowsSql(table, sealed));
}

}  // namespace slipway::logstore
