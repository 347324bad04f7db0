// Requests to a router without a socket, above the default workspace in a temporary folder.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/testing/ask.h"
#include "slipway/net/router.h"
#include "slipway/registry/testing/registry_fixture.h"

namespace slipway::api::testing {

class FaceFixture : public registry::testing::RegistryFixture {
 protected:
  struct Answer {
    int status = 0;
    nlohmann::json body;  // null when empty
    std::string text;
    net::Headers headers;
    // error.code and error.message of ARM's shape; "" where there is none.
    std::string code() const { return Of("code"); }
    std::string message() const { return Of("message"); }

   private:
    std::string Of(const char* key) const {
      return body.is_object() && body.contains("error") ? body["error"].value(key, "") : "";
    }
  };

  // `path` may hold a query.
  Answer Send(const std::string& method, const std::string& path, std::string body = "", net::Headers headers = {}) {
    net::Response response = Ask(router, method, path, std::move(body), std::move(headers));
    Answer answer{response.status, nullptr, std::move(response.body), std::move(response.headers)};
    answer.body = nlohmann::json::parse(answer.text, nullptr, false);
    if (answer.body.is_discarded()) answer.body = nullptr;
    return answer;
  }
  Answer SendJson(const std::string& method, const std::string& path, const nlohmann::json& body) {
    return Send(method, path, body.dump());
  }

  // "{W}" + rest.
  std::string W(const std::string& rest = "") const { return scope.ArmId() + rest; }

  net::Router router;
};

}  // namespace slipway::api::testing
