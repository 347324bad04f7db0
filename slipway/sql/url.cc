#include "slipway/sql/url.h"

#include <string_view>

#include <fmt/format.h>

namespace slipway::sql {
namespace {

constexpr std::string_view kSqlite = "sqlite://";

Result<DatabaseUrl> ParseSqlitePath(std::string path) {
  if (path.size() < 2 || path[0] != '/')
    return InvalidArgument(
        fmt::format("the database 'sqlite://{}' needs an absolute path, such as sqlite:///var/lib/slipway.db", path));
  if (path.find_first_of(std::string_view("\"\0", 2)) != std::string::npos)
    return InvalidArgument("the path of a database must hold neither quotes nor NUL characters");
  return DatabaseUrl{DatabaseUrl::Kind::kSqliteFile, std::move(path), {}};
}

}  // namespace

Result<DatabaseUrl> DatabaseUrl::Parse(const std::string& url) {
  if (url == "sqlite::memory:") return DatabaseUrl{};
  if (url.starts_with(kSqlite)) return ParseSqlitePath(url.substr(kSqlite.size()));
  if (url.starts_with("postgresql://") || url.starts_with("postgres://"))
    return DatabaseUrl{Kind::kPostgresql, {}, url};
  return InvalidArgument(
      fmt::format("a database starting with '{}' is not known: it must be sqlite:///path/to/file, sqlite::memory: or "
                  "postgresql://user:password@host/database",
                  url.substr(0, url.find_first_of(":/"))));
}

}  // namespace slipway::sql
