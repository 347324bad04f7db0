#include "slipway/logstore/schema.h"

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
    {"OperationName", "", Type::kString},      {"InstanceId", "", Type::kString},
    {"DeploymentName", "", Type::kString},     {"ContainerName", "", Type::kString},
    {"ContainerImageName", "", Type::kString}, {"Message", "", Type::kString},
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
    {"AppTraces", "traces", "trace", kTraces},
    {"AppRequests", "requests", "request", kRequests},
    {"AppDependencies", "dependencies", "dependency", kDependencies},
    {"AppExceptions", "exceptions", "exception", kExceptions},
    {"AppEvents", "customEvents", "customEvent", kEvents},
    {"AppMetrics", "customMetrics", "customMetric", kMetrics},
};

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

std::string Quote(std::string_view name) {
  return duck::QuoteIdentifier(name);
}

std::string Literal(std::string_view text) {
  return fmt::format("'{}'", text);  // of this file's own names only
}

StoredTable MakeStored(const TableRow& table) {
  StoredTable stored{std::string(table.name), {{std::string(kTimeColumn), Type::kDateTime}}};
  const auto add = [&](std::span<const ColumnRow> columns) {
    for (const ColumnRow& column : columns) stored.columns.push_back({std::string(column.name), column.type});
  };
  add(table.own);
  if (!table.insight.empty()) add(kInsightsCommon);
  for (const std::string_view name : {std::string_view("_ItemId"), std::string_view("_ResourceId"), kWorkspaceColumn}) {
    stored.columns.push_back({std::string(name), Type::kString});
  }
  return stored;
}

// "/subscriptions/<id>/…" → "<id>".
constexpr std::string_view kSubscriptionOfResource = "split_part(\"_ResourceId\", '/', 3)";

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
  add("SourceSystem", Type::kString, Literal("Azure"));
  add("Type", Type::kString, Literal(table.name));
  add("_ResourceId", Type::kString, Quote("_ResourceId"));
  add("_SubscriptionId", Type::kString, std::string(kSubscriptionOfResource));
  add("_BilledSize", Type::kReal, "CAST(0 AS DOUBLE)");
  add("_IsBillable", Type::kString, Literal("False"));
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
  return view;
}

}  // namespace

std::vector<StoredTable> AllStoredTables() {
  std::vector<StoredTable> tables;
  for (const TableRow& table : kTables) tables.push_back(MakeStored(table));
  return tables;
}

std::vector<LogView> AllViews() {
  std::vector<LogView> views;
  for (const TableRow& table : kTables) {
    views.push_back(MakeWorkspaceView(table));
    if (!table.insight.empty()) views.push_back(MakeInsightsView(table));
  }
  return views;
}

std::string SchemaSql() {
  std::string sql;
  for (const StoredTable& table : AllStoredTables()) {
    std::string columns;
    for (const StoredColumn& column : table.columns) {
      columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", Quote(column.name), SqlTypeOf(column.type));
    }
    sql += fmt::format("CREATE TABLE IF NOT EXISTS {} ({});\n", Quote(table.relation()), columns);
  }
  for (const LogView& view : AllViews()) {
    std::string columns;
    for (const ViewColumn& column : view.columns)
      columns += fmt::format("{} AS {}, ", column.expression, Quote(column.name));
    sql += fmt::format("CREATE OR REPLACE VIEW {} AS SELECT {}{} AS {} FROM {};\n", Quote(view.name), columns,
                       Quote(kWorkspaceColumn), Quote(kScopeColumn), Quote("log_" + view.table));
  }
  return sql;
}

}  // namespace slipway::logstore
