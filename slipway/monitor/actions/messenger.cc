#include "slipway/monitor/actions/messenger.h"

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/mail/smtp.h"
#include "slipway/net/client.h"
#include "slipway/process/run.h"

namespace slipway::monitor {
namespace {

constexpr int kWebhookTimeoutMs = 10'000;

bool IsWorthRepeating(int status) {
  return status == 408 || status == 429 || status == 503 || status == 504;
}

class RealMessenger final : public Messenger {
 public:
  RealMessenger(process::Supervisor& supervisor, MailServer mail) : supervisor_(supervisor), mail_(std::move(mail)) {}

  Status Webhook(const std::string& uri, const std::string& secret, const std::string& body) override {
    net::ClientOptions options;
    options.timeout_ms = kWebhookTimeoutMs;
    options.body_bytes_max = 1 << 20;
    net::Client client(options);
    net::Headers headers;
    headers.Set("Content-Type", "application/json; charset=utf-8");
    if (!secret.empty()) headers.Set("X-Slipway-Signature", "sha256=" + HmacSha256Hex(secret, body));
    SLIPWAY_ASSIGN_OR_RETURN(const net::Response response, client.Send("POST", uri, headers, body));
    if (response.status >= 200 && response.status < 300) return {};
    return Error(IsWorthRepeating(response.status) ? Code::kUnavailable : Code::kFailedPrecondition,
                 fmt::format("the web hook answered {} {}", response.status, net::ReasonPhrase(response.status)));
  }

  Status Mail(const std::string& to, const std::string& subject, const std::string& text) override {
    if (mail_.url.empty())
      return Error(Code::kFailedPrecondition,
                   "the server has no mail server: start it with --mail-server smtp://HOST:PORT --mail-from ADDRESS");
    return mail::Send({mail_.url, mail_.user, mail_.password}, {mail_.from, to, subject, text});
  }

  Status Command(const std::string& command, const std::map<std::string, std::string>& variables,
                 int timeout_seconds) override {
    process::SpawnOptions options;
    options.arguments = {"/bin/sh", "-c", command};
    options.environment = process::CurrentEnvironment();
    for (const auto& [name, value] : variables) options.environment[name] = value;
    SLIPWAY_ASSIGN_OR_RETURN(const process::RunResult result,
                             process::RunToEnd(supervisor_, std::move(options), std::chrono::seconds(timeout_seconds)));
    if (result.exit.ok()) return {};
    return Error(Code::kFailedPrecondition,
                 fmt::format("the command failed: {}\n{}", result.exit.ToString(), process::TailOf(result.output, 5)));
  }

 private:
  process::Supervisor& supervisor_;
  const MailServer mail_;
};

}  // namespace

std::unique_ptr<Messenger> MakeMessenger(process::Supervisor& supervisor, MailServer mail) {
  return std::make_unique<RealMessenger>(supervisor, std::move(mail));
}

}  // namespace slipway::monitor
