// What a connection needs before it runs statements of the query compiler.
#pragma once

#include "slipway/base/result.h"
#include "slipway/duck/connection.h"

namespace slipway::logstore {

// Defines the macros on the connection and, once a database, the native functions. Not to be called on two connections
// of one database at the same time.
Status PrepareConnection(duck::Connection& connection);

}  // namespace slipway::logstore
