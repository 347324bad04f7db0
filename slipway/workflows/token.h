// Tokens of running jobs: they open one workspace until their time is over, and no workflow or gate. Nothing is stored:
// they are signed with the server's own token.
#pragma once

#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/common.h"

namespace slipway::workflows {

struct JobToken {
  domain::Scope scope;
  int64_t run = 0;
  int attempt = 1;
  std::string job;  // key
  domain::Scope run_scope;
  Timestamp expires_at{};
};

std::string MakeJobToken(const JobToken& token, const std::string& server_token);
// kUnauthenticated for a text that this server did not make, or whose time is over.
Result<JobToken> ReadJobToken(std::string_view text, const std::string& server_token, Timestamp now);

}  // namespace slipway::workflows
