#include "slipway/duck/connection.h"

#include <duckdb.h>

#include <thread>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/duck/result_impl.h"

namespace slipway::duck {
namespace {

Error FromDuckdb(duckdb_error_type type, const char* text) {
  std::string message = text == nullptr ? "DuckDB failed without a message" : text;
  switch (type) {
    case DUCKDB_ERROR_OUT_OF_MEMORY:
      return Error(Code::kResourceExhausted, std::move(message));
    case DUCKDB_ERROR_INTERRUPT:
      return Error(Code::kCancelled, std::move(message));
    case DUCKDB_ERROR_CONSTRAINT:
      return AlreadyExists(std::move(message));
    case DUCKDB_ERROR_TRANSACTION:
      return Error(Code::kConflict, std::move(message));
    case DUCKDB_ERROR_IO:
      return Unavailable(std::move(message));
    case DUCKDB_ERROR_INVALID_INPUT:
    case DUCKDB_ERROR_CONVERSION:
    case DUCKDB_ERROR_OUT_OF_RANGE:
    case DUCKDB_ERROR_PARSER:
    case DUCKDB_ERROR_BINDER:
    case DUCKDB_ERROR_CATALOG:
      return InvalidArgument(std::move(message));
    default:
      return Internal(std::move(message));
  }
}

// The kinds that only the text tells, where the C API gives no type.
Error FromText(const char* text) {
  const std::string_view message = text == nullptr ? "" : text;
  if (message.starts_with("INTERRUPT")) return FromDuckdb(DUCKDB_ERROR_INTERRUPT, text);
  if (message.starts_with("Out of Memory")) return FromDuckdb(DUCKDB_ERROR_OUT_OF_MEMORY, text);
  if (message.starts_with("IO Error")) return FromDuckdb(DUCKDB_ERROR_IO, text);
  if (message.starts_with("Parser Error") || message.starts_with("Binder Error") ||
      message.starts_with("Catalog Error")) {
    return FromDuckdb(DUCKDB_ERROR_BINDER, text);
  }
  return FromDuckdb(DUCKDB_ERROR_INVALID, text);
}

class PendingHandle {
 public:
  ~PendingHandle() { duckdb_destroy_pending(&handle_); }
  duckdb_pending_result* address() { return &handle_; }
  duckdb_pending_result get() const { return handle_; }

 private:
  duckdb_pending_result handle_ = nullptr;
};

// Runs the query's tasks on this thread (and DuckDB's own) until it is finished. One that is given up is interrupted,
// and its tasks are seen to their end: DuckDB's threads would go on with them, and the next statement wait.
Status RunTasks(duckdb_connection connection, duckdb_pending_result pending, const Patience& patience) {
  bool is_late = false, is_stopped = false;
  while (true) {
    const duckdb_pending_state state = duckdb_pending_execute_task(pending);
    if (state == DUCKDB_PENDING_ERROR) {
      if (is_stopped) return Error(Code::kCancelled, "the query was cancelled");
      if (is_late) return Error(Code::kDeadlineExceeded, "the query took longer than it may");
      return FromText(duckdb_pending_error(pending));
    }
    if (duckdb_pending_execution_is_finished(state)) return {};
    is_stopped = patience.stop.stop_requested();
    is_late = patience.deadline && std::chrono::steady_clock::now() >= *patience.deadline;
    if (is_stopped || is_late) duckdb_interrupt(connection);
    if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

Status SetOption(duckdb_config config, const char* name, const std::string& value) {
  if (duckdb_set_config(config, name, value.c_str()) == DuckDBSuccess) return {};
  return InvalidArgument(fmt::format("DuckDB refuses the setting {} = '{}'", name, value));
}

Status Configure(duckdb_config config, const DatabaseOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(SetOption(config, "memory_limit", options.memory_limit));
  SLIPWAY_RETURN_IF_ERROR(SetOption(config, "threads", std::to_string(options.threads)));
  SLIPWAY_RETURN_IF_ERROR(SetOption(config, "autoinstall_known_extensions", "false"));
  SLIPWAY_RETURN_IF_ERROR(SetOption(config, "autoload_known_extensions", "false"));
  // Tables have no order but that of an ORDER BY, which is kept in any case. Keeping the order of insertion as well
  // made DuckDB 1.4 take 100 KB a row for a LIMIT over a wide projection of strings.
  SLIPWAY_RETURN_IF_ERROR(SetOption(config, "preserve_insertion_order", "false"));
  // Which folders are allowed can be said only while everything is.
  const bool is_open = options.external_access || !options.allowed_folders.empty();
  return SetOption(config, "enable_external_access", is_open ? "true" : "false");
}

Status RestrictToFolders(duckdb_database database, const std::vector<std::filesystem::path>& folders) {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(database, &connection) != DuckDBSuccess) return Internal("DuckDB gives no connection");
  std::string list;
  for (const auto& folder : folders) list += (list.empty() ? "" : ", ") + QuoteLiteral(folder.string());
  const std::string sql = fmt::format("SET allowed_directories = [{}]; SET enable_external_access = false", list);
  duckdb_result result;
  Status status;
  if (duckdb_query(connection, sql.c_str(), &result) != DuckDBSuccess) status = FromText(duckdb_result_error(&result));
  duckdb_destroy_result(&result);
  duckdb_disconnect(&connection);
  return status;
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(handle_, other.handle_);
  return *this;
}

Statement::~Statement() {
  if (handle_ != nullptr) duckdb_destroy_prepare(&handle_);
}

Status Statement::Bind(std::span<const Value> parameters) {
  const idx_t wanted = duckdb_nparams(handle_);
  if (parameters.size() != wanted) {
    return Internal(fmt::format("the statement has {} parameters and got {}", wanted, parameters.size()));
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    struct Binder {
      duckdb_prepared_statement handle;
      idx_t index;
      duckdb_state operator()(std::monostate) const { return duckdb_bind_null(handle, index); }
      duckdb_state operator()(bool value) const { return duckdb_bind_boolean(handle, index, value); }
      duckdb_state operator()(int64_t value) const { return duckdb_bind_int64(handle, index, value); }
      duckdb_state operator()(double value) const { return duckdb_bind_double(handle, index, value); }
      duckdb_state operator()(const std::string& value) const {
        return duckdb_bind_varchar_length(handle, index, value.data(), value.size());
      }
    };
    if (std::visit(Binder{handle_, i + 1}, parameters[i]) != DuckDBSuccess) {
      return InvalidArgument(fmt::format("parameter {} cannot be bound", i + 1));
    }
  }
  return {};
}

Result<ResultSet> Statement::Run(std::span<const Value> parameters, const Patience& patience) {
  SLIPWAY_RETURN_IF_ERROR(Bind(parameters));
  PendingHandle pending;
  if (duckdb_pending_prepared(handle_, pending.address()) != DuckDBSuccess) {
    return FromText(duckdb_pending_error(pending.get()));
  }
  SLIPWAY_RETURN_IF_ERROR(RunTasks(connection_, pending.get(), patience));
  auto impl = std::make_unique<ResultSet::Impl>();
  if (duckdb_execute_pending(pending.get(), &impl->result) != DuckDBSuccess) {
    return FromDuckdb(duckdb_result_error_type(&impl->result), duckdb_result_error(&impl->result));
  }
  impl->PrepareColumns();
  return ResultSet(std::move(impl));
}

Appender::Appender(Appender&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), failed_(other.failed_) {}

Appender& Appender::operator=(Appender&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(failed_, other.failed_);
  return *this;
}

Appender::~Appender() {
  if (handle_ == nullptr) return;
  duckdb_appender_destroy(&handle_);
}

void Appender::AppendNull() {
  failed_ |= duckdb_append_null(handle_) != DuckDBSuccess;
}
void Appender::AppendBool(bool value) {
  failed_ |= duckdb_append_bool(handle_, value) != DuckDBSuccess;
}
void Appender::AppendInt32(int32_t value) {
  failed_ |= duckdb_append_int32(handle_, value) != DuckDBSuccess;
}
void Appender::AppendInt64(int64_t value) {
  failed_ |= duckdb_append_int64(handle_, value) != DuckDBSuccess;
}
void Appender::AppendDouble(double value) {
  failed_ |= duckdb_append_double(handle_, value) != DuckDBSuccess;
}
void Appender::AppendString(std::string_view value) {
  failed_ |= duckdb_append_varchar_length(handle_, value.data(), value.size()) != DuckDBSuccess;
}

Error Appender::TakeError() const {
  return FromText(duckdb_appender_error(handle_));
}

Status Appender::EndRow() {
  failed_ |= duckdb_appender_end_row(handle_) != DuckDBSuccess;
  if (failed_) return TakeError();
  return {};
}

Status Appender::Flush() {
  if (duckdb_appender_flush(handle_) != DuckDBSuccess) return TakeError();
  return {};
}

Connection::Connection(Connection&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Connection::~Connection() {
  if (handle_ != nullptr) duckdb_disconnect(&handle_);
}

Result<Statement> Connection::Prepare(const std::string& sql) {
  duckdb_prepared_statement prepared = nullptr;
  const duckdb_state state = duckdb_prepare(handle_, sql.c_str(), &prepared);
  Statement statement(handle_, prepared);
  if (state != DuckDBSuccess) return FromText(duckdb_prepare_error(prepared));
  return statement;
}

Result<ResultSet> Connection::Query(const std::string& sql, std::span<const Value> parameters,
                                    const Patience& patience) {
  SLIPWAY_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  return statement.Run(parameters, patience);
}

Status Connection::Execute(const std::string& sql) {
  duckdb_result result;
  const duckdb_state state = duckdb_query(handle_, sql.c_str(), &result);
  Status status;
  if (state != DuckDBSuccess) status = FromDuckdb(duckdb_result_error_type(&result), duckdb_result_error(&result));
  duckdb_destroy_result(&result);
  return status;
}

Result<Appender> Connection::AppendTo(const std::string& table) {
  duckdb_appender handle = nullptr;
  const duckdb_state state = duckdb_appender_create(handle_, nullptr, table.c_str(), &handle);
  Appender appender(handle);
  if (state != DuckDBSuccess) return appender.TakeError();
  return appender;
}

void Connection::Interrupt() {
  duckdb_interrupt(handle_);
}

Result<Transaction> Transaction::Begin(Connection& connection) {
  SLIPWAY_RETURN_IF_ERROR(connection.Execute("BEGIN TRANSACTION"));
  return Transaction(connection);
}

Transaction::~Transaction() {
  // A failed rollback leaves nothing to do: the connection is replaced or dies with its database.
  if (connection_ != nullptr) (void)connection_->Execute("ROLLBACK");
}

Status Transaction::Commit() {
  return std::exchange(connection_, nullptr)->Execute("COMMIT");
}

Result<Database> Database::Open(const std::filesystem::path& file, const DatabaseOptions& options) {
  duckdb_config config = nullptr;
  if (duckdb_create_config(&config) != DuckDBSuccess) return Internal("DuckDB makes no configuration");
  Status configured = Configure(config, options);
  duckdb_database handle = nullptr;
  char* text = nullptr;
  const duckdb_state state =
      configured ? duckdb_open_ext(file.empty() ? nullptr : file.c_str(), &handle, config, &text) : DuckDBError;
  duckdb_destroy_config(&config);
  if (!configured) return std::move(configured.error());
  if (state == DuckDBSuccess) {
    Database database(handle);
    if (!options.external_access && !options.allowed_folders.empty()) {
      SLIPWAY_RETURN_IF_ERROR(RestrictToFolders(handle, options.allowed_folders));
    }
    return database;
  }
  Error error = FromText(text);
  duckdb_free(text);
  return std::move(error).With(fmt::format("cannot open '{}'", file.string()));
}

Database::Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Database::~Database() {
  if (handle_ != nullptr) duckdb_close(&handle_);
}

Result<Connection> Database::Connect() const {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(handle_, &connection) != DuckDBSuccess) return Internal("DuckDB gives no connection");
  return Connection(connection);
}

std::string QuoteLiteral(std::string_view text) {
  return "'" + ReplaceAll(std::string(text), "'", "''") + "'";
}

std::string QuoteIdentifier(std::string_view name) {
  return "\"" + ReplaceAll(std::string(name), "\"", "\"\"") + "\"";
}

}  // namespace slipway::duck
