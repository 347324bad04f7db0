#include "slipway/api/paging.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

using nlohmann::json;

Result<size_t> Count(const net::Request& request, std::string_view parameter, size_t otherwise) {
  const auto text = request.Parameter(parameter);
  if (!text || text->empty()) return otherwise;
  const auto value = ParseInt(*text);
  if (value && *value >= 0) return static_cast<size_t>(*value);
  return InvalidArgument(fmt::format("'{}' of the query must be a whole number, not '{}'", parameter, *text));
}

// Clients add their first query to the link again: what stands first in it wins.
std::string NextLink(const net::Request& request, size_t skip) {
  std::string link = fmt::format("{}{}?$skip={}", OwnUrl(request), request.path, skip);
  for (const auto& [key, value] : request.query) {
    if (!EqualsIgnoreCase(key, "$skip")) link += fmt::format("&{}={}", key, UrlEncode(value));
  }
  return link;
}

}  // namespace

Result<Page> PageOf(const net::Request& request) {
  Page page;
  SLIPWAY_ASSIGN_OR_RETURN(page.skip, Count(request, "$skip", 0));
  SLIPWAY_ASSIGN_OR_RETURN(page.size, Count(request, "count", kPageSize));
  SLIPWAY_ASSIGN_OR_RETURN(page.size, Count(request, "$top", page.size));
  if (page.size == 0) page.size = kPageSize;
  page.size = std::min(page.size, kPageSizeMax);
  return page;
}

Result<domain::ListView> ListViewOf(const net::Request& request) {
  const std::string view = request.Parameter("listViewType").value_or("ActiveOnly");
  if (view.empty() || EqualsIgnoreCase(view, "ActiveOnly")) return domain::ListView::kActiveOnly;
  if (EqualsIgnoreCase(view, "ArchivedOnly")) return domain::ListView::kArchivedOnly;
  if (EqualsIgnoreCase(view, "All")) return domain::ListView::kAll;
  return InvalidArgument(
      fmt::format("'listViewType' of the query must be ActiveOnly, ArchivedOnly or All, not '{}'", view));
}

std::string OwnUrl(const net::Request& request) {
  const std::string* host = request.headers.Find("Host");
  return host && !host->empty() ? fmt::format("{}://{}", request.secure ? "https" : "http", *host) : "";
}

net::Response PageAnswer(const net::Request& request, const Page& page, size_t count,
                         const std::function<json(size_t)>& shape) {
  json values = json::array();
  const size_t begin = std::min(count, page.skip);
  const size_t end = begin + std::min(count - begin, page.size);
  for (size_t i = begin; i < end; ++i) values.push_back(shape(i));
  json body = {{"value", std::move(values)}};
  if (end < count) body["nextLink"] = NextLink(request, end);
  return JsonAnswer(200, body);
}

}  // namespace slipway::api
