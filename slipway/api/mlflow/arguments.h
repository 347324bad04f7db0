// The arguments of a call to MLflow's API: of the query for GET, of the JSON body otherwise; and how answers are
// written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/net/http.h"

namespace slipway::api::mlflow {

// A JSON object whose members are read by type; null is as good as missing, and what protocol buffers take for a number
// or a text is taken. Errors are kInvalidArgument and name the member.
class Arguments {
 public:
  // Of a request. A body may be a JSON string that holds the object once more; no body is an empty object.
  static Result<Arguments> Of(const net::Request& request);
  explicit Arguments(nlohmann::json object, std::string where = "")
      : object_(std::move(object)), where_(std::move(where)) {}

  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  Result<std::string> Text(std::string_view key, std::string_view otherwise = "") const;
  Result<std::string> RequireText(std::string_view key) const;  // not empty
  Result<int64_t> Integer(std::string_view key, int64_t otherwise) const;
  Result<int64_t> RequireInteger(std::string_view key) const;
  Result<double> RequireNumber(std::string_view key) const;  // "NaN", "Infinity", "-Infinity" too
  Result<bool> Boolean(std::string_view key, bool otherwise) const;
  Result<std::vector<std::string>> TextList(std::string_view key) const;  // one text is a list of one
  Result<std::vector<Arguments>> ObjectList(std::string_view key) const;
  Result<Arguments> Object(std::string_view key) const;
  // [{"key", "value"}]; the last of equal keys wins.
  Result<domain::Tags> Tags(std::string_view key = "tags") const;
  // run_id, or run_uuid as old clients call it.
  Result<std::string> RunId() const;

  void Set(std::string_view key, std::string value) { object_[std::string(key)] = std::move(value); }
  const nlohmann::json& object() const { return object_; }

 private:
  const nlohmann::json* Find(std::string_view key) const;
  Error Wrong(std::string_view key, std::string_view expected) const;

  nlohmann::json object_;
  std::string where_;  // "metrics[2]." or ""
};

// {"error_code", "message"} with the status that belongs to it.
net::Response ErrorAnswer(const Error& error);

// A number, or the text that stands for one that JSON does not have.
nlohmann::json NumberJson(double value);
// [{"key", "value"}, …].
nlohmann::json PairsJson(const std::map<std::string, std::string>& pairs);

// Pages: tokens hold an offset, as MLflow's own do.
struct Page {
  size_t offset = 0;
  size_t size = 0;
};
Result<Page> PageOf(const Arguments& arguments, int64_t default_size, int64_t size_max);
std::string PageToken(size_t offset);

// ACTIVE_ONLY, DELETED_ONLY or ALL, by name or number.
enum class View { kActiveOnly, kDeletedOnly, kAll };
Result<View> ViewOf(const Arguments& arguments, std::string_view key);
bool IsSeen(bool is_deleted, View view);

}  // namespace slipway::api::mlflow
