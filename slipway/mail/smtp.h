// Sending mail by SMTP, with libcurl.
#pragma once

#include <string>

#include "slipway/base/result.h"

namespace slipway::mail {

struct SmtpServer {
  std::string url;  // "smtp://host:25" (STARTTLS when offered) or "smtps://host:465"
  std::string user, password;
};

struct Message {
  std::string from, to;  // addresses: "ops@example.org"
  std::string subject;
  std::string text;  // UTF-8
};

// Blocks until the server has taken the mail, half a minute at most. kInvalidArgument for an address or subject that
// would break out of its header; kUnavailable when the server cannot be reached or asks to try later (4yz); else
// kFailedPrecondition with what the server said.
Status Send(const SmtpServer& server, const Message& message);

}  // namespace slipway::mail
