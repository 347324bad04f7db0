// Whole graphs, in the forms that skl2onnx and onnxmltools write for tabular pipelines.
#include <limits>

#include "operator_cases.h"
#include "random_trees.h"

namespace slipway::ort_cases {
namespace {

using model::Attribute;
using model::ElementType;
using model::Tensor;
using Attributes = std::vector<Attribute>;

constexpr double kFloatTolerance = 2e-5;

// A graph that grows from its columns to its outputs.
class Pipeline {
 public:
  Pipeline(Random& random, std::string name) : random_(random) {
    made_.name = std::move(name);
    made_.tolerance = kFloatTolerance;
    made_.is_pipeline = true;
    made_.onnx.opsets = {{"", 17}, {"ai.onnx.ml", 3}};
    made_.onnx.graph.name = "pipeline";
    rows_ = 1 + random.Below(12);
  }

  // One float column a name, or one matrix; with missing values.
  std::string AddNumbers(size_t columns, bool as_matrix) {
    if (as_matrix) return AddInput("X", Cells(columns));
    std::vector<std::string> parts;
    for (size_t i = 0; i < columns; ++i) parts.push_back(AddInput("n" + std::to_string(i), Cells(1)));
    return Add("Concat", "", parts, {Attribute::Int("axis", 1)});
  }

  std::string AddTexts(size_t columns) {
    std::vector<std::string> parts;
    for (size_t i = 0; i < columns; ++i)
      parts.push_back(AddInput("t" + std::to_string(i), Texts({Rows(), 1}, random_.Texts(rows_))));
    return Add("Concat", "", parts, {Attribute::Int("axis", 1)});
  }

  std::string Ml(const std::string& op, const std::string& input, Attributes attributes) {
    return Add(op, "ai.onnx.ml", {input}, std::move(attributes));
  }
  std::string Main(const std::string& op, std::vector<std::string> inputs, Attributes attributes = {}) {
    return Add(op, "", std::move(inputs), std::move(attributes));
  }
  std::string Constant(Tensor tensor) {
    tensor.name = "c" + std::to_string(made_.onnx.graph.initializers.size());
    made_.onnx.graph.initializers.push_back(tensor);
    return made_.onnx.graph.initializers.back().name;
  }

  // A node with a label and scores; the scores' name.
  std::pair<std::string, std::string> Classifier(const std::string& op, const std::string& input,
                                                 Attributes attributes) {
    const std::string label = Add(op, "ai.onnx.ml", {input}, std::move(attributes));
    made_.onnx.graph.nodes.back().outputs.push_back(label + "_scores");
    return {label, label + "_scores"};
  }

  // Outputs are named as skl2onnx names them.
  Case Finish(const std::string& label, ElementType label_type, const std::string& scores) {
    Output(label, "output_label", label_type, {-1});
    Output(scores, "output_probability", ElementType::kFloat, {-1, -1});
    return std::move(made_);
  }
  Case FinishRegressor(const std::string& value) {
    Output(value, "variable", ElementType::kFloat, {-1, 1});
    return std::move(made_);
  }

 private:
  int64_t Rows() const { return static_cast<int64_t>(rows_); }

  Tensor Cells(size_t width) {
    std::vector<float> cells = random_.Numbers(rows_ * width);
    for (float& cell : cells)
      if (random_.Chance(7)) cell = std::numeric_limits<float>::quiet_NaN();
    return Floats({Rows(), static_cast<int64_t>(width)}, std::move(cells));
  }

  std::string AddInput(const std::string& name, Tensor tensor) {
    made_.onnx.graph.inputs.push_back({.name = name, .element = tensor.type, .shape = {-1, tensor.dims[1]}});
    made_.inputs.push_back(std::move(tensor));
    return name;
  }

  std::string Add(const std::string& op, const std::string& domain, std::vector<std::string> inputs,
                  Attributes attributes) {
    model::Node node;
    node.op_type = op;
    node.domain = domain;
    node.inputs = std::move(inputs);
    node.outputs = {"v" + std::to_string(made_.onnx.graph.nodes.size())};
    node.attributes = std::move(attributes);
    made_.onnx.graph.nodes.push_back(std::move(node));
    return made_.onnx.graph.nodes.back().outputs[0];
  }

  void Output(const std::string& from, const std::string& name, ElementType type, std::vector<int64_t> shape) {
    Add("Identity", "", {from}, {});
    made_.onnx.graph.nodes.back().outputs = {name};
    made_.onnx.graph.outputs.push_back({.name = name, .element = type, .shape = std::move(shape)});
  }

  Random& random_;
  Case made_;
  size_t rows_ = 1;
};

// ColumnTransformer: numbers imputed and scaled, texts one-hot; in places one of them alone. `width` is set.
std::string Features(Random& random, Pipeline& pipeline, size_t& width) {
  const size_t numbers = 1 + random.Below(4), texts = random.Below(3);
  std::string features = pipeline.AddNumbers(numbers, texts == 0 && random.Chance(2));
  features = pipeline.Ml("Imputer", features,
                         {Attribute::Floats("imputed_value_floats", random.Numbers(numbers)),
                          Attribute::Float("replaced_value_float", std::numeric_limits<float>::quiet_NaN())});
  if (random.Chance(2))
    features = pipeline.Ml("Scaler", features,
                           {Attribute::Floats("offset", random.Numbers(numbers)),
                            Attribute::Floats("scale", std::vector<float>(numbers, 0.375f))});
  width = numbers;
  if (texts == 0) return features;
  const std::vector<std::string> categories = {"a", "b", "none"};
  std::string one_hot = pipeline.Ml("OneHotEncoder", pipeline.AddTexts(texts),
                                    {Attribute::Strings("cats_strings", categories), Attribute::Int("zeros", 1)});
  const auto hot_width = static_cast<int64_t>(texts * categories.size());
  one_hot = pipeline.Main("Reshape", {one_hot, pipeline.Constant(Integers({2}, {-1, hot_width}))});
  width += static_cast<size_t>(hot_width);
  return pipeline.Main("Concat", {features, one_hot}, {Attribute::Int("axis", 1)});
}

// PCA: Sub and MatMul, on two axes.
std::string PrincipalComponents(Random& random, Pipeline& pipeline, const std::string& features, size_t& width) {
  const std::string mean = pipeline.Constant(Floats({static_cast<int64_t>(width)}, random.Numbers(width)));
  const std::string axes = pipeline.Constant(Floats({static_cast<int64_t>(width), 2}, random.Numbers(2 * width)));
  width = 2;
  return pipeline.Main("MatMul", {pipeline.Main("Sub", {features, mean}), axes});
}

// A dense layer, in each form of Gemm's attributes.
std::string Dense(Random& random, Pipeline& pipeline, const std::string& features, size_t& width) {
  const bool is_turned = random.Chance(2);
  const auto rows = static_cast<int64_t>(width);
  const std::vector<int64_t> dims = is_turned ? std::vector<int64_t>{3, rows} : std::vector<int64_t>{rows, 3};
  std::vector<std::string> inputs = {features, pipeline.Constant(Floats(dims, random.Numbers(3 * width)))};
  if (random.Chance(2)) inputs.push_back(pipeline.Constant(Floats({3}, random.Numbers(3))));
  width = 3;
  return pipeline.Main(
      "Gemm", inputs,
      {Attribute::Int("transB", is_turned ? 1 : 0), Attribute::Float("alpha", random.Chance(2) ? 1 : 0.5f),
       Attribute::Float("beta", random.Chance(2) ? 1 : -2)});
}

// PCA, a dense layer, Normalizer or Binarizer between the features and the model.
std::string Reshaped(Random& random, Pipeline& pipeline, std::string features, size_t& width) {
  const std::vector<std::string> norms = {"L1", "L2", "MAX"};
  switch (random.Below(6)) {
    case 0:
      return PrincipalComponents(random, pipeline, features, width);
    case 1:
      return pipeline.Ml("Normalizer", features, {Attribute::Text("norm", random.Of(norms))});
    case 2:
      return pipeline.Ml("Binarizer", features, {Attribute::Float("threshold", 0.5f)});
    case 3:
      return Dense(random, pipeline, features, width);
    case 4:
      return pipeline.Ml("Normalizer", PrincipalComponents(random, pipeline, features, width),
                         {Attribute::Text("norm", "L2")});
    default:
      return features;
  }
}

Attributes Labelled(Attributes attributes, size_t classes) {
  std::vector<int64_t> labels;
  for (size_t i = 0; i < classes; ++i) labels.push_back(static_cast<int64_t>(i));
  attributes.push_back(Attribute::Ints("classlabels_int64s", labels));
  return attributes;
}

Case Forest(Random& random) {
  const size_t classes = 2 + random.Below(2);
  Pipeline pipeline(random, "pipeline: random forest classifier");
  TreeShape shape{.trees = 5, .outputs = classes};
  const std::string features = Features(random, pipeline, shape.features);
  shape.positive_weights = shape.votes_everywhere = shape.only_less_equal = true;
  Attributes attributes = Labelled(RandomTrees(random, shape, "class_"), classes);
  attributes.push_back(Attribute::Text("post_transform", "NONE"));
  const auto [label, scores] = pipeline.Classifier("TreeEnsembleClassifier", features, std::move(attributes));
  return pipeline.Finish(label, ElementType::kInt64, scores);
}

// As gradient boosting is written: a raw sum for the second class, logistic.
Case Boosting(Random& random) {
  Pipeline pipeline(random, "pipeline: gradient boosting classifier");
  TreeShape shape{.trees = 5, .outputs = 2, .only_output = static_cast<int64_t>(random.Below(2))};
  const std::string features = Features(random, pipeline, shape.features);
  Attributes attributes = Labelled(RandomTrees(random, shape, "class_"), 2);
  attributes.push_back(Attribute::Text("post_transform", "LOGISTIC"));
  attributes.push_back(Attribute::Floats("base_values", random.Numbers(1)));
  const auto [label, scores] = pipeline.Classifier("TreeEnsembleClassifier", features, std::move(attributes));
  return pipeline.Finish(label, ElementType::kInt64, scores);
}

Case BoostingOfClasses(Random& random) {
  Pipeline pipeline(random, "pipeline: gradient boosting of three classes");
  TreeShape shape{.trees = 6, .outputs = 3};
  const std::string features = Features(random, pipeline, shape.features);
  Attributes attributes = Labelled(RandomTrees(random, shape, "class_"), 3);
  attributes.push_back(Attribute::Text("post_transform", "SOFTMAX"));
  attributes.push_back(Attribute::Floats("base_values", random.Numbers(3)));
  const auto [label, scores] = pipeline.Classifier("TreeEnsembleClassifier", features, std::move(attributes));
  return pipeline.Finish(label, ElementType::kInt64, scores);
}

Case TreesOfReshaped(Random& random) {
  Pipeline pipeline(random, "pipeline: trees on PCA, Normalizer or Binarizer");
  TreeShape shape{.trees = 3, .outputs = 1};
  std::string features = Features(random, pipeline, shape.features);
  features = Reshaped(random, pipeline, features, shape.features);
  Attributes attributes = RandomTrees(random, shape, "target_");
  attributes.push_back(Attribute::Int("n_targets", 1));
  if (random.Chance(2)) attributes.push_back(Attribute::Floats("base_values", random.Numbers(1)));
  return pipeline.FinishRegressor(pipeline.Ml("TreeEnsembleRegressor", features, std::move(attributes)));
}

// LinearClassifier, its scores made to add up to 1.
Case Logistic(Random& random) {
  const size_t classes = 2 + random.Below(2);
  Pipeline pipeline(random, "pipeline: logistic regression");
  size_t width = 0;
  std::string features = Features(random, pipeline, width);
  features = Reshaped(random, pipeline, features, width);
  const size_t machines = classes == 2 && random.Chance(2) ? 1 : classes;
  // Small ones: of probabilities next to 0 their sum would magnify the rounding.
  std::vector<float> coefficients = random.Numbers(machines * width);
  for (float& coefficient : coefficients) coefficient /= 256;
  std::vector<int64_t> labels = {0, 1, 2};
  labels.resize(classes);
  const auto [label, scores] = pipeline.Classifier(
      "LinearClassifier", features,
      {Attribute::Floats("coefficients", coefficients),
       Attribute::Floats("intercepts", std::vector<float>(machines, 0.5f)), Attribute::Ints("classlabels_ints", labels),
       Attribute::Text("post_transform", machines == 1 || random.Chance(2) ? "LOGISTIC" : "SOFTMAX")});
  return pipeline.Finish(label, ElementType::kInt64,
                         pipeline.Ml("Normalizer", scores, {Attribute::Text("norm", "L1")}));
}

Case Linear(Random& random) {
  Pipeline pipeline(random, "pipeline: linear regression");
  size_t width = 0;
  const std::string features = Features(random, pipeline, width);
  return pipeline.FinishRegressor(
      pipeline.Ml("LinearRegressor", features,
                  {Attribute::Floats("coefficients", random.Numbers(width)), Attribute::Floats("intercepts", {1.5f})}));
}

Case LinearSvm(Random& random) {
  Pipeline pipeline(random, "pipeline: linear support vector classifier");
  size_t width = 0;
  const std::string features = Features(random, pipeline, width);
  const auto [label, scores] = pipeline.Classifier(
      "LinearClassifier", features,
      {Attribute::Floats("coefficients", random.Numbers(3 * width)), Attribute::Floats("intercepts", random.Numbers(3)),
       Attribute::Ints("classlabels_ints", {0, 1, 2}), Attribute::Text("post_transform", "NONE")});
  return pipeline.Finish(label, ElementType::kInt64, scores);
}

// A text column by OrdinalEncoder, texts that are not known by -1; number columns as they are or by a table.
Case Ordinal(Random& random) {
  Pipeline pipeline(random, "pipeline: ordinal encoder and decision tree");
  const std::string codes =
      pipeline.Ml("LabelEncoder", pipeline.AddTexts(1),
                  {Attribute::Strings("keys_strings", {"a", "b", "none"}), Attribute::Ints("values_int64s", {0, 1, 2}),
                   Attribute::Int("default_int64", -1)});
  const std::string numbers = pipeline.Main("Cast", {codes}, {Attribute::Int("to", 1)});
  std::string measured = pipeline.AddNumbers(2, false);
  if (random.Chance(2))
    measured = pipeline.Ml("LabelEncoder", measured,
                           {Attribute::Floats("keys_floats", {-1, 0, 0.5f, 2}),
                            Attribute::Floats("values_floats", {3, 1, -2, 0}), Attribute::Float("default_float", -1)});
  const std::string features = pipeline.Main("Concat", {measured, numbers}, {Attribute::Int("axis", 1)});
  TreeShape shape{.trees = 1, .features = 3, .outputs = 2};
  shape.positive_weights = shape.votes_everywhere = shape.only_less_equal = true;
  Attributes attributes = Labelled(RandomTrees(random, shape, "class_"), 2);
  const auto [label, scores] = pipeline.Classifier("TreeEnsembleClassifier", features, std::move(attributes));
  return pipeline.Finish(label, ElementType::kInt64, scores);
}

// OneHotEncoder(drop='first') that takes no other category, beside numbers that are kept within bounds.
Case StrictEncoder(Random& random) {
  Pipeline pipeline(random, "pipeline: strict encoder without the first category, and clipped numbers");
  const std::vector<std::string> categories = {"", "2", "Bee", "a", "a longer text with blanks", "b", "none", "ä"};
  const std::string one_hot = pipeline.Ml("OneHotEncoder", pipeline.AddTexts(1),
                                          {Attribute::Strings("cats_strings", categories), Attribute::Int("zeros", 0)});
  const std::string kept = pipeline.Main("Gather", {one_hot, pipeline.Constant(Integers({7}, {1, 2, 3, 4, 5, 6, 7}))},
                                         {Attribute::Int("axis", -1)});
  const std::string texts = pipeline.Main("Reshape", {kept, pipeline.Constant(Integers({2}, {-1, 7}))});
  const std::string clipped = pipeline.Main(
      "Clip",
      {pipeline.AddNumbers(2, false), pipeline.Constant(Floats({}, {-3.25f})), pipeline.Constant(Floats({}, {4}))});
  const std::string features = pipeline.Main("Concat", {clipped, texts}, {Attribute::Int("axis", 1)});
  TreeShape shape{.trees = 4, .features = 9, .outputs = 1};
  Attributes attributes = RandomTrees(random, shape, "target_");
  attributes.push_back(Attribute::Int("n_targets", 1));
  return pipeline.FinishRegressor(pipeline.Ml("TreeEnsembleRegressor", features, std::move(attributes)));
}

}  // namespace

void AddPipelineCases(Random& random, std::vector<Case>& cases) {
  constexpr int kRounds = 30;
  for (const auto make :
       {Forest, Boosting, BoostingOfClasses, TreesOfReshaped, Logistic, Linear, LinearSvm, Ordinal, StrictEncoder})
    for (int round = 0; round < kRounds; ++round) cases.push_back(make(random));
}

}  // namespace slipway::ort_cases
