// Forms that converters of scikit-learn's estimators write beside those that training exports: the fused plan against
// the reference operators, and answers reckoned by hand.
#include <gmock/gmock.h>

#include "slipway/scoring/scoring_test_support.h"

namespace slipway::scoring {
namespace {

using model::Attribute;
using model::ElementType;
using model::Tensor;
using testing::HasSubstr;
using testing::StartsWith;

Tensor Integers(std::vector<int64_t> dims, std::vector<int64_t> values) {
  return Tensor::Of("", std::move(dims), std::move(values));
}

Tensor Floats(std::vector<int64_t> dims, std::vector<float> values) {
  Tensor tensor;
  tensor.dims = std::move(dims);
  tensor.floats = std::move(values);
  return tensor;
}

// A graph that grows from its columns: `x` (float), `code` (int64) and `job` (text), as far as they are used.
class Form {
 public:
  Form() { onnx_.opsets = {{"", 17}, {"ai.onnx.ml", 3}}; }

  std::string Column(const std::string& name, ElementType type) {
    onnx_.graph.inputs.push_back({.name = name, .element = type, .shape = {-1, 1}});
    return name;
  }
  std::string Constant(Tensor tensor) {
    tensor.name = "c" + std::to_string(onnx_.graph.initializers.size());
    onnx_.graph.initializers.push_back(std::move(tensor));
    return onnx_.graph.initializers.back().name;
  }
  std::vector<std::string> Nodes(const std::string& op, const std::string& domain, std::vector<std::string> inputs,
                                 std::vector<Attribute> attributes, size_t outputs) {
    std::vector<std::string> names;
    for (size_t i = 0; i < outputs; ++i)
      names.push_back("v" + std::to_string(onnx_.graph.nodes.size()) + "_" + std::to_string(i));
    onnx_.graph.nodes.push_back({op, domain, names[0], std::move(inputs), names, std::move(attributes)});
    return names;
  }
  std::string Main(const std::string& op, std::vector<std::string> inputs, std::vector<Attribute> attributes = {}) {
    return Nodes(op, "", std::move(inputs), std::move(attributes), 1)[0];
  }
  std::string Ml(const std::string& op, const std::string& input, std::vector<Attribute> attributes) {
    return Nodes(op, "ai.onnx.ml", {input}, std::move(attributes), 1)[0];
  }
  void Output(const std::string& name, ElementType type, std::vector<int64_t> shape) {
    onnx_.graph.outputs.push_back({.name = name, .element = type, .shape = std::move(shape)});
  }

  // y = 1, 10, 100, … times the features.
  model::OnnxModel Regressor(const std::string& features, size_t width) {
    std::vector<float> weights = {1};
    while (weights.size() < width) weights.push_back(10 * weights.back());
    Output(Ml("LinearRegressor", features, {Attribute::Floats("coefficients", weights)}), ElementType::kFloat, {-1, 1});
    return onnx_;
  }
  const model::OnnxModel& onnx() const { return onnx_; }

 private:
  model::OnnxModel onnx_;
};

ModelPointer Fused(const model::OnnxModel& onnx) {
  ModelPointer model = MakeModel(onnx, {});
  EXPECT_THAT(model->plan_description(), StartsWith("fused"));
  return model;
}

ModelPointer Plain(const model::OnnxModel& onnx) {
  return MakeModel(onnx, {}, CompiledModel::Path::kReference);
}

void ExpectBoth(const model::OnnxModel& onnx, std::string_view request, std::string_view answer) {
  EXPECT_EQ(Answer(*Fused(onnx), request), answer);
  EXPECT_EQ(Answer(*Plain(onnx), request), answer);
}

// OneHotEncoder(drop='first') of `job`, flattened: cook, smith.
model::OnnxModel DropsTheFirst() {
  Form form;
  const std::string job = form.Column("job", ElementType::kString);
  const std::string encoded =
      form.Ml("OneHotEncoder", job,
              {Attribute::Strings("cats_strings", {"clerk", "cook", "smith"}), Attribute::Int("zeros", 0)});
  const std::string kept =
      form.Main("Gather", {encoded, form.Constant(Integers({2}, {1, 2}))}, {Attribute::Int("axis", -1)});
  return form.Regressor(form.Main("Reshape", {kept, form.Constant(Integers({2}, {-1, 2}))}), 2);
}

TEST(ConvertedForms, CategoriesWithoutTheFirst) {
  ExpectBoth(DropsTheFirst(), R"([["clerk"],["cook"],["smith"]])", R"({"predictions":[0,1,10]})");
}

TEST(ConvertedForms, AnEncoderThatTakesNoOtherCategoryNamesRowAndColumn) {
  EXPECT_EQ(Answer(*Fused(DropsTheFirst()), R"({"data":[{"job":"cook"},{"job":"pilot"}]})"),
            "error: row 1, column 'job': a category that the model does not know; it knows 'clerk', 'cook', 'smith'");
  EXPECT_THAT(Answer(*Plain(DropsTheFirst()), R"({"data":[{"job":"pilot"}]})"), HasSubstr("an unknown category"));
}

TEST(ConvertedForms, SoDoesOneOfWholeNumbers) {
  Form form;
  const std::string encoded = form.Ml("OneHotEncoder", form.Column("code", ElementType::kInt64),
                                      {Attribute::Ints("cats_int64s", {1, 2, 5}), Attribute::Int("zeros", 0)});
  const auto onnx = form.Regressor(form.Main("Reshape", {encoded, form.Constant(Integers({2}, {-1, 3}))}), 3);
  ExpectBoth(onnx, "[[1],[2],[5]]", R"({"predictions":[1,10,100]})");
  EXPECT_EQ(Answer(*Fused(onnx), "[[5],[3]]"),
            "error: row 1, column 'code': a category that the model does not know; it knows 1, 2, 5");
}

TEST(ConvertedForms, TextsThatAreImputedFirstAreKnownAsWhatTheyBecome) {
  Form form;
  const std::string job = form.Column("job", ElementType::kString);
  Tensor empty, none;
  empty.type = none.type = ElementType::kString;
  empty.dims = none.dims = {1};
  empty.strings = {""};
  none.strings = {"none"};
  const std::string is_empty = form.Main("Equal", {job, form.Constant(std::move(empty))});
  const std::string filled = form.Main("Where", {is_empty, form.Constant(std::move(none)), job});
  const std::string encoded = form.Ml(
      "OneHotEncoder", filled, {Attribute::Strings("cats_strings", {"cook", "none"}), Attribute::Int("zeros", 0)});
  const auto onnx = form.Regressor(form.Main("Reshape", {encoded, form.Constant(Integers({2}, {-1, 2}))}), 2);
  ExpectBoth(onnx, R"([["cook"],[""],["none"]])", R"({"predictions":[1,10,10]})");
  EXPECT_THAT(Answer(*Fused(onnx), R"([["pilot"]])"), HasSubstr("row 0, column 'job'"));
}

// OneHotEncoder(min_frequency=…): the last two categories count as one.
TEST(ConvertedForms, InfrequentCategoriesCountAsOne) {
  Form form;
  const std::string encoded =
      form.Ml("OneHotEncoder", form.Column("job", ElementType::kString),
              {Attribute::Strings("cats_strings", {"clerk", "cook", "nurse", "smith"}), Attribute::Int("zeros", 1)});
  const auto parts =
      form.Nodes("Split", "", {encoded, form.Constant(Integers({2}, {2, 2}))}, {Attribute::Int("axis", -1)}, 2);
  const std::string rare =
      form.Main("ReduceSum", {parts[1], form.Constant(Integers({1}, {-1}))}, {Attribute::Int("keepdims", 1)});
  const std::string joined = form.Main("Concat", {parts[0], rare}, {Attribute::Int("axis", -1)});
  ExpectBoth(form.Regressor(form.Main("Reshape", {joined, form.Constant(Integers({2}, {-1, 3}))}), 3),
             R"([["clerk"],["cook"],["nurse"],["smith"],["pilot"]])", R"({"predictions":[1,10,100,100,0]})");
}

TEST(ConvertedForms, NumbersAreClipped) {
  Form inputs, attributes;
  const std::string low = inputs.Constant(Floats({}, {-1})), high = inputs.Constant(Floats({}, {2.5}));
  const auto newer = inputs.Regressor(inputs.Main("Clip", {inputs.Column("x", ElementType::kFloat), low, high}), 1);
  ExpectBoth(newer, "[[-7],[0.5],[3]]", R"({"predictions":[-1,0.5,2.5]})");
  const std::string x = attributes.Column("x", ElementType::kFloat);
  auto older = attributes.Regressor(attributes.Main("Clip", {x}, {Attribute::Float("max", 2.5)}), 1);
  older.opsets[""] = 9;
  ExpectBoth(older, "[[-7],[0.5],[3]]", R"({"predictions":[-7,0.5,2.5]})");
}

TEST(ConvertedForms, WholeNumbersAreScaled) {
  Form form;
  const std::string scaled = form.Ml("Scaler", form.Column("code", ElementType::kInt64),
                                     {Attribute::Floats("offset", {2}), Attribute::Floats("scale", {0.5})});
  ExpectBoth(form.Regressor(scaled, 1), "[[1],[2],[5]]", R"({"predictions":[-0.5,0,1.5]})");
}

// OrdinalEncoder of number columns; what is not in the table becomes the default.
TEST(ConvertedForms, NumbersAreLookedUp) {
  Form integers, floats;
  const std::string code =
      integers.Ml("LabelEncoder", integers.Column("code", ElementType::kInt64),
                  {Attribute::Ints("keys_int64s", {10, 20, 10}), Attribute::Ints("values_int64s", {0, 1, 2}),
                   Attribute::Int("default_int64", -1)});
  const auto of_integers = integers.Regressor(integers.Main("Cast", {code}, {Attribute::Int("to", 1)}), 1);
  ExpectBoth(of_integers, "[[10],[20],[30]]", R"({"predictions":[0,1,-1]})");
  const std::string x = floats.Ml("LabelEncoder", floats.Column("x", ElementType::kFloat),
                                  {Attribute::Floats("keys_floats", {0.5, -0.0}),
                                   Attribute::Floats("values_floats", {7, 8}), Attribute::Float("default_float", 9)});
  ExpectBoth(floats.Regressor(x, 1), "[[0.5],[0],[0.25],[null]]", R"({"predictions":[7,8,9,9]})");
}

// LinearSVC and RidgeClassifier of two classes: the graph gives the second class's margin alone.
TEST(ConvertedForms, AMarginIsAnsweredForBothClasses) {
  Form form;
  const auto classified =
      form.Nodes("LinearClassifier", "ai.onnx.ml", {form.Column("x", ElementType::kFloat)},
                 {Attribute::Floats("coefficients", {-2, 2}), Attribute::Floats("intercepts", {-1, 1}),
                  Attribute::Ints("classlabels_ints", {0, 1}), Attribute::Text("post_transform", "NONE")},
                 2);
  const std::string second =
      form.Nodes("ArrayFeatureExtractor", "ai.onnx.ml", {classified[1], form.Constant(Integers({}, {1}))}, {}, 1)[0];
  form.Output(classified[0], ElementType::kInt64, {-1});
  form.Output(second, ElementType::kFloat, {-1, 1});
  model::OnnxModel onnx = form.onnx();
  ExpectBoth(onnx, "[[1],[-1]]", R"({"predictions":[1,0],"probabilities":[[-3,3],[1,-1]]})");
  // Along the first axis it is the second row that is picked, which is no margin.
  onnx.graph.nodes.back().op_type = "Gather";
  onnx.graph.nodes.back().domain = "";
  const auto rows = CompiledModel::Make(onnx, {}, true);
  EXPECT_FALSE(rows && (*rows)->plan_description().starts_with("fused"));
}

// As SGDClassifier, dense layers and naive Bayes are written with zipmap off: no operator knows the labels.
TEST(ConvertedForms, LabelsArePickedFromAListOfTheGraph) {
  Form form;
  const std::string margin =
      form.Main("MatMul", {form.Column("x", ElementType::kFloat), form.Constant(Floats({1, 1}, {4}))});
  const std::string second = form.Main("Sigmoid", {margin});
  const std::string first = form.Main("Sub", {form.Constant(Floats({1}, {1})), second});
  const std::string scores = form.Main("Concat", {first, second}, {Attribute::Int("axis", 1)});
  const std::string best = form.Main("ArgMax", {scores}, {Attribute::Int("axis", 1)});
  const std::string picked =
      form.Nodes("ArrayFeatureExtractor", "ai.onnx.ml", {form.Constant(Integers({2}, {7, 9})), best}, {}, 1)[0];
  const std::string label = form.Main("Reshape", {picked, form.Constant(Integers({1}, {-1}))});
  form.Output(label, ElementType::kInt64, {-1});
  form.Output(scores, ElementType::kFloat, {-1, 2});
  EXPECT_EQ(Answer(*Plain(form.onnx()), "[[0],[100]]"), R"({"predictions":[7,9],"probabilities":[[0.5,0.5],[0,1]]})");
}

// A pipeline that begins with DictVectorizer takes a map a row: its keys are columns.
model::OnnxModel TakesAMap(const std::string& op, std::vector<Attribute> attributes, size_t width) {
  Form form;
  const std::string matrix = form.Ml(op, "features", std::move(attributes));
  model::OnnxModel onnx = form.Regressor(matrix, width);
  onnx.graph.inputs.push_back(
      {.name = "features", .kind = model::ValueInfo::Kind::kMaps, .element = ElementType::kString});
  return onnx;
}

TEST(ConvertedForms, KeysOfAMapAreOptionalColumns) {
  const auto onnx = TakesAMap("DictVectorizer", {Attribute::Strings("string_vocabulary", {"age", "city=A"})}, 2);
  ExpectBoth(onnx, R"({"data":[{"age":3,"city=A":1},{"city=A":1,"city=B":1},{}]})", R"({"predictions":[13,10,0]})");
}

TEST(ConvertedForms, NumbersOfAMapStandWhereTheirKeysSay) {
  const auto onnx = TakesAMap("CastMap", {Attribute::Text("map_form", "SPARSE"), Attribute::Int("max_map", 3)}, 3);
  ExpectBoth(onnx, R"({"data":[{"2":1},{"0":5,"1":1,"7":9}]})", R"({"predictions":[100,15]})");
}

TEST(ConvertedForms, OtherUsesOfMapsAreRefusedByName) {
  const auto dense = CompiledModel::Make(TakesAMap("CastMap", {}, 1), {}, true);
  ASSERT_FALSE(dense);
  EXPECT_THAT(dense.error().message(), HasSubstr("CastMap of ai.onnx.ml"));
  EXPECT_THAT(dense.error().message(), HasSubstr("dense form"));
  const auto taken = CompiledModel::Make(
      TakesAMap("DictVectorizer", {Attribute::Strings("string_vocabulary", {"features"})}, 1), {}, true);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("the key 'features'"));
  const auto other = CompiledModel::Make(TakesAMap("Scaler", {}, 1), {}, true);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message(), HasSubstr("DictVectorizer and CastMap take them"));
}

TEST(ConvertedForms, LabelsThatAreReckonedAreRefusedByName) {
  Form form;
  const std::string x = form.Column("x", ElementType::kFloat);
  form.Output(form.Main("Cast", {x}, {Attribute::Int("to", 7)}), ElementType::kInt64, {-1, 1});
  form.Output(form.Main("Neg", {x}), ElementType::kFloat, {-1, 1});
  const auto model = CompiledModel::Make(form.onnx(), {}, true);
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(), HasSubstr("which labels it may hold"));
}

}  // namespace
}  // namespace slipway::scoring
