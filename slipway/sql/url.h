// Where a database is: the text that Database::Open takes. For this room's own files.
#pragma once

#include <string>

#include "slipway/base/result.h"

namespace slipway::sql {

struct DatabaseUrl {
  enum class Kind { kSqliteFile, kSqliteMemory, kPostgresql } kind = Kind::kSqliteMemory;
  std::string path;  // kSqliteFile: absolute
  std::string text;  // kPostgresql: the whole URL, as libpq reads it

  // The complaint never repeats a password.
  static Result<DatabaseUrl> Parse(const std::string& url);
};

}  // namespace slipway::sql
