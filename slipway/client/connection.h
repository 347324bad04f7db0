// JSON over HTTP with the control plane: errors, paging, long-running operations as ARM has them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/client/server_address.h"
#include "slipway/net/http.h"

namespace slipway::net {
class Client;
}

namespace slipway::client {

// Called for every exchange (`--debug`); bodies and tokens are not shown.
using Trace = std::function<void(std::string_view line)>;

// Not thread-safe. Paths are absolute on the server ("/subscriptions/…") and may hold a query.
class Connection {
 public:
  explicit Connection(ServerAddress address, Trace trace = {});
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  const ServerAddress& address() const { return address_; }

  // One exchange; every answer is a good result. kUnavailable, with advice, when no server answers.
  Result<net::Response> Send(std::string_view method, std::string_view path, std::string_view body = {},
                             std::string_view content_type = "application/json", const net::Headers& headers = {});

  // The answer's JSON (null for an empty body). A status of 400 and up is an Error with the server's message.
  Result<nlohmann::json> Get(std::string_view path);
  Result<nlohmann::json> Post(std::string_view path, const nlohmann::json& body);
  // Wait for the end of the operation that the server may start, and give the resource as it is then.
  Result<nlohmann::json> Put(std::string_view path, const nlohmann::json& body);
  Result<nlohmann::json> Patch(std::string_view path, const nlohmann::json& body);
  Result<nlohmann::json> PostAndWait(std::string_view path, const nlohmann::json& body);
  Status Delete(std::string_view path);
  // Return what the server answers at once.
  Result<nlohmann::json> StartPut(std::string_view path, const nlohmann::json& body);
  Status StartDelete(std::string_view path);

  // All pages of a list, up to `limit` items (0 = all).
  Result<std::vector<nlohmann::json>> List(std::string_view path, size_t limit = 0);

 private:
  Result<net::Response> Checked(std::string_view method, std::string_view path, const nlohmann::json* body);
  Result<nlohmann::json> Await(const net::Response& start, std::string_view resource_path);
  Result<nlohmann::json> AwaitOperation(const std::string& path, std::string_view resource_path);
  Result<nlohmann::json> AwaitLocation(const std::string& path);
  Result<nlohmann::json> AwaitResource(nlohmann::json resource, std::string_view path);

  ServerAddress address_;
  Trace trace_;
  std::unique_ptr<net::Client> http_;
};

// The Error for an answer of status 400 and up, in ARM's, MLflow's or the query API's shape.
Error ErrorOf(const net::Response& response);

}  // namespace slipway::client
