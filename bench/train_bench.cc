// The part of `train` that is ours: splits a labelled CSV file, and fits a forest of 500 trees on such a split.
//
//   train_bench split DATA.csv TARGET SEEDS FOLDER        FOLDER/train-0.csv, FOLDER/test-0.csv, …: 20 % for testing
//   train_bench fit FOLDER TARGET SEED DEPTH CRITERION THREADS
//
// `fit` prints {"seconds": …, "cpu_seconds": …, "data_mb": …, "peak_mb": …, "roc_auc": …, "accuracy": …, "f1_score":
// …}: the time from a table in memory to a fitted classifier, the memory of the process before and at most until then,
// and what it says of the test rows. TREES in the environment changes the number of trees.
#include <slipway/sdk/sdk.h>

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace slipway::sdk;

namespace {

std::string Name(const std::string& folder, const char* part, int seed) {
  return folder + "/" + part + "-" + std::to_string(seed) + ".csv";
}

// Of the process now.
double ResidentMegabytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  long all = 0, resident = 0;
  const int read = std::fscanf(file, "%ld %ld", &all, &resident);
  std::fclose(file);
  return read == 2 ? static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576 : 0;
}

rusage Usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

double CpuSeconds(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void Split(char** argv) {
  const Table data = Table::Read(argv[2]);
  for (int seed = 0; seed < std::stoi(argv[4]); ++seed) {
    const auto [train, test] = data.Split(0.2, static_cast<uint64_t>(seed));
    train.WriteCsv(Name(argv[5], "train", seed));
    test.WriteCsv(Name(argv[5], "test", seed));
  }
}

void Fit(char** argv) {
  const std::string folder = argv[2], target = argv[3];
  RandomForest forest;
  const char* trees = std::getenv("TREES");
  forest.n_estimators = trees == nullptr ? 500 : std::atoi(trees);
  forest.random_state = std::stoull(argv[4]);
  forest.max_depth = std::stoi(argv[5]);
  forest.criterion = argv[6];
  forest.n_jobs = std::stoi(argv[7]);
  const Table train = Table::Read(Name(folder, "train", std::stoi(argv[4])));
  const Table test = Table::Read(Name(folder, "test", std::stoi(argv[4])));
  const double data_mb = ResidentMegabytes();
  const rusage before = Usage();
  const auto begin = std::chrono::steady_clock::now();
  const Classifier classifier = Classifier::Fit(train, target, forest);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  const rusage after = Usage();
  const auto metrics = classifier.Evaluate(test);
  std::printf("{\"seconds\": %.4f, \"cpu_seconds\": %.4f, \"data_mb\": %.1f, \"peak_mb\": %.1f, ", elapsed.count(),
              CpuSeconds(after) - CpuSeconds(before), data_mb, static_cast<double>(after.ru_maxrss) / 1024);
  std::printf("\"roc_auc\": %.6f, \"accuracy\": %.6f, \"f1_score\": %.6f}\n", metrics.at("roc_auc"),
              metrics.at("accuracy"), metrics.at("f1_score"));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (!(verb == "split" && argc == 6) && !(verb == "fit" && argc == 8)) {
    std::fprintf(stderr,
                 "usage: train_bench split DATA.csv TARGET SEEDS FOLDER\n"
                 "       train_bench fit FOLDER TARGET SEED DEPTH CRITERION THREADS\n");
    return 2;
  }
  return RunProgram(1, argv, [&](const Arguments&) { verb == "split" ? Split(argv) : Fit(argv); });
}
