// One line of collected data: a CloudEvents 1.0 record as JSON, its attributes in lower case, as Azure's model data
// collector writes them (docs/data-collection.md lists the members). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slipway/base/time.h"

namespace slipway::gateway::collection {

struct Record {
  std::string_view collection;  // "model_inputs"
  std::string_view source;      // ARM id of the deployment
  std::string_view id;          // of the record
  std::string_view correlation_id;
  Timestamp time;
  std::string_view collect_data_type;  // "" = is left out
  std::string_view agent;
  std::vector<std::pair<std::string_view, std::string_view>> extra;  // texts: path, method …
  int status_code = 0;                                               // 0 = is left out
  std::vector<std::pair<std::string, std::string>> headers;          // captured ones
};

// What a record carries.
struct Payload {
  enum class Kind {
    kJson,  // `text` is JSON on one line
    kText,  // any UTF-8
    kUri,   // `text` names the file that holds it
    kRows,  // as kUri, of a file with the rows as JSON
  };
  Kind kind = Kind::kJson;
  std::string text;
  size_t size = 0;  // of the payload itself, in bytes
};

// With the line break.
std::string RecordLine(const Record& record, const Payload& payload);

// How a request's or an answer's body is carried: JSON as such, other text as text; nothing when it is neither, so
// that it needs a file.
std::optional<Payload> PayloadOf(std::string_view body);

}  // namespace slipway::gateway::collection
