// slipway-workflow-job FOLDER: runs one job of a workflow (slipway/workflows/execute/job_runner.h). Started by the
// control plane, which it outlives; secrets come through descriptor 3.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/time.h"
#include "slipway/workflows/execute/job_runner.h"

namespace {

constexpr int kSecretsDescriptor = 3;

std::string ReadSecrets() {
  std::string text;
  char buffer[4096];
  for (ssize_t size; (size = read(kSecretsDescriptor, buffer, sizeof buffer)) != 0;) {
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) break;
    text.append(buffer, static_cast<size_t>(size));
  }
  close(kSecretsDescriptor);
  return text;
}

int Fail(const slipway::Error& error) {
  fmt::print(stderr, "slipway-workflow-job: {}\n", error.ToString());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: slipway-workflow-job FOLDER (the control plane starts it)\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const std::string secrets = ReadSecrets();
  if (const auto written = slipway::AppendFile(folder / "pid", fmt::format("{}\n", getpid())); !written)
    return Fail(written.error());
  const slipway::SystemClock clock;
  const auto done = slipway::workflows::RunJob(folder, secrets, clock);
  return done ? 0 : Fail(done.error());
}
