#include "slipway/net/exchange.h"

#include <algorithm>

#include "slipway/base/text.h"

namespace slipway::net {

std::string_view RequestView::Find(std::string_view name) const {
  for (const HeaderView& header : headers) {
    if (EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return {};
}

void AppendHeader(std::string& block, std::string_view name, std::string_view value) {
  block.append(name).append(": ");
  const auto begin = static_cast<std::string::difference_type>(block.size());
  block.append(value);
  std::replace_if(
      block.begin() + begin, block.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  block.append("\r\n");
}

}  // namespace slipway::net
