#include "slipway/logstore/query_runner.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <re2/re2.h>

#include "slipway/base/log.h"
#include "slipway/logstore/result_cells.h"

namespace slipway::logstore {
namespace {

using kql::Type;

constexpr size_t kSlotsMax = 2'000;

int64_t ToTicks(Timestamp time) {
  return time.time_since_epoch().count() * kql::kTicksPerMicrosecond + kql::kUnixEpochTicks;
}

Status CheckRegex(std::string_view pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 regex(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (regex.ok()) return {};
  return InvalidArgument(regex.error());
}

// What the engine says is for the log; what a user reads says what to do.
Error ToUserError(const Error& error) {
  switch (error.code()) {
    case Code::kDeadlineExceeded:
      return Error(Code::kDeadlineExceeded, "the query took longer than it may; filter by time, or allow it more");
    case Code::kCancelled:
      return Error(Code::kCancelled, "the query was cancelled");
    case Code::kResourceExhausted:
      LogWarning("a query was refused memory: {}", error.ToString());
      return Error(Code::kResourceExhausted,
                   "the query needs more memory than it may have; filter or aggregate earlier");
    case Code::kUnavailable:
      return Error(Code::kUnavailable, "the log store cannot read its files now; see the server's log");
    default:
      break;
  }
  constexpr std::string_view kAssertion = "kql assert: ";
  if (const size_t at = error.message().find(kAssertion); at != std::string::npos)
    return InvalidArgument(fmt::format("assert: {}", error.message().substr(at + kAssertion.size())));
  if (error.message().find("Unknown TimeZone") != std::string::npos)
    return InvalidArgument("there is no time zone of that name; zones are called as in 'Europe/Paris'");
  LogWarning("a query failed while it ran: {}", error.ToString());
  if (error.message().find("Overflow") != std::string::npos ||
      error.message().find("out of range") != std::string::npos) {
    return InvalidArgument("the query failed while it ran: a number or a datetime grew beyond its range");
  }
  return Error(error.code() == Code::kInvalidArgument ? Code::kInvalidArgument : Code::kInternal,
               "the query failed while it ran; the server's log says more");
}

std::vector<duck::Value> ToValues(const std::vector<kql::sql::Parameter>& parameters) {
  std::vector<duck::Value> values;
  for (const auto& parameter : parameters) {
    values.push_back(std::visit([](const auto& value) -> duck::Value { return value; }, parameter));
  }
  return values;
}

// Keeps the rows before a bag_unpack in temporary tables of the connection.
class BagMaterializer {
 public:
  BagMaterializer(duck::Connection& connection, duck::Patience patience)
      : connection_(connection), patience_(std::move(patience)) {}

  Result<kql::MaterializedInput> Materialize(const kql::sql::Statement& input, const std::string& bag) {
    kql::MaterializedInput kept{fmt::format("kept_{}", count_++), {}};
    auto created = connection_.Query(fmt::format("CREATE TEMP TABLE {} AS {}", kept.table, input.text),
                                     ToValues(input.parameters), patience_);
    if (!created) return ToUserError(created.error());
    if (bag.empty()) return kept;
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<std::string> keys, FindKeys(kept.table, bag));
    if (keys.size() > kSlotsMax) {
      return InvalidArgument(
          fmt::format("bag_unpack would make {} columns; at most {} are possible", keys.size(), kSlotsMax));
    }
    if (!keys.empty()) {
      SLIPWAY_ASSIGN_OR_RETURN(kept.slots, FindTypes(kept.table, bag, keys));
    }
    return kept;
  }

 private:
  Result<std::vector<std::string>> FindKeys(const std::string& table, const std::string& bag) {
    auto result = connection_.Query(
        fmt::format("SELECT DISTINCT unnest(json_keys({0})) AS key FROM {1} WHERE json_type({0}) = 'OBJECT'", bag,
                    table),
        {}, patience_);
    if (!result) return ToUserError(result.error());
    std::vector<std::string> keys;
    while (result->NextChunk()) {
      for (size_t row = 0; row < result->chunk_rows(); ++row) keys.emplace_back(result->column(0).String(row));
    }
    return keys;
  }

  // The kinds of values of each slot as bits, in one reading of every bag.
  Result<std::vector<kql::BagSlot>> FindTypes(const std::string& table, const std::string& bag,
                                              const std::vector<std::string>& keys) {
    std::vector<duck::Value> pointers;
    std::string list, bits;
    for (size_t i = 0; i < keys.size(); ++i) {
      pointers.emplace_back(PointerTo(keys[i]));
      list += fmt::format("{}${}", i == 0 ? "" : ", ", i + 1);
      bits += fmt::format(
          "{}bit_or(CAST(CASE types[{}] WHEN 'VARCHAR' THEN {} WHEN 'BIGINT' THEN {} WHEN 'UBIGINT' THEN {} WHEN "
          "'DOUBLE' THEN {} WHEN "
          "'BOOLEAN' THEN {} WHEN 'NULL' THEN 0 ELSE {} END AS BIGINT)) FILTER (WHERE types[{}] IS NOT NULL)",
          i == 0 ? "" : ", ", i + 1, kText, kWhole, kWhole, kReal, kTruth, kOther, i + 1);
    }
    auto result = connection_.Query(
        fmt::format("SELECT {} FROM (SELECT json_type({}, [{}]) AS types FROM {} WHERE json_type({}) = 'OBJECT')", bits,
                    bag, list, table, bag),
        pointers, patience_);
    if (!result) return ToUserError(result.error());
    std::vector<kql::BagSlot> slots;
    const bool any = result->NextChunk();
    for (size_t i = 0; i < keys.size(); ++i) {
      const bool known = any && !result->column(i).IsNull(0);
      slots.push_back({keys[i], TypeOf(known ? result->column(i).Int64(0) : 0)});
    }
    return slots;
  }

  static std::string PointerTo(std::string key) {
    std::string pointer = "/";
    for (const char c : key) pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return pointer;
  }

  static constexpr int64_t kText = 1, kWhole = 2, kReal = 4, kTruth = 8, kOther = 16;
  // Whole and fractional numbers together are reals; other mixtures stay dynamic.
  static Type TypeOf(int64_t bits) {
    switch (bits) {
      case kText:
        return Type::kString;
      case kWhole:
        return Type::kLong;
      case kReal:
      case kReal | kWhole:
        return Type::kReal;
      case kTruth:
        return Type::kBool;
      default:
        return Type::kDynamic;
    }
  }

  duck::Connection& connection_;
  const duck::Patience patience_;
  int count_ = 0;
};

kql::CompileOptions MakeOptions(const QueryRequest& request, BagMaterializer& materializer) {
  kql::CompileOptions options;
  options.now_ticks = ToTicks(request.now);
  if (request.range.begin) options.begin = ToTicks(*request.range.begin);
  if (request.range.end) options.end = ToTicks(*request.range.end);
  options.scope = request.workspace_id;
  options.parameters = request.settings.parameters;
  options.disabled_passes = request.disabled_passes;
  options.check_regex = CheckRegex;
  options.materialize = [&materializer](const kql::sql::Statement& input, const std::string& bag) {
    return materializer.Materialize(input, bag);
  };
  return options;
}

Result<QueryResult> RunCompiled(duck::Connection& connection, const kql::CompiledQuery& query, size_t rows_max,
                                const duck::Patience& patience) {
  const std::string sql = fmt::format("SELECT * FROM ({}) AS t LIMIT {}", query.statement.text, rows_max + 1);
  auto answer = connection.Query(sql, ToValues(query.statement.parameters), patience);
  if (!answer) return ToUserError(answer.error());
  QueryResult result;
  result.visualization = query.visualization;
  for (const auto& column : query.columns)
    result.columns.push_back({column.name, std::string(kql::TypeName(column.type))});
  while (answer->NextChunk()) {
    for (size_t row = 0; row < answer->chunk_rows(); ++row) {
      if (result.rows.size() == rows_max) {
        result.is_truncated = true;
        return result;
      }
      std::vector<std::string>& cells = result.rows.emplace_back();
      cells.reserve(query.columns.size());
      for (size_t i = 0; i < query.columns.size(); ++i)
        cells.push_back(CellJson(answer->column(i), row, query.columns[i].type));
    }
  }
  return result;
}

duck::Patience PatienceOf(const QuerySettings& settings) {
  return {std::chrono::steady_clock::now() + std::chrono::milliseconds(settings.timeout_ms), settings.stop};
}

}  // namespace

Result<QueryResult> RunQuery(duck::Connection& connection, const kql::Catalog& catalog, const QueryRequest& request) {
  const auto started = std::chrono::steady_clock::now();
  const duck::Patience patience = PatienceOf(request.settings);
  auto transaction = duck::Transaction::Begin(connection);
  if (!transaction) return ToUserError(transaction.error());
  BagMaterializer materializer(connection, patience);
  SLIPWAY_ASSIGN_OR_RETURN(const auto compiled, kql::Compile(request.kql, catalog, MakeOptions(request, materializer)));
  const size_t rows_max =
      std::min(request.settings.rows_max, static_cast<size_t>(compiled.rows_max.value_or(INT64_MAX)));
  auto result = RunCompiled(connection, compiled, rows_max, patience);
  if (result)
    result->execution_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return result;
}

Result<std::string> ExplainQuery(duck::Connection& connection, const kql::Catalog& catalog, const QueryRequest& request,
                                 kql::Stage stage) {
  auto transaction = duck::Transaction::Begin(connection);
  if (!transaction) return ToUserError(transaction.error());
  BagMaterializer materializer(connection, PatienceOf(request.settings));
  return kql::Explain(request.kql, catalog, MakeOptions(request, materializer), stage);
}

}  // namespace slipway::logstore
