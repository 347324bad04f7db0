// ingest: how fast log records become rows, and how soon a query sees them.
//
//   ingest_bench ROWS ROUNDS SECONDS   {"drain": [rows/s, …], "appender": [rows/s, …], "freshness_ms": […], "rate": …}
//
// drain: the log store empties a spool of traffic records: reading segments, checking them, parsing JSON, one
// transaction a batch with its reading position. appender: DuckDB's own appender puts the same values, which stand
// ready in memory, into a table of the same columns, with as many rows a transaction. The two take turns. freshness:
// while a writer appends 5,000 requests a second and the store's own drainer runs, the time from the append of one more
// record to the answer of the first query that has it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/time.h"
#include "slipway/duck/connection.h"
#include "slipway/kql/type.h"
#include "slipway/logstore/drainer.h"
#include "slipway/logstore/log_store.h"
#include "slipway/logstore/schema.h"
#include "slipway/sdk/program.h"
#include "slipway/sdk/unwrap.h"
#include "slipway/spool/spool.h"

using namespace slipway;
using nlohmann::json;
using sdk::Unwrap;
using Steady = std::chrono::steady_clock;

namespace {

constexpr int kRowsOfTransaction = 20'000;
constexpr int kRequestsPerSecond = 5'000;
constexpr std::string_view kTable = "AmlOnlineEndpointTrafficLog";

double Seconds(Steady::time_point since) {
  return std::chrono::duration<double>(Steady::now() - since).count();
}

// What the gateway logs of one request.
std::string TrafficRow(std::string_view time, std::string_view request, int i) {
  return fmt::format(
      R"({{"TimeGenerated":"{}","Method":"POST","Path":"/endpoints/credit/score","Protocol":"HTTP/1.1","EndpointName":"credit","DeploymentName":"blue","AzureMLWorkspaceId":"w","AzureMLWorkspaceName":"default","Location":"local","OperationName":"Score","AuthType":"Key","IdentityData":"","ResponseCode":200,"ResponseCodeReason":"OK","ModelStatusCode":200,"ModelStatusReason":"OK","RequestPayloadSize":{},"ResponsePayloadSize":{},"UserAgent":"curl/8.0","XRequestId":"{}","XMSClientRequestId":"","TotalDurationMs":{},"RequestDurationMs":1,"ResponseDurationMs":1,"RequestThrottlingDelayMs":0,"ResponseThrottlingDelayMs":0,"QueueDurationUs":{}.5,"ParseDurationUs":2.25,"ScoreDurationUs":6.5,"EncodeDurationUs":1.125,"LogDurationUs":0.75,"WorkspaceId":"w"}})",
      time, 400 + i % 50, 90 + i % 9, request, i % 40, i % 20);
}

// Rows a second from a full spool to committed rows.
double MeasureDrain(int rows) {
  TemporaryDirectory folder = Unwrap(TemporaryDirectory::Make());
  const SystemClock clock;
  auto store = Unwrap(logstore::LogStore::Open(folder.path() / "logs", folder.path() / "spool", clock));
  Unwrap(store->Query("print 1", {}, ""));  // opens the database
  auto writer = Unwrap(spool::Writer::Open(folder.path() / "spool" / "gateway", {}));
  for (int i = 0; i < rows; ++i) {
    if (!writer->Append(kTable, TrafficRow("2026-03-04T10:00:00.123456Z", fmt::format("request-{}", i), i)))
      std::exit(3);
  }
  const auto started = Steady::now();
  const size_t drained = Unwrap(store->DrainSpools());
  const double seconds = Seconds(started);
  if (drained != static_cast<size_t>(rows)) std::exit(4);
  return rows / seconds;
}

// The same rows by DuckDB's appender alone.
double MeasureAppender(int rows) {
  TemporaryDirectory folder = Unwrap(TemporaryDirectory::Make());
  duck::Database database = Unwrap(duck::Database::Open(folder.path() / "peer.duckdb"));
  duck::Connection connection = Unwrap(database.Connect());
  std::vector<logstore::StoredTable> tables = logstore::BuiltInTables();
  const auto table = std::find_if(tables.begin(), tables.end(), [](const auto& one) { return one.name == kTable; });
  Unwrap(connection.Execute(logstore::CreateTableSql(*table)));
  std::vector<json> values;  // of one row, in the table's order; the request's id is made anew for each
  const json row = json::parse(TrafficRow("2026-03-04T10:00:00.123456Z", "", 0));
  for (const auto& column : table->columns) values.push_back(row.value(column.name, json()));
  std::vector<std::string> texts;
  for (const json& value : values) texts.push_back(value.is_string() ? value.get<std::string>() : "");
  const auto started = Steady::now();
  for (int done = 0; done < rows; done += kRowsOfTransaction) {
    duck::Transaction transaction = Unwrap(duck::Transaction::Begin(connection));
    duck::Appender appender = Unwrap(connection.AppendTo(table->relation()));
    for (int i = done; i < std::min(rows, done + kRowsOfTransaction); ++i) {
      char id[24];
      const auto id_end = fmt::format_to(id, "request-{}", i);
      for (size_t c = 0; c < table->columns.size(); ++c) {
        const auto& column = table->columns[c];
        if (column.type == kql::Type::kInt) {
          appender.AppendInt32(i % 400);
        } else if (column.type == kql::Type::kReal) {
          appender.AppendDouble(i % 20 + 0.5);
        } else if (column.type == kql::Type::kDateTime || column.type == kql::Type::kLong) {
          appender.AppendInt64(kql::kUnixEpochTicks + i);
        } else if (column.name == "XRequestId") {
          appender.AppendString({id, static_cast<size_t>(id_end - id)});
        } else {
          appender.AppendString(texts[c]);
        }
      }
      Unwrap(appender.EndRow());
    }
    Unwrap(appender.Flush());
    Unwrap(transaction.Commit());
  }
  return rows / Seconds(started);
}

// Appends at a steady rate until it is stopped; gives how many it appended.
size_t AppendSteadily(spool::Writer& writer, std::stop_token stop) {
  const auto started = Steady::now();
  size_t appended = 0;
  const SystemClock clock;
  while (!stop.stop_requested()) {
    const auto wanted = static_cast<size_t>(Seconds(started) * kRequestsPerSecond);
    const std::string now = FormatTimestamp(clock.Now());
    for (; appended < wanted; ++appended) {
      if (!writer.Append(kTable, TrafficRow(now, "other", static_cast<int>(appended)))) std::exit(5);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return appended;
}

std::vector<double> MeasureFreshness(int seconds, double& rate) {
  TemporaryDirectory folder = Unwrap(TemporaryDirectory::Make());
  const SystemClock clock;
  auto store = Unwrap(logstore::LogStore::Open(folder.path() / "logs", folder.path() / "spool", clock));
  Unwrap(store->Query("print 1", {}, ""));
  auto writer = Unwrap(spool::Writer::Open(folder.path() / "spool" / "gateway", {}));
  std::vector<double> delays;
  {
    const logstore::Drainer drainer(*store, std::chrono::milliseconds(500));
    size_t appended = 0;
    const auto started = Steady::now();
    std::jthread load([&](std::stop_token stop) { appended = AppendSteadily(*writer, stop); });
    for (int i = 0; Seconds(started) < seconds; ++i) {
      const std::string id = fmt::format("probe-{}", i);
      const auto asked = Steady::now();
      if (!writer->Append(kTable, TrafficRow(FormatTimestamp(clock.Now()), id, i))) std::exit(6);
      const std::string query = fmt::format("{} | where XRequestId == '{}' | count", kTable, id);
      while (Unwrap(store->Query(query, {}, "")).rows.at(0).at(0) != "1") {
      }
      delays.push_back(Seconds(asked) * 1000);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    load.request_stop();
    load.join();
    rate = static_cast<double>(appended) / Seconds(started);
  }
  return delays;
}

void Bench(int rows, int rounds, int seconds) {
  json report = {{"rows", rows}, {"drain", json::array()}, {"appender", json::array()}};
  for (int round = 0; round < rounds; ++round) {
    report["appender"].push_back(MeasureAppender(rows));
    report["drain"].push_back(MeasureDrain(rows));
  }
  double rate = 0;
  report["freshness_ms"] = MeasureFreshness(seconds, rate);
  report["rate"] = rate;
  std::puts(report.dump().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: ingest_bench ROWS ROUNDS SECONDS\n", stderr);
    return 2;
  }
  return sdk::RunProgram(
      1, argv, [&](const sdk::Arguments&) { Bench(std::atoi(argv[1]), std::atoi(argv[2]), std::atoi(argv[3])); });
}
