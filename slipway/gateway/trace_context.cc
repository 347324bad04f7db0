#include "slipway/gateway/trace_context.h"

#include <fmt/format.h>

#include <algorithm>

namespace slipway::gateway {
namespace {

// "00-" trace "-" parent "-" flags; later versions may have more behind another dash.
constexpr size_t kTraceAt = 3, kTraceDigits = 32, kParentAt = 36, kSpanDigits = 16, kFlagsAt = 53, kSize = 55;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

// The digits of the UUID's second half: all random but for two bits.
std::string SpanOf(std::string_view uuid) {
  std::string digits;
  std::copy_if(uuid.begin(), uuid.end(), std::back_inserter(digits), [](char c) { return c != '-'; });
  return digits.substr(digits.size() - kSpanDigits);
}

}  // namespace

std::string TraceContext::Header() const {
  return fmt::format("00-{}-{}-{}", trace_id, span_id, flags);
}

std::optional<TraceContext> ContinueTrace(std::string_view traceparent, std::string_view uuid) {
  if (traceparent.size() < kSize) return std::nullopt;
  const std::string_view version = traceparent.substr(0, 2), trace = traceparent.substr(kTraceAt, kTraceDigits),
                         parent = traceparent.substr(kParentAt, kSpanDigits), flags = traceparent.substr(kFlagsAt, 2);
  const bool has_dashes =
      traceparent[kTraceAt - 1] == '-' && traceparent[kParentAt - 1] == '-' && traceparent[kFlagsAt - 1] == '-';
  const bool is_ended = traceparent.size() == kSize || (version != "00" && traceparent[kSize] == '-');
  const bool is_hex = IsHex(version) && IsHex(trace) && IsHex(parent) && IsHex(flags);
  if (!has_dashes || !is_ended || !is_hex || version == "ff" || IsZero(trace) || IsZero(parent)) return std::nullopt;
  return TraceContext{std::string(trace), std::string(parent), SpanOf(uuid), std::string(flags)};
}

}  // namespace slipway::gateway
