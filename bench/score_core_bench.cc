// The engine's side of `score-core`.
//
//   score_core_bench prepare DATA.csv TARGET WORK   trains forests on DATA; writes
//       WORK/model/          the whole model of 500 trees of depth 10, columns in
//       WORK/NAME.onnx       forests alone, one float matrix in: depth10 (that one), depth25 (900 trees), leafwise (500
//                            trees of 63 leaves, logistic, as LightGBM grows them); stump: one tree
//       WORK/features.f32    the matrix of all rows; WORK/requests.json rows of columns
//       WORK/NAME.scores     our probability of class 1 for each row
//   score_core_bench time WORK ROUND                one round of measurements, as one line of JSON on stdout
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <numeric>
#include <random>
#include <string>

#include "slipway/base/file.h"
#include "slipway/learn/fitted_model.h"
#include "slipway/model/boosted_trees.h"
#include "slipway/model/model_directory.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/scoring/feature_rows.h"
#include "slipway/scoring/lower.h"
#include "slipway/scoring/packed_forest.h"
#include "slipway/scoring/reference/graph.h"
#include "slipway/sdk/unwrap.h"
#include "slipway/tabular/json_records.h"
#include "slipway/tabular/read.h"

namespace {

using namespace slipway;
using Clock = std::chrono::steady_clock;
using sdk::Unwrap;

constexpr size_t kBatchRows = 4000;
constexpr size_t kBatches[] = {1, 10, 100, kBatchRows};
constexpr const char* kForests[] = {"depth10", "depth25", "leafwise"};
constexpr size_t kExplainedRows = 100;

// The ensemble of `whole` on a matrix of features, with its first `trees` trees (0: all).
model::OnnxModel ForestAlone(const model::OnnxModel& whole, size_t features, size_t trees) {
  model::OnnxModel alone = whole;
  model::Node ensemble = whole.graph.nodes.back();
  ensemble.inputs = {"X"};
  if (trees > 0) {
    for (const std::string prefix : {"nodes_", "class_"}) {
      std::vector<bool> kept;
      for (const int64_t id : ensemble.Find(prefix + "treeids")->ints) kept.push_back(id < static_cast<int64_t>(trees));
      for (model::Attribute& attribute : ensemble.attributes) {
        const bool is_list =
            attribute.name.starts_with(prefix) || (prefix == "class_" && attribute.name == "class_ids");
        if (!is_list) continue;
        const auto keep = [&kept](auto& list) {
          size_t next = 0;
          for (size_t i = 0; i < list.size(); ++i)
            if (kept[i]) list[next++] = list[i];
          list.resize(next);
        };
        keep(attribute.ints);
        keep(attribute.floats);
        keep(attribute.strings);
      }
    }
  }
  alone.graph.nodes = {std::move(ensemble)};
  alone.graph.initializers.clear();
  alone.graph.inputs = {{.name = "X", .shape = {-1, static_cast<int64_t>(features)}}};
  return alone;
}

// What the ensemble's features are for every row: the preprocessing on the reference operators.
std::vector<float> FeaturesOf(const model::OnnxModel& whole, const tabular::Table& table) {
  model::OnnxModel front = whole;
  front.graph.outputs = {{.name = whole.graph.nodes.back().inputs[0]}};
  front.graph.nodes.pop_back();
  scoring::reference::Values inputs;
  for (const model::ValueInfo& input : whole.graph.inputs) {
    const tabular::Column& column = *Unwrap(table.Get(input.name));
    model::Tensor tensor;
    tensor.type = input.element;
    tensor.dims = {static_cast<int64_t>(table.rows()), 1};
    for (size_t row = 0; row < table.rows(); ++row) {
      if (input.element == model::ElementType::kString)
        tensor.strings.push_back(column.text(row));
      else if (input.element == model::ElementType::kFloat)
        tensor.floats.push_back(static_cast<float>(column.number(row)));
      else if (input.element == model::ElementType::kDouble)
        tensor.doubles.push_back(column.number(row));
      else
        tensor.ints.push_back(column.ints[row]);
    }
    inputs.push_back({std::move(tensor)});
  }
  return Unwrap(Unwrap(scoring::reference::Graph::Make(front)).Run(std::move(inputs)))[0].tensor.floats;
}

void WriteFloats(const std::string& path, const std::vector<float>& values) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
}

std::vector<float> ReadFloats(const std::string& path) {
  const std::string bytes = Unwrap(ReadFile(path));
  std::vector<float> values(bytes.size() / sizeof(float));
  std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char*>(values.data()));
  return values;
}

// --- a forest alone, over rows that are already features ---

class Forest {
 public:
  Forest(const std::string& work, const std::string& name) : features_(ReadFloats(work + "/features.f32")) {
    const auto start = Clock::now();
    const model::OnnxModel onnx = Unwrap(model::ReadOnnxFile(work + "/" + name + ".onnx"));
    width_ = static_cast<size_t>(onnx.graph.inputs[0].shape[1]);
    const auto columns = Unwrap(scoring::InputColumns::Bind(onnx.graph, model::SignatureOfGraph(onnx.graph), true));
    const auto graph = Unwrap(scoring::LowerGraph(onnx, columns));
    std::vector<scoring::Slot> slots;
    forest_ = scoring::PackedForest::Compile(graph.ensemble, graph.features, 1, slots);
    if (!forest_) throw sdk::Failure("the forest cannot be packed");
    layout_.emplace(width_, slots);
    load_seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
    is_logistic_ = graph.ensemble.post_transform == scoring::PostTransform::kLogistic;
  }

  size_t rows() const { return features_.size() / width_; }
  double load_seconds() const { return load_seconds_; }
  float ProbabilityOf(float sum) const { return is_logistic_ ? scoring::Logistic(sum) : sum; }

  scoring::FeatureRows RowsOf(const std::vector<size_t>& order) const {
    scoring::FeatureRows rows(*layout_);
    for (const size_t row : order) {
      rows.AddRow();
      for (size_t i = 0; i < width_; ++i) rows.SetReal(rows.rows() - 1, i, features_[row * width_ + i]);
    }
    return rows;
  }

  void Score(const scoring::FeatureRows& rows, size_t first, size_t count, float* sums) const {
    forest_->Score(rows.data() + first * layout_->width(), count, layout_->width(), sums);
  }

 private:
  std::vector<float> features_;
  size_t width_ = 0;
  std::optional<scoring::PackedForest> forest_;
  std::optional<scoring::RowLayout> layout_;
  double load_seconds_ = 0;
  bool is_logistic_ = false;
};

// --- prepare ---

learn::FittedModel Fit(const tabular::Table& table, const std::string& target, int trees, int depth) {
  learn::FitOptions options = learn::DefaultOptions(learn::Algorithm::kRandomForest, learn::Task::kClassification);
  options.forest.trees = trees;
  options.forest.max_depth = depth;
  options.forest.seed = 42;
  return Unwrap(learn::FitModel(table, target, options));
}

// A tree that is split where most rows are, at a value of one of them, up to its leaves; what leaves add is made up.
model::BoostedTree LeafwiseTree(const std::vector<float>& features, size_t width, size_t leaves, std::mt19937& random) {
  struct Leaf {
    uint32_t node;
    std::vector<uint32_t> rows;
    bool operator<(const Leaf& other) const { return rows.size() < other.rows.size(); }
  };
  model::BoostedTree tree;
  tree.nodes.resize(1);
  std::vector<Leaf> open(1);
  open[0].node = 0;
  for (uint32_t row = 0; row < features.size() / width; row += 7) open[0].rows.push_back(row);
  for (int tries = 0; open.size() < leaves && tries < 10'000; ++tries) {
    const auto largest = std::max_element(open.begin(), open.end());
    const auto feature = static_cast<uint32_t>(random() % width);
    const float value = features[largest->rows[random() % largest->rows.size()] * width + feature];
    const auto middle = std::stable_partition(largest->rows.begin(), largest->rows.end(),
                                              [&](uint32_t row) { return features[row * width + feature] <= value; });
    if (middle == largest->rows.end()) continue;
    const auto child = static_cast<uint32_t>(tree.nodes.size());
    model::BoostedNode& node = tree.nodes[largest->node];
    node = {.test = model::BoostedNode::Test::kLessEqual,
            .feature = feature,
            .value = value,
            .yes = child,
            .no = child + 1};
    tree.nodes.resize(child + 2);
    Leaf other{child + 1, {middle, largest->rows.end()}};
    largest->rows.erase(middle, largest->rows.end());
    largest->node = child;
    open.push_back(std::move(other));
  }
  for (model::BoostedNode& node : tree.nodes)
    if (node.test == model::BoostedNode::Test::kLeaf)
      node.value = (static_cast<float>(random() % 2001) - 1000) / 50'000;
  return tree;
}

model::OnnxModel LeafwiseForest(const std::vector<float>& features, size_t width) {
  constexpr size_t kTrees = 500, kLeaves = 63;
  std::mt19937 random(42);
  model::BoostedModel boosted;
  boosted.kind = model::BoostedModel::Kind::kBinary;
  boosted.feature_count = width;
  for (size_t i = 0; i < kTrees; ++i) boosted.trees.push_back(LeafwiseTree(features, width, kLeaves, random));
  return Unwrap(model::BoostedGraph(boosted));
}

void WriteForest(const std::string& work, const std::string& name, const model::OnnxModel& onnx) {
  std::ofstream(work + "/" + name + ".onnx", std::ios::binary) << model::WriteOnnx(onnx);
  const Forest forest(work, name);
  std::vector<size_t> order(forest.rows());
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<float> scores(order.size());
  forest.Score(forest.RowsOf(order), 0, order.size(), scores.data());
  for (float& score : scores) score = forest.ProbabilityOf(score);
  WriteFloats(work + "/" + name + ".scores", scores);
}

void Prepare(const std::string& data, const std::string& target, const std::string& work) {
  const tabular::Table table = Unwrap(tabular::ReadTable(data));
  const auto fitted = Fit(table, target, 500, 10);
  const model::OnnxModel onnx = Unwrap(learn::ToOnnx(fitted));
  Unwrap(model::WriteModelDirectory(work + "/model", {.onnx = onnx, .signature = fitted.signature}));
  const std::vector<float> features = FeaturesOf(onnx, table);
  const size_t width = features.size() / table.rows();
  WriteFloats(work + "/features.f32", features);
  WriteForest(work, "depth10", ForestAlone(onnx, width, 0));
  std::ofstream(work + "/stump.onnx", std::ios::binary) << model::WriteOnnx(ForestAlone(onnx, width, 1));
  WriteForest(work, "depth25", ForestAlone(Unwrap(learn::ToOnnx(Fit(table, target, 900, 25))), width, 0));
  WriteForest(work, "leafwise", LeafwiseForest(features, width));
  std::ofstream(work + "/requests.json") << tabular::ToJsonRecords(table.Without(target).Head(kBatchRows));
  const auto model = Unwrap(scoring::CompiledModel::Load(work + "/model"));
  std::fprintf(stderr, "score-core: %s; %zu features\n", model->plan_description().c_str(), width);
}

// --- time ---

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// Of this thread's work: batches and explanations take long enough that a busy machine interrupts them.
double CpuNanoseconds(const std::function<void()>& body) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  };
  const double start = now();
  body();
  return now() - start;
}

double Nanoseconds(const std::function<void()>& body) {
  const auto start = Clock::now();
  body();
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

std::vector<std::string> SplitRecords(const std::string& json) {
  std::vector<std::string> records;
  for (size_t begin = json.find('{'); begin != std::string::npos; begin = json.find('{', begin + 1)) {
    const size_t end = json.find('}', begin);
    records.push_back("{\"data\":[" + json.substr(begin, end - begin + 1) + "]}");
  }
  return records;
}

// Nanoseconds a row, by the size of the batch, in random rows; each result is compared with what it has to be.
void TimeForest(const std::string& work, const std::string& name, std::mt19937& random) {
  const Forest forest(work, name);
  std::vector<size_t> order(forest.rows());
  std::iota(order.begin(), order.end(), size_t{0});
  std::shuffle(order.begin(), order.end(), random);
  order.resize(kBatchRows);
  const scoring::FeatureRows rows = forest.RowsOf(order);
  const std::vector<float> expected = ReadFloats(work + "/" + name + ".scores");
  std::vector<float> sums(kBatchRows);
  forest.Score(rows, 0, kBatchRows, sums.data());
  for (const size_t batch : kBatches) {
    std::vector<double> times;
    const size_t calls = batch == kBatchRows ? 5 : kBatchRows / batch;
    for (size_t call = 0; call < calls; ++call) {
      const size_t first = batch == kBatchRows ? 0 : call * batch;
      const auto score = [&] { forest.Score(rows, first, batch, sums.data() + first); };
      times.push_back((batch == kBatchRows ? CpuNanoseconds(score) : Nanoseconds(score)) / static_cast<double>(batch));
    }
    for (size_t i = 0; i < kBatchRows; ++i)
      if (forest.ProbabilityOf(sums[i]) != expected[order[i]]) throw sdk::Failure("scores differ between ways");
    std::printf("\"%s_%zu_ns\": %.1f, ", name.c_str(), batch, Median(times));
  }
  std::printf("\"%s_load_ms\": %.1f, ", name.c_str(), forest.load_seconds() * 1e3);
}

void Time(const std::string& work, unsigned round) {
  std::mt19937 random(1000 + round);
  std::printf("{");
  for (const char* name : kForests) TimeForest(work, name, random);
  const auto model = Unwrap(scoring::CompiledModel::Load(work + "/model"));
  const auto scratch = model->MakeScratch();
  std::vector<std::string> requests = SplitRecords(Unwrap(ReadFile(work + "/requests.json")));
  std::shuffle(requests.begin(), requests.end(), random);
  std::vector<double> json;
  std::string response;
  for (const std::string& request : requests)
    json.push_back(Nanoseconds([&] { Unwrap(model->ScoreJson(request, *scratch, response)); }));
  std::vector<double> explained;
  for (size_t i = 0; i < kExplainedRows; ++i)
    explained.push_back(CpuNanoseconds([&] { Unwrap(model->ExplainJson(requests[i], *scratch, response)); }));
  std::printf("\"json_ns\": %.1f, \"explain_ns\": %.1f}\n", Median(json), Median(explained));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if ((verb != "prepare" || argc != 5) && (verb != "time" || argc != 4)) {
    std::fprintf(stderr, "usage: score_core_bench prepare DATA TARGET WORK | time WORK ROUND\n");
    return 2;
  }
  try {
    verb == "prepare" ? Prepare(argv[2], argv[3], argv[4]) : Time(argv[2], static_cast<unsigned>(std::atoi(argv[3])));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "score_core_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
