// A messenger that keeps what it was to tell, for tests.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "slipway/monitor/actions/messenger.h"

namespace slipway::monitor::testing {

class FakeMessenger final : public Messenger {
 public:
  struct Told {
    std::string kind, to, text;
  };
  std::optional<Error> failure;  // of every attempt, while it is set

  Status Webhook(const std::string& uri, const std::string&, const std::string& body) override {
    return Keep({"webhook", uri, body});
  }
  Status Mail(const std::string& to, const std::string& subject, const std::string&) override {
    return Keep({"email", to, subject});
  }
  Status Command(const std::string& command, const std::map<std::string, std::string>& variables, int) override {
    return Keep({"command", command, variables.at("SLIPWAY_ALERT_CONDITION")});
  }
  std::vector<Told> told() const {
    const std::lock_guard lock(mutex_);
    return told_;
  }

 private:
  Status Keep(Told told) {
    const std::lock_guard lock(mutex_);
    if (failure) return Error(*failure);
    told_.push_back(std::move(told));
    return {};
  }

  mutable std::mutex mutex_;
  std::vector<Told> told_;
};

}  // namespace slipway::monitor::testing
