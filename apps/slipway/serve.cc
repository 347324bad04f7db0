// slipway-serve: the control plane.
#include <signal.h>

#include <cstdio>

#include <fmt/format.h>

#include "apps/slipway/control_plane.h"
#include "apps/slipway/serve_options.h"
#include "slipway/base/log.h"
#include "slipway/base/time.h"

namespace {

constexpr int kUsageExit = 2;

int Fail(const slipway::Error& error, int exit_code) {
  fmt::print(stderr, "slipway serve: {}\n", error.ToString());
  return exit_code;
}

// Blocked before any thread starts, so that the main thread alone takes them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

int Serve(const slipway::apps::ServeOptions& options) {
  const sigset_t signals = BlockSignals();
  if (options.is_verbose) slipway::SetLogLevel(slipway::LogLevel::kDebug);
  const slipway::SystemClock clock;
  auto control_plane = slipway::apps::ControlPlane::Start(options, clock);
  if (!control_plane) return Fail(control_plane.error(), 1);
  slipway::LogInfo("ready: {} and {}, endpoints at {}, home {}", (*control_plane)->url(), (*control_plane)->tls_url(),
                   options.has_gateway ? (*control_plane)->gateway_url() : "a gateway elsewhere",
                   options.home.string());
  int signal = 0;
  sigwait(&signals, &signal);
  slipway::LogInfo("stopping");
  control_plane->reset();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = slipway::apps::ParseServeOptions({argv + 1, argv + argc});
  if (!parsed) {
    fmt::print(stderr, "slipway serve: {}\n\n{}", parsed.error().ToString(), slipway::apps::kServeUsage);
    return kUsageExit;
  }
  if (parsed->wants_help) {
    fmt::print("{}", slipway::apps::kServeUsage);
    return 0;
  }
  return Serve(parsed->options);
}
