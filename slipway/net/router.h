// Path patterns to handlers: "/subscriptions/{sub}/providers/…/{name}". Literal segments match without case (ARM does);
// "{name}" takes one decoded segment that is not empty, "{rest...}" at the end takes all that remains, even nothing
// (decoded, '/' kept). One '/' at the end of a path is ignored where no "{rest...}" takes it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/net/http.h"

namespace slipway::net {

using PathParameters = std::map<std::string, std::string, std::less<>>;
using RouteHandler = std::function<Response(const Request&, const PathParameters&)>;

// Built once, then read by any number of threads. Literal segments win over parameters, leftmost first.
class Router {
 public:
  void Add(std::string_view method, std::string_view pattern, RouteHandler handler);

  // The outcome of a look-up: the handler to call, or 404 / 405 with the methods that would do. HEAD falls back to GET.
  struct Match {
    const RouteHandler* handler = nullptr;
    PathParameters parameters;
    std::vector<std::string> allowed;  // filled when the path is known but not with this method
  };
  Match Find(std::string_view method, std::string_view encoded_path) const;

 private:
  struct Segment {
    enum class Kind { kRest, kParameter, kLiteral };  // in rising order of precedence
    Kind kind;
    std::string text;  // the literal, or the parameter's name
  };
  struct Route {
    std::string method;
    std::vector<Segment> segments;
    RouteHandler handler;
  };
  static bool Matches(const Route& route, const std::vector<std::string>& path, PathParameters* parameters);
  static bool IsMoreSpecific(const Route& a, const Route& b);

  std::vector<Route> routes_;
};

}  // namespace slipway::net
