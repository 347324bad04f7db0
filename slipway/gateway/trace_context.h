// W3C Trace Context: how a request's trace goes on through the gateway. Source: https://www.w3.org/TR/trace-context/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::gateway {

// A caller's `traceparent` header, and the gateway's own span below it. Lower-case hex.
struct TraceContext {
  std::string trace_id;   // 32 digits
  std::string caller_id;  // 16 digits: the caller's span
  std::string span_id;    // 16 digits: the gateway's
  std::string flags;      // 2 digits

  // As a header value, for those the gateway calls and, as `traceresponse`, for its caller.
  std::string Header() const;
};

// Nothing when the header is not well formed: the trace then begins anew elsewhere, as the standard has it. `uuid` (in
// its text form) gives the random digits of the span.
std::optional<TraceContext> ContinueTrace(std::string_view traceparent, std::string_view uuid);

}  // namespace slipway::gateway
