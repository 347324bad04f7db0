// HTTP messages as values, shared by the server, the client and whoever handles requests.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::net {

// Header fields in order; names compare without case.
class Headers {
 public:
  void Set(std::string_view name, std::string value);  // replaces
  void Add(std::string_view name, std::string value);  // appends
  // The first value; nullptr when absent.
  const std::string* Find(std::string_view name) const;
  void Remove(std::string_view name);
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  size_t size() const { return fields_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

using Query = std::vector<std::pair<std::string, std::string>>;  // decoded, in order

struct Request {
  std::string method;  // upper case
  std::string target;  // as sent: path and query, still encoded
  std::string path;    // encoded path without query
  Query query;
  Headers headers;
  std::string body;
  std::string remote_address;
  bool secure = false;  // came over TLS
  // Asks to stop when the client has gone away, so that nobody waits for the answer. Work that takes long looks at it.
  std::stop_token client_gone;

  // First query parameter of that name ('$top' and 'api-version' included); names compare without case.
  std::optional<std::string> Parameter(std::string_view name) const;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;

  static Response Text(int status, std::string body, std::string_view content_type = "text/plain; charset=utf-8");
  static Response Json(int status, std::string body);
};

// The standard reason phrase ("Not Found"), "Unknown" otherwise.
std::string_view ReasonPhrase(int status);

// Fills path and query of a request from its target. False when the target is malformed.
bool ParseTarget(std::string_view target, Request& request);

}  // namespace slipway::net
