#include "slipway/net/exchange.h"

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
  for (const char c : value) block.push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
  block.append("\r\n");
}

}  // namespace slipway::net
