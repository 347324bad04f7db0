// How the outside is told: a web hook, a mail, a command. Behind an interface, so that services are tested without
// them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "slipway/base/result.h"

namespace slipway::process {
class Supervisor;
}

namespace slipway::monitor {

// Thread-safe. Each call ends within a bounded time. kUnavailable and kDeadlineExceeded are worth another attempt.
class Messenger {
 public:
  virtual ~Messenger() = default;
  // A POST of JSON; `secret` "" leaves the signature out. Good for an answer of 2xx; 408, 429, 503 and 504 are
  // kUnavailable.
  virtual Status Webhook(const std::string& uri, const std::string& secret, const std::string& body) = 0;
  virtual Status Mail(const std::string& to, const std::string& subject, const std::string& text) = 0;
  // The exit code has to be 0; the error holds the last lines of the output.
  virtual Status Command(const std::string& command, const std::map<std::string, std::string>& variables,
                         int timeout_seconds) = 0;
};

struct MailServer {
  std::string url;   // smtp://host:port or smtps://host:port; "": mails are refused with a text that says how to set it
  std::string from;  // the sender's address
  std::string user, password;
};

// The real one. `supervisor` is borrowed.
std::unique_ptr<Messenger> MakeMessenger(process::Supervisor& supervisor, MailServer mail);

}  // namespace slipway::monitor
