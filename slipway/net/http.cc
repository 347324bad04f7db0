#include "slipway/net/http.h"

#include <algorithm>

#include "slipway/base/text.h"

namespace slipway::net {

void Headers::Set(std::string_view name, std::string value) {
  Remove(name);
  Add(name, std::move(value));
}

void Headers::Add(std::string_view name, std::string value) {
  fields_.emplace_back(name, std::move(value));
}

const std::string* Headers::Find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (EqualsIgnoreCase(field, name)) return &value;
  }
  return nullptr;
}

void Headers::Remove(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return EqualsIgnoreCase(field.first, name); });
}

std::optional<std::string> Request::Parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (EqualsIgnoreCase(key, name)) return value;
  }
  return std::nullopt;
}

Response Response::Text(int status, std::string body, std::string_view content_type) {
  Response response;
  response.status = status;
  response.headers.Add("Content-Type", std::string(content_type));
  response.body = std::move(body);
  return response;
}

Response Response::Json(int status, std::string body) {
  return Text(status, std::move(body), "application/json");
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Entity";
    case 424:
      return "Failed Dependency";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

namespace {

// A query component as browsers and HTTP libraries write it: '+' is a blank.
std::optional<std::string> DecodeQueryPart(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return UrlDecode(spaced);
}

bool ParseQuery(std::string_view text, Query& query) {
  if (text.empty()) return true;
  for (std::string_view part : Split(text, '&')) {
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    auto key = DecodeQueryPart(part.substr(0, equals));
    auto value = DecodeQueryPart(equals == std::string_view::npos ? "" : part.substr(equals + 1));
    if (!key || !value) return false;
    query.emplace_back(std::move(*key), std::move(*value));
  }
  return true;
}

// "http://host/path" → "/path"; nothing when there is no path after the authority.
std::string_view DropAuthority(std::string_view target) {
  const size_t authority = target.find("://");
  const size_t path = target.find_first_of("/?", authority + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

}  // namespace

bool ParseTarget(std::string_view target, Request& request) {
  request.target = target;
  request.query.clear();
  if (StartsWithIgnoreCase(target, "http://") || StartsWithIgnoreCase(target, "https://")) {
    target = DropAuthority(target);
  }
  target = target.substr(0, target.find('#'));
  const bool is_control_free =
      std::none_of(target.begin(), target.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
  if (target.empty() || !is_control_free) return false;
  const size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  if (path != "*" && !path.starts_with('/')) return false;
  if (!UrlDecode(path)) return false;
  request.path = path;
  return question == std::string_view::npos || ParseQuery(target.substr(question + 1), request.query);
}

}  // namespace slipway::net
