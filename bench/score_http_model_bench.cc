// Makes the model that `score-http` serves: 500 trees of depth 10 on a labelled CSV file; and one row of it as a
// request.
//
//   score_http_model_bench DATA.csv TARGET MODEL_FOLDER REQUEST_FILE
#include <slipway/sdk/sdk.h>

#include <fstream>

using namespace slipway::sdk;

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: score_http_model_bench DATA.csv TARGET MODEL_FOLDER REQUEST_FILE\n");
    return 2;
  }
  return RunProgram(1, argv, [&](const Arguments&) {
    const Table data = Table::Read(argv[1]);
    RandomForest forest;
    forest.n_estimators = 500;
    forest.max_depth = 10;
    forest.random_state = 42;
    Classifier::Fit(data, argv[2], forest).Save(argv[3]);
    std::ofstream(argv[4]) << "{\"data\": " << data.Without(argv[2]).Head(1).ToJsonRecords() << "}";
  });
}
