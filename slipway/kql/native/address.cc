// IP addresses. An IPv4 address is also an IPv6 one, as ::ffff:a.b.c.d.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/native/support.h"

namespace slipway::kql::native {
namespace {

// "a.b.c.d", or "a.b.c.d/n"; parts without leading zeros.
struct Range4 {
  uint32_t address = 0;
  int bits = 32;
};

std::optional<uint32_t> ReadAddress4(std::string_view text) {
  uint32_t address = 0;
  const auto parts = Split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  for (const std::string_view part : parts) {
    const bool digits = !part.empty() && part.size() <= 3 &&
                        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || (part.size() > 1 && part[0] == '0')) return std::nullopt;
    const auto value = ParseInt(part);
    if (!value || *value > 255) return std::nullopt;
    address = address << 8 | static_cast<uint32_t>(*value);
  }
  return address;
}

std::optional<int> ReadBits(std::string_view text, int most) {
  if (text.empty() || text.size() > 3) return std::nullopt;
  const auto bits = ParseInt(text);
  if (!bits || *bits < 0 || *bits > most) return std::nullopt;
  return static_cast<int>(*bits);
}

std::optional<Range4> ReadRange4(std::string_view text) {
  text = Trim(text);
  const size_t slash = text.find('/');
  const auto address = ReadAddress4(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Range4{*address, 32};
  const auto bits = ReadBits(text.substr(slash + 1), 32);
  if (!bits) return std::nullopt;
  return Range4{*address, *bits};
}

uint32_t Mask4(int64_t bits) {
  return bits <= 0 ? 0 : ~uint32_t{0} << (32 - std::min<int64_t>(bits, 32));
}

std::string Show4(uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

Value ParseIpv4(Arguments a) {
  const auto range = ReadRange4(Text(a[0]));
  if (!range) return {};
  return static_cast<int64_t>(range->address & Mask4(range->bits));
}

Value ParseIpv4Mask(Arguments a) {
  const auto range = ReadRange4(Text(a[0]));
  if (!range || Long(a[1]) < 0 || Long(a[1]) > 32) return {};
  return static_cast<int64_t>(range->address & Mask4(std::min<int64_t>(range->bits, Long(a[1]))));
}

Value Ipv4NetmaskSuffix(Arguments a) {
  const auto range = ReadRange4(Text(a[0]));
  return range ? Value(static_cast<int64_t>(range->bits)) : Value();
}

Value Ipv4IsPrivate(Arguments a) {
  const auto range = ReadRange4(Text(a[0]));
  if (!range) return {};
  static constexpr Range4 kPrivate[] = {{0x0A000000, 8}, {0xAC100000, 12}, {0xC0A80000, 16}};
  return std::any_of(std::begin(kPrivate), std::end(kPrivate), [&](const Range4& net) {
    return range->bits >= net.bits && (range->address & Mask4(net.bits)) == net.address;
  });
}

Value Ipv4IsInRange(Arguments a) {
  const auto address = ReadRange4(Text(a[0])), range = ReadRange4(Text(a[1]));
  if (!address || !range) return {};
  return (address->address & Mask4(range->bits)) == (range->address & Mask4(range->bits));
}

Value Ipv4IsInAnyRange(Arguments a) {
  const auto address = ReadRange4(Text(a[0]));
  const Json ranges = ParseJson(a[1]);
  if (!address || !ranges.is_array()) return {};
  for (const Json& item : ranges) {
    const auto range = item.is_string() ? ReadRange4(item.get<std::string>()) : std::nullopt;
    if (range && (address->address & Mask4(range->bits)) == (range->address & Mask4(range->bits))) return true;
  }
  return false;
}

Value Ipv4Compare(Arguments a) {
  const auto left = ReadRange4(Text(a[0])), right = ReadRange4(Text(a[1]));
  if (!left || !right) return {};
  const int64_t bits = std::min<int64_t>({left->bits, right->bits, Long(a[2])});
  const uint32_t x = left->address & Mask4(bits), y = right->address & Mask4(bits);
  return static_cast<int64_t>(x == y ? 0 : x < y ? -1 : 1);
}

Value Ipv4IsMatch(Arguments a) {
  const Value order = Ipv4Compare(a);
  if (order.index() == 0) return {};
  return std::get<int64_t>(order) == 0;
}

Value FormatIpv4(Arguments a) {
  const auto range = ReadRange4(Text(a[0]));
  if (!range || Long(a[1]) < 0 || Long(a[1]) > 32) return std::string();
  return Show4(range->address & Mask4(std::min<int64_t>(range->bits, Long(a[1]))));
}

Value FormatIpv4Mask(Arguments a) {
  const auto range = ReadRange4(Text(a[0]));
  if (!range || Long(a[1]) < 0 || Long(a[1]) > 32) return std::string();
  const int64_t bits = std::min<int64_t>(range->bits, Long(a[1]));
  return fmt::format("{}/{}", Show4(range->address & Mask4(bits)), bits);
}

Value FormatIpv4Number(Arguments a) {
  const auto address = static_cast<uint32_t>(Long(a[0]));
  return Show4(address & Mask4(Long(a[1])));
}

Value FormatIpv4MaskNumber(Arguments a) {
  const auto address = static_cast<uint32_t>(Long(a[0]));
  const int64_t bits = std::clamp<int64_t>(Long(a[1]), 0, 32);
  return fmt::format("{}/{}", Show4(address & Mask4(bits)), bits);
}

// The addresses that stand in a text between characters that are no letters, digits or points.
template <typename Fits>
bool AnyAddress(std::string_view text, const Fits& fits) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.'; };
  for (size_t at = 0; at < text.size();) {
    if (!is_part(text[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < text.size() && is_part(text[end])) ++end;
    const std::string_view word = text.substr(at, end - at);
    if (ReadAddress4(word) && fits(word)) return true;
    at = end;
  }
  return false;
}

Value HasIpv4(Arguments a) {
  if (!ReadAddress4(Text(a[1]))) return false;
  return AnyAddress(Text(a[0]), [&](std::string_view word) { return word == Text(a[1]); });
}

Value HasIpv4Prefix(Arguments a) {
  const std::string_view prefix = Text(a[1]);
  if (!prefix.ends_with('.') && !ReadAddress4(prefix)) return false;
  return AnyAddress(Text(a[0]), [&](std::string_view word) {
    return prefix.ends_with('.') ? word.starts_with(prefix) : word == prefix;
  });
}

template <Value (*one)(Arguments)>
Value HasAny(Arguments a) {
  const Json wanted = ParseJson(a[1]);
  if (!wanted.is_array()) return {};
  for (const Json& item : wanted) {
    if (!item.is_string()) continue;
    const std::string text = item.get<std::string>();
    const std::array<Argument, 2> both = {a[0], std::string_view(text)};
    if (std::get<bool>(one(both))) return true;
  }
  return false;
}

using Bytes16 = std::array<unsigned char, 16>;

struct Range6 {
  Bytes16 address{};
  int bits = 128;
};

std::optional<Range6> ReadRange6(std::string_view text) {
  text = Trim(text);
  if (const auto range = ReadRange4(text)) {
    Range6 mapped;
    mapped.address[10] = mapped.address[11] = 0xFF;
    for (size_t i = 0; i < 4; ++i) mapped.address[12 + i] = static_cast<unsigned char>(range->address >> (24 - 8 * i));
    mapped.bits = 96 + range->bits;
    return mapped;
  }
  const size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Range6 range;
  if (inet_pton(AF_INET6, address.c_str(), range.address.data()) != 1) return std::nullopt;
  // "::a.b.c.d" is that IPv4 address.
  const bool embeds =
      address.find('.') != std::string::npos &&
      std::all_of(range.address.begin(), range.address.begin() + 12, [](auto byte) { return byte == 0; });
  if (embeds) range.address[10] = range.address[11] = 0xFF;
  if (slash == std::string_view::npos) return range;
  const auto bits = ReadBits(text.substr(slash + 1), 128);
  if (!bits) return std::nullopt;
  range.bits = embeds && *bits <= 32 ? 96 + *bits : *bits;
  return range;
}

Bytes16 Masked(Bytes16 address, int64_t bits) {
  for (int64_t i = 0; i < 16; ++i) {
    const int64_t kept = std::clamp<int64_t>(bits - 8 * i, 0, 8);
    address[static_cast<size_t>(i)] &= static_cast<unsigned char>(0xFF << (8 - kept));
  }
  return address;
}

std::string Show6(const Bytes16& address) {
  std::string text;
  for (size_t i = 0; i < 16; i += 2)
    text += fmt::format("{}{:02x}{:02x}", i == 0 ? "" : ":", address[i], address[i + 1]);
  return text;
}

Value ParseIpv6(Arguments a) {
  const auto range = ReadRange6(Text(a[0]));
  return range ? Show6(Masked(range->address, range->bits)) : std::string();
}

Value ParseIpv6Mask(Arguments a) {
  const auto range = ReadRange6(Text(a[0]));
  if (!range || Long(a[1]) < 0 || Long(a[1]) > 128) return std::string();
  return Show6(Masked(range->address, std::min<int64_t>(range->bits, Long(a[1]))));
}

Value Ipv6Compare(Arguments a) {
  const auto left = ReadRange6(Text(a[0])), right = ReadRange6(Text(a[1]));
  if (!left || !right) return {};
  const int64_t bits = std::min<int64_t>({left->bits, right->bits, Long(a[2])});
  const Bytes16 x = Masked(left->address, bits), y = Masked(right->address, bits);
  return static_cast<int64_t>(x == y ? 0 : x < y ? -1 : 1);
}

Value Ipv6IsMatch(Arguments a) {
  const Value order = Ipv6Compare(a);
  if (order.index() == 0) return {};
  return std::get<int64_t>(order) == 0;
}

bool Holds(const Range6& range, const Range6& address) {
  return Masked(address.address, range.bits) == Masked(range.address, range.bits);
}

Value Ipv6IsInRange(Arguments a) {
  const auto address = ReadRange6(Text(a[0])), range = ReadRange6(Text(a[1]));
  if (!address || !range) return {};
  return Holds(*range, *address);
}

Value Ipv6IsInAnyRange(Arguments a) {
  const auto address = ReadRange6(Text(a[0]));
  const Json ranges = ParseJson(a[1]);
  if (!address || !ranges.is_array()) return {};
  for (const Json& item : ranges) {
    const auto range = item.is_string() ? ReadRange6(item.get<std::string>()) : std::nullopt;
    if (range && Holds(*range, *address)) return true;
  }
  return false;
}

constexpr Function kFunctions[] = {
    {"parse_ipv4", "s", 'l', ParseIpv4},
    {"parse_ipv4_mask", "sl", 'l', ParseIpv4Mask},
    {"ipv4_netmask_suffix", "s", 'l', Ipv4NetmaskSuffix},
    {"ipv4_is_private", "s", 'b', Ipv4IsPrivate},
    {"ipv4_is_in_range", "ss", 'b', Ipv4IsInRange},
    {"ipv4_is_in_any_range", "ss", 'b', Ipv4IsInAnyRange},
    {"ipv4_compare", "ssl", 'l', Ipv4Compare},
    {"ipv4_is_match", "ssl", 'b', Ipv4IsMatch},
    {"format_ipv4", "sl", 's', FormatIpv4},
    {"format_ipv4_mask", "sl", 's', FormatIpv4Mask},
    {"format_ipv4_number", "ll", 's', FormatIpv4Number},
    {"format_ipv4_mask_number", "ll", 's', FormatIpv4MaskNumber},
    {"has_ipv4", "ss", 'b', HasIpv4},
    {"has_ipv4_prefix", "ss", 'b', HasIpv4Prefix},
    {"has_any_ipv4", "ss", 'b', HasAny<HasIpv4>},
    {"has_any_ipv4_prefix", "ss", 'b', HasAny<HasIpv4Prefix>},
    {"parse_ipv6", "s", 's', ParseIpv6},
    {"parse_ipv6_mask", "sl", 's', ParseIpv6Mask},
    {"ipv6_compare", "ssl", 'l', Ipv6Compare},
    {"ipv6_is_match", "ssl", 'b', Ipv6IsMatch},
    {"ipv6_is_in_range", "ss", 'b', Ipv6IsInRange},
    {"ipv6_is_in_any_range", "ss", 'b', Ipv6IsInAnyRange},
};

}  // namespace

std::span<const Function> AddressFunctions() {
  return kFunctions;
}

}  // namespace slipway::kql::native
