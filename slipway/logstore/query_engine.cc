#include "slipway/logstore/query_engine.h"

#include <string>

#include "slipway/duck/scalar_function.h"
#include "slipway/kql/native/native.h"
#include "slipway/kql/sql/sql.h"

namespace slipway::logstore {
namespace {

Status RegisterFunctions(duck::Connection& connection) {
  for (const kql::native::Function& function : kql::native::AllFunctions()) {
    duck::ScalarFunction registered;
    registered.name = std::string(kql::native::kPrefix) + std::string(function.name);
    registered.parameters = function.parameters;
    registered.result = function.result;
    registered.code = function.code;
    registered.takes_nulls = function.takes_nulls;
    SLIPWAY_RETURN_IF_ERROR(duck::Register(connection, registered));
  }
  return {};
}

}  // namespace

Status PrepareConnection(duck::Connection& connection) {
  // Functions belong to the database, macros to the connection.
  if (!connection.Query("SELECT kqln_ready()")) SLIPWAY_RETURN_IF_ERROR(RegisterFunctions(connection));
  return connection.Execute(std::string(kql::sql::Prelude()));
}

}  // namespace slipway::logstore
