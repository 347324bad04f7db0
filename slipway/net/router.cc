#include "slipway/net/router.h"

#include <algorithm>
#include <span>

#include "slipway/base/assert.h"
#include "slipway/base/text.h"

namespace slipway::net {
namespace {

// "/a/b%20c/" → {"a", "b c", ""}; nothing when an escape is malformed.
std::optional<std::vector<std::string>> DecodedSegments(std::string_view encoded_path) {
  if (encoded_path.starts_with('/')) encoded_path.remove_prefix(1);
  std::vector<std::string> segments;
  for (std::string_view part : Split(encoded_path, '/')) {
    auto decoded = UrlDecode(part);
    if (!decoded) return std::nullopt;
    segments.push_back(std::move(*decoded));
  }
  return segments;
}

}  // namespace

void Router::Add(std::string_view method, std::string_view pattern, RouteHandler handler) {
  SLIPWAY_ASSERT(pattern.starts_with('/'));
  Route route{std::string(method), {}, std::move(handler)};
  for (std::string_view part : Split(pattern.substr(1), '/')) {
    if (part.starts_with('{') && part.ends_with("...}")) {
      route.segments.push_back({Segment::Kind::kRest, std::string(part.substr(1, part.size() - 5))});
    } else if (part.starts_with('{') && part.ends_with('}')) {
      route.segments.push_back({Segment::Kind::kParameter, std::string(part.substr(1, part.size() - 2))});
    } else {
      route.segments.push_back({Segment::Kind::kLiteral, std::string(part)});
    }
  }
  routes_.push_back(std::move(route));
}

bool Router::Matches(const Route& route, const std::vector<std::string>& path, PathParameters* parameters) {
  for (size_t i = 0; i < route.segments.size(); ++i) {
    const Segment& segment = route.segments[i];
    if (segment.kind == Segment::Kind::kRest) {
      const size_t from = std::min(i, path.size());
      if (parameters) (*parameters)[segment.text] = Join(std::span(path).subspan(from), "/");
      return true;
    }
    if (i >= path.size()) return false;
    if (segment.kind == Segment::Kind::kLiteral) {
      if (!EqualsIgnoreCase(segment.text, path[i])) return false;
    } else {
      if (path[i].empty()) return false;
      if (parameters) (*parameters)[segment.text] = path[i];
    }
  }
  const bool ends_with_slash = path.size() == route.segments.size() + 1 && path.back().empty();
  return path.size() == route.segments.size() || ends_with_slash;
}

bool Router::IsMoreSpecific(const Route& a, const Route& b) {
  for (size_t i = 0; i < std::min(a.segments.size(), b.segments.size()); ++i) {
    if (a.segments[i].kind != b.segments[i].kind) return a.segments[i].kind > b.segments[i].kind;
  }
  return a.segments.size() > b.segments.size();
}

Router::Match Router::Find(std::string_view method, std::string_view encoded_path) const {
  Match match;
  const auto path = DecodedSegments(encoded_path);
  if (!path) return match;
  const Route* best = nullptr;
  const auto consider = [&](std::string_view wanted) {
    for (const Route& route : routes_) {
      if (route.method != wanted || !Matches(route, *path, nullptr)) continue;
      if (!best || IsMoreSpecific(route, *best)) best = &route;
    }
  };
  consider(method);
  if (!best && method == "HEAD") consider("GET");
  if (best) {
    match.handler = &best->handler;
    Matches(*best, *path, &match.parameters);
    return match;
  }
  for (const Route& route : routes_) {
    const bool is_known = std::find(match.allowed.begin(), match.allowed.end(), route.method) != match.allowed.end();
    if (!is_known && Matches(route, *path, nullptr)) match.allowed.push_back(route.method);
  }
  return match;
}

}  // namespace slipway::net
