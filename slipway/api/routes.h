// Adds the methods of a face to a router. For this room's own files.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "slipway/api/answer.h"
#include "slipway/base/result.h"
#include "slipway/net/router.h"

namespace slipway::api {

// The face lives as long as the routes.
template <class Face>
class Routes {
 public:
  using Handler = Result<net::Response> (Face::*)(const net::Request&, const net::PathParameters&) const;

  Routes(net::Router& router, std::shared_ptr<const Face> face) : router_(router), face_(std::move(face)) {}

  // Errors become answers of ARM's shape.
  void Add(std::string_view method, std::string_view pattern, Handler handler) {
    router_.Add(method, pattern,
                [face = face_, handler](const net::Request& request, const net::PathParameters& parameters) {
                  auto answer = ((*face).*handler)(request, parameters);
                  return answer ? std::move(*answer) : ErrorAnswer(answer.error());
                });
  }

 private:
  net::Router& router_;
  std::shared_ptr<const Face> face_;
};

}  // namespace slipway::api
