#include "slipway/sql/soci_connection.h"

#include <chrono>
#include <thread>
#include <unordered_map>

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <fmt/format.h>

#include "slipway/sql/soci_error.h"

namespace slipway::sql {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr size_t kStatementsMax = 256;        // forgotten all at once at the bound; texts are few
constexpr size_t kKeptTextBytes = 64 * 1024;  // of a parameter, after its statement ran

// The advisory lock of all writers of a database: "Slipway" as a number.
constexpr const char* kTakeWriterLock = "SELECT pg_advisory_xact_lock(23481623181222265)";

// A parameter's value at an address that outlives the statement, as SOCI wants it. NULL is text with an indicator.
struct Slot {
  std::string name;
  std::variant<std::string, long long, double> value;
  soci::indicator indicator = soci::i_ok;
};

char TypeLetter(const Value& value) {
  if (std::holds_alternative<int64_t>(value)) return 'i';
  return std::holds_alternative<double>(value) ? 'd' : 's';
}

void Fill(Slot& slot, const Value& value) {
  slot.indicator = std::holds_alternative<std::monostate>(value) ? soci::i_null : soci::i_ok;
  if (auto* number = std::get_if<int64_t>(&value)) std::get<long long>(slot.value) = *number;
  if (auto* number = std::get_if<double>(&value)) std::get<double>(slot.value) = *number;
  if (auto* text = std::get_if<std::string>(&value)) std::get<std::string>(slot.value) = *text;
}

Value ReadCell(const soci::row& row, size_t i) {
  if (row.get_indicator(i) == soci::i_null) return {};
  switch (row.get_properties(i).get_data_type()) {
    case soci::dt_integer:
      return static_cast<int64_t>(row.get<int>(i));
    case soci::dt_long_long:
      return static_cast<int64_t>(row.get<long long>(i));
    case soci::dt_unsigned_long_long:
      return static_cast<int64_t>(row.get<unsigned long long>(i));
    case soci::dt_double:
      return row.get<double>(i);
    default:
      return row.get<std::string>(i);
  }
}

Row ReadRow(const soci::row& row) {
  std::vector<Value> values;
  values.reserve(row.size());
  for (size_t i = 0; i < row.size(); ++i) values.push_back(ReadCell(row, i));
  return Row(std::move(values));
}

// SOCI reads a column that SQLite knows as INTEGER with 32 bits; SQLite stores 64 in it. The sanitizer's check of the
// dynamic type needs a symbol that SOCI's library does not export.
__attribute__((no_sanitize("vptr"))) void WidenIntegers(soci::statement& statement) {
  auto* backend = static_cast<soci::sqlite3_statement_backend*>(statement.get_backend());
  const int columns = backend->prepare_for_describe();
  for (int i = 1; i <= columns; ++i) {
    soci::data_type type;
    std::string name;
    backend->describe_column(i, type, name);
    if (type == soci::dt_integer) backend->columns_[i - 1].type_ = soci::dt_long_long;
  }
}

// A statement with the storage that its parameters are bound to.
class Prepared {
 public:
  Prepared(soci::session& session, std::string_view sql, const std::vector<Value>& parameters, bool gives_rows)
      : statement_(session), slots_(parameters.size()) {
    for (size_t i = 0; i < slots_.size(); ++i) Bind(slots_[i], i, parameters[i]);
    if (gives_rows) statement_.exchange(soci::into(row_));
    statement_.alloc();
    statement_.prepare(std::string(sql));
    if (gives_rows && session.get_backend_name() == "sqlite3") WidenIntegers(statement_);
    statement_.define_and_bind();
  }

  std::vector<Row> Query(const std::vector<Value>& parameters) {
    FillAll(parameters);
    std::vector<Row> rows;
    for (bool more = statement_.execute(true); more; more = statement_.fetch()) rows.push_back(ReadRow(row_));
    DropLongTexts();
    return rows;
  }

  int64_t Execute(const std::vector<Value>& parameters) {
    FillAll(parameters);
    statement_.execute(true);
    DropLongTexts();
    return statement_.get_affected_rows();
  }

 private:
  void Bind(Slot& slot, size_t index, const Value& value) {
    slot.name = fmt::format("p{}", index + 1);
    if (TypeLetter(value) == 'i') slot.value = 0LL;
    if (TypeLetter(value) == 'd') slot.value = 0.0;
    std::visit([&](auto& storage) { statement_.exchange(soci::use(storage, slot.indicator, slot.name)); }, slot.value);
  }
  void FillAll(const std::vector<Value>& parameters) {
    for (size_t i = 0; i < slots_.size(); ++i) Fill(slots_[i], parameters[i]);
  }
  void DropLongTexts() {
    for (Slot& slot : slots_)
      if (auto* text = std::get_if<std::string>(&slot.value); text && text->capacity() > kKeptTextBytes) *text = {};
  }

  soci::statement statement_;
  std::vector<Slot> slots_;
  soci::row row_;
};

Status CheckTexts(const std::vector<Value>& parameters) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto* text = std::get_if<std::string>(&parameters[i]);
    if (text && text->find('\0') != std::string::npos)
      return InvalidArgument(fmt::format("parameter {} holds a NUL character, which cannot be stored", i + 1));
  }
  return {};
}

// To change the mode, SQLite needs a new database for itself for a moment, and fails at once when another opens it too.
void UseWriteAheadLog(soci::session& session) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyTimeoutMs);
  while (true) {
    try {
      session << "PRAGMA journal_mode = WAL";
      return;
    } catch (const soci::sqlite3_soci_error& error) {
      if (error.result() != SQLITE_BUSY || std::chrono::steady_clock::now() >= deadline) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

std::unique_ptr<soci::session> OpenSqlite(const DatabaseUrl& url, Access access) {
  const bool is_file = url.kind == DatabaseUrl::Kind::kSqliteFile;
  auto session =
      std::make_unique<soci::session>(soci::sqlite3, fmt::format("dbname=\"{}\"", is_file ? url.path : ":memory:"));
  *session << fmt::format("PRAGMA busy_timeout = {}", kBusyTimeoutMs);
  *session << "PRAGMA foreign_keys = ON";
  if (is_file) UseWriteAheadLog(*session);
  *session << "PRAGMA synchronous = FULL";
  if (access == Access::kRead) *session << "PRAGMA query_only = ON";
  return session;
}

std::unique_ptr<soci::session> OpenPostgresql(const DatabaseUrl& url) {
  auto session = std::make_unique<soci::session>(soci::postgresql, url.text);
  *session << fmt::format("SET lock_timeout = {}", kBusyTimeoutMs);
  *session << "SET client_min_messages = warning";
  return session;
}

}  // namespace

struct SociConnection::State {
  bool is_postgresql = false;
  Access access = Access::kRead;
  std::unique_ptr<soci::session> session;
  // By text and types of the parameters. Declared after the session, so that they die before it.
  std::unordered_map<std::string, std::unique_ptr<Prepared>> statements;
  std::vector<std::unique_ptr<Prepared>> failed;  // since Begin
  std::optional<Error> failure;                   // the first since Begin
  bool is_broken = false;

  static std::string KeyOf(std::string_view sql, const std::vector<Value>& parameters, bool gives_rows) {
    std::string key(sql);
    key += gives_rows ? '?' : '!';
    for (const Value& value : parameters) key += TypeLetter(value);
    return key;
  }

  Prepared& Prepare(const std::string& key, std::string_view sql, const std::vector<Value>& parameters,
                    bool gives_rows) {
    if (const auto found = statements.find(key); found != statements.end()) return *found->second;
    if (statements.size() >= kStatementsMax) statements.clear();
    auto made = std::make_unique<Prepared>(*session, sql, parameters, gives_rows);
    return *statements.emplace(key, std::move(made)).first->second;
  }

  // A statement that failed is not used again. It has to outlive the transaction: PostgreSQL cannot drop it before.
  void Retire(const std::string& key) {
    const auto found = statements.find(key);
    if (found == statements.end()) return;  // it could not even be prepared
    failed.push_back(std::move(found->second));
    statements.erase(found);
  }

  template <typename Action>
  auto RunPrepared(std::string_view sql, const std::vector<Value>& parameters, bool gives_rows, const Action& action)
      -> Result<decltype(action(std::declval<Prepared&>()))> {
    SLIPWAY_RETURN_IF_ERROR(Noting(CheckTexts(parameters)));
    const std::string key = KeyOf(sql, parameters, gives_rows);
    auto result = Noting(CatchErrors([&]() -> Result<decltype(action(std::declval<Prepared&>()))> {
      return action(Prepare(key, sql, parameters, gives_rows));
    }));
    if (!result) Retire(key);
    return result;
  }

  template <typename T>
  Result<T> Noting(Result<T> result) {
    if (result) return result;
    if (!failure) failure = result.error();
    is_broken = is_broken || !session->get_backend()->is_connected();
    return result;
  }

  Status Run(const char* sql) {
    return Noting(CatchErrors([&]() -> Status {
      *session << sql;
      return {};
    }));
  }
};

SociConnection::SociConnection(std::unique_ptr<State> state) : state_(std::move(state)) {}
SociConnection::~SociConnection() = default;

Result<std::unique_ptr<SociConnection>> SociConnection::Open(const DatabaseUrl& url, Access access) {
  return CatchErrors([&]() -> Result<std::unique_ptr<SociConnection>> {
    auto state = std::make_unique<State>();
    state->is_postgresql = url.kind == DatabaseUrl::Kind::kPostgresql;
    state->access = access;
    state->session = state->is_postgresql ? OpenPostgresql(url) : OpenSqlite(url, access);
    return std::unique_ptr<SociConnection>(new SociConnection(std::move(state)));
  });
}

Result<std::vector<Row>> SociConnection::Query(std::string_view sql, const std::vector<Value>& parameters) {
  return state_->RunPrepared(sql, parameters, /*gives_rows=*/true,
                             [&](Prepared& statement) { return statement.Query(parameters); });
}

Result<int64_t> SociConnection::Execute(std::string_view sql, const std::vector<Value>& parameters) {
  return state_->RunPrepared(sql, parameters, /*gives_rows=*/false,
                             [&](Prepared& statement) { return statement.Execute(parameters); });
}

Status SociConnection::Begin() {
  state_->failure.reset();
  const bool is_writing = state_->access == Access::kWrite;
  if (!state_->is_postgresql) return state_->Run(is_writing ? "BEGIN IMMEDIATE" : "BEGIN");
  if (!is_writing) return state_->Run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  // Each statement sees what is committed by then: all of it, once the lock is ours.
  SLIPWAY_RETURN_IF_ERROR(state_->Run("BEGIN ISOLATION LEVEL READ COMMITTED"));
  return state_->Run(kTakeWriterLock);
}

Status SociConnection::Commit() {
  if (state_->failure) return *state_->failure;
  return state_->Run("COMMIT");
}

void SociConnection::Rollback() noexcept {
  // Fails when SQLite rolled back by itself, as it does on a full disk: then there is nothing to do.
  (void)state_->Run("ROLLBACK");
  state_->failed.clear();
}

bool SociConnection::is_broken() const {
  return state_->is_broken;
}

}  // namespace slipway::sql
