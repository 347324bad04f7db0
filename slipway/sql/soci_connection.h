// One SOCI session: its prepared statements and its transaction. For this room's own files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/sql/database.h"
#include "slipway/sql/url.h"

namespace slipway::sql {

enum class Access { kRead, kWrite };

// Not thread-safe.
class SociConnection final : public Connection {
 public:
  static Result<std::unique_ptr<SociConnection>> Open(const DatabaseUrl& url, Access access);
  ~SociConnection() override;

  Result<std::vector<Row>> Query(std::string_view sql, const std::vector<Value>& parameters) override;
  Result<int64_t> Execute(std::string_view sql, const std::vector<Value>& parameters) override;

  // A write transaction waits for all other writers, whatever process they are in.
  Status Begin();
  // Fails with the first failure of a statement since Begin, if there was one. Roll back then.
  Status Commit();
  void Rollback() noexcept;

  // The server has gone: nothing works any more on this connection.
  bool is_broken() const;

 private:
  struct State;
  explicit SociConnection(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace slipway::sql
