// Stands for the log store in `score-http`: reads a writer's log records as they come and gives segments back, as the
// product does all the time. Without it the spool grows by gigabytes, and what is measured is how fast a machine hands
// out memory and writes files. Rows are thrown away: what storing them takes is `ingest`'s to measure.
//
//   score_http_drain_bench WRITER_FOLDER            until it is told to end (SIGTERM)
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "slipway/sdk/unwrap.h"
#include "slipway/spool/spool.h"

namespace {

using namespace slipway;
using sdk::Unwrap;

// Little at a time, as it shares a core with who makes the load.
constexpr size_t kRecordsAtOnce = 64;
constexpr std::chrono::milliseconds kPause{1};

std::sig_atomic_t volatile is_told_to_end = 0;

void Drain(const char* folder) {
  const auto reader = Unwrap(spool::Reader::Open(folder, {}));
  uint64_t segment = 0;
  while (is_told_to_end == 0) {
    const auto records = Unwrap(reader->Read(kRecordsAtOnce));
    if (!reader->TakeDamages().empty()) throw sdk::Failure("a segment is damaged");
    if (reader->position().segment != segment) {
      segment = reader->position().segment;
      Unwrap(reader->Release(reader->position()));
    }
    if (records.size() < kRecordsAtOnce) std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: score_http_drain_bench WRITER_FOLDER\n");
    return 2;
  }
  std::signal(SIGTERM, [](int) { is_told_to_end = 1; });
  try {
    Drain(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "score_http_drain_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
