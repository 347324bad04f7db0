// The part of `train` that is ours: splits a labelled CSV file, and fits a forest of 500 trees on such a split.
//
//   train_bench split DATA.csv TARGET SEEDS FOLDER        FOLDER/train-0.csv, FOLDER/test-0.csv, …: 20 % for testing
//   train_bench fit FOLDER TARGET SEED DEPTH CRITERION THREADS
//
// `fit` prints {"seconds": …, "roc_auc": …, "accuracy": …, "f1_score": …}: the time from a table in memory to a fitted
// classifier, and what it says of the test rows.
#include <slipway/sdk/sdk.h>

#include <chrono>
#include <cstdio>
#include <string>

using namespace slipway::sdk;

namespace {

std::string Name(const std::string& folder, const char* part, int seed) {
  return folder + "/" + part + "-" + std::to_string(seed) + ".csv";
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
  forest.n_estimators = 500;
  forest.random_state = std::stoull(argv[4]);
  forest.max_depth = std::stoi(argv[5]);
  forest.criterion = argv[6];
  forest.n_jobs = std::stoi(argv[7]);
  const Table train = Table::Read(Name(folder, "train", std::stoi(argv[4])));
  const Table test = Table::Read(Name(folder, "test", std::stoi(argv[4])));
  const auto begin = std::chrono::steady_clock::now();
  const Classifier classifier = Classifier::Fit(train, target, forest);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  const auto metrics = classifier.Evaluate(test);
  std::printf("{\"seconds\": %.4f, \"roc_auc\": %.6f, \"accuracy\": %.6f, \"f1_score\": %.6f}\n", elapsed.count(),
              metrics.at("roc_auc"), metrics.at("accuracy"), metrics.at("f1_score"));
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
