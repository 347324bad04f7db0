// Lists in pages as ARM has them: `$top` (or `count`) items from `$skip` on, and a nextLink while there are more.
#pragma once

#include <cstddef>
#include <functional>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/stores.h"
#include "slipway/net/http.h"

namespace slipway::api {

inline constexpr size_t kPageSize = 100;
inline constexpr size_t kPageSizeMax = 1000;  // what asks for more gets a nextLink

struct Page {
  size_t skip = 0;
  size_t size = kPageSize;
};
// kInvalidArgument for what is no number.
Result<Page> PageOf(const net::Request& request);

// `listViewType`; ActiveOnly without one. kInvalidArgument for another word.
Result<domain::ListView> ListViewOf(const net::Request& request);

// The server's address as this client reached it, e.g. "https://localhost:7301"; "" when it does not say.
std::string OwnUrl(const net::Request& request);

// {"value": […], "nextLink"}: of `count` items in all, those of the page, each given by `shape`.
net::Response PageAnswer(const net::Request& request, const Page& page, size_t count,
                         const std::function<nlohmann::json(size_t index)>& shape);

}  // namespace slipway::api
