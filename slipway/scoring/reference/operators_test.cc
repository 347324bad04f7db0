// Every reference operator on cases small enough to reckon by hand.
#include "slipway/scoring/reference/operators.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "slipway/scoring/reference/tensor_tools.h"

namespace slipway::scoring::reference {
namespace {

using model::Attribute;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::NanSensitiveFloatNear;
using testing::Pointwise;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

Tensor F(Dims dims, std::vector<float> values) {
  return FloatTensor(std::move(dims), std::move(values));
}
Tensor I(Dims dims, std::vector<int64_t> values) {
  return IntTensor(std::move(dims), std::move(values));
}
Tensor B(Dims dims, std::vector<int64_t> values) {
  return IntTensor(std::move(dims), std::move(values), ElementType::kBool);
}
Tensor S(Dims dims, std::vector<std::string> values) {
  return TextTensor(std::move(dims), std::move(values));
}

struct Call {
  std::string op;
  std::vector<Tensor> inputs;
  std::vector<Attribute> attributes = {};
  int64_t version = 17;  // of the main domain
  int64_t ml_version = 3;
  size_t outputs = 1;
};

bool IsMl(const std::string& op) {
  for (const char* name :
       {"Imputer", "OneHotEncoder", "LabelEncoder", "CategoryMapper", "Scaler", "Normalizer", "Binarizer",
        "FeatureVectorizer", "ArrayFeatureExtractor", "ZipMap", "TreeEnsembleClassifier", "TreeEnsembleRegressor",
        "TreeEnsemble", "LinearClassifier", "LinearRegressor", "SVMClassifier", "SVMRegressor"})
    if (op == name) return true;
  return false;
}

Result<Values> RunCall(const Call& call) {
  model::OnnxModel model;
  model.opsets = {{"", call.version}, {"ai.onnx.ml", call.ml_version}};
  model::Node node{call.op, IsMl(call.op) ? "ai.onnx.ml" : "", "n", {}, {}, call.attributes};
  for (size_t i = 0; i < call.outputs; ++i) node.outputs.push_back("out" + std::to_string(i));
  SLIPWAY_ASSIGN_OR_RETURN(const Operator operation, MakeOperator(node, model));
  Values inputs;
  for (const Tensor& tensor : call.inputs) inputs.push_back({tensor});
  return Run(operation, inputs);
}

Tensor Out(const Call& call, size_t index = 0) {
  auto values = RunCall(call);
  EXPECT_TRUE(values) << call.op << ": " << values.error().ToString();
  return values && index < values->size() ? (*values)[index].tensor : Tensor();
}

std::string ErrorOf(const Call& call) {
  const auto values = RunCall(call);
  return values ? "no error" : values.error().ToString();
}

// Shape and elements.
void Expect(const Call& call, const Tensor& expected, size_t index = 0) {
  SCOPED_TRACE(call.op);
  const Tensor actual = Out(call, index);
  EXPECT_EQ(actual.type, expected.type);
  EXPECT_EQ(actual.dims, expected.dims);
  EXPECT_THAT(actual.floats, Pointwise(NanSensitiveFloatNear(1e-6f), expected.floats));
  EXPECT_EQ(actual.doubles, expected.doubles);
  EXPECT_EQ(actual.ints, expected.ints);
  EXPECT_EQ(actual.strings, expected.strings);
}

TEST(Encoders, ImputerReplacesNaNOrAValue) {
  const Tensor x = F({2, 2}, {kNaN, 1, 0, kNaN});
  Expect({"Imputer",
          {x},
          {Attribute::Floats("imputed_value_floats", {5, 6}), Attribute::Float("replaced_value_float", kNaN)}},
         F({2, 2}, {5, 1, 0, 6}));
  Expect({"Imputer", {x}, {Attribute::Floats("imputed_value_floats", {5})}}, F({2, 2}, {kNaN, 1, 5, kNaN}));
  Expect({"Imputer",
          {I({3}, {0, 1, 2})},
          {Attribute::Ints("imputed_value_int64s", {7, 8, 9}), Attribute::Int("replaced_value_int64", 2)}},
         I({3}, {0, 1, 9}));
  Tensor doubles = MakeTensor(ElementType::kDouble, {2, 1}), filled = doubles;
  doubles.doubles = {std::nan(""), 0.1};
  filled.doubles = {0.5, 0.1};
  Expect({"Imputer",
          {doubles},
          {Attribute::Floats("imputed_value_floats", {0.5f}), Attribute::Float("replaced_value_float", kNaN)}},
         filled);
  Expect({"Imputer", {IntTensor({2}, {0, 3}, ElementType::kInt32)}, {Attribute::Ints("imputed_value_int64s", {7})}},
         IntTensor({2}, {7, 3}, ElementType::kInt32));
}

TEST(Encoders, OneHotEncoderAddsADimension) {
  Expect({"OneHotEncoder", {S({2, 1}, {"b", "?"})}, {Attribute::Strings("cats_strings", {"a", "b"})}},
         F({2, 1, 2}, {0, 1, 0, 0}));
  Expect({"OneHotEncoder", {F({4}, {-0.5f, 1.9f, kNaN, 7})}, {Attribute::Ints("cats_int64s", {0, 1})}},
         F({4, 2}, {1, 0, 0, 1, 0, 0, 0, 0}));
  Expect({"OneHotEncoder", {S({1}, {"a"})}, {Attribute::Strings("cats_strings", {"a", "a"})}}, F({1, 2}, {0, 1}));
  EXPECT_THAT(
      ErrorOf(
          {"OneHotEncoder", {S({1}, {"c"})}, {Attribute::Strings("cats_strings", {"a"}), Attribute::Int("zeros", 0)}}),
      HasSubstr("an unknown category"));
}

TEST(Encoders, LabelEncoderMapsEveryPairOfTypes) {
  const Attribute texts = Attribute::Strings("keys_strings", {"a", "b", "a"});
  Expect({"LabelEncoder", {S({3}, {"a", "b", "c"})}, {texts, Attribute::Ints("values_int64s", {1, 2, 3})}},
         I({3}, {1, 2, -1}));
  Expect({"LabelEncoder",
          {S({2, 1}, {"b", "c"})},
          {texts, Attribute::Floats("values_floats", {1, 2, 3}), Attribute::Float("default_float", 9)}},
         F({2, 1}, {2, 9}));
  Expect({"LabelEncoder", {S({2}, {"a", "c"})}, {texts, Attribute::Strings("values_strings", {"x", "y", "z"})}},
         S({2}, {"x", "_Unused"}));
  const Attribute integers = Attribute::Ints("keys_int64s", {4, 5});
  Expect({"LabelEncoder",
          {I({2}, {5, 6})},
          {integers, Attribute::Strings("values_strings", {"x", "y"}), Attribute::Text("default_string", "?")}},
         S({2}, {"y", "?"}));
  Expect({"LabelEncoder",
          {I({2}, {5, 6})},
          {integers, Attribute::Ints("values_int64s", {7, 8}), Attribute::Int("default_int64", 0)}},
         I({2}, {8, 0}));
  Expect({"LabelEncoder", {I({2}, {4, 6})}, {integers, Attribute::Floats("values_floats", {7, 8})}},
         F({2}, {7, -0.0f}));
  const Attribute floats = Attribute::Floats("keys_floats", {0, kNaN});
  Expect({"LabelEncoder", {F({3}, {-0.0f, kNaN, 1})}, {floats, Attribute::Ints("values_int64s", {7, 8})}, 17, 4},
         I({3}, {7, 8, -1}));
  Expect({"LabelEncoder", {F({2}, {0, kNaN})}, {floats, Attribute::Ints("values_int64s", {7, 8})}, 17, 2},
         I({2}, {7, -1}));
  Expect({"LabelEncoder", {F({1}, {0})}, {floats, Attribute::Strings("values_strings", {"x", "y"})}}, S({1}, {"x"}));
  Expect({"LabelEncoder", {F({1}, {0})}, {floats, Attribute::Floats("values_floats", {2, 3})}}, F({1}, {2}));
  const Attribute classes = Attribute::Strings("classes_strings", {"a", "b"});
  Expect({"LabelEncoder", {S({2}, {"b", "c"})}, {classes}, 17, 1}, I({2}, {1, -1}));
  Expect({"LabelEncoder", {I({2}, {0, 5})}, {classes}, 17, 1}, S({2}, {"a", "_Unused"}));
}

TEST(Encoders, CategoryMapperGoesBothWays) {
  const std::vector<Attribute> attributes = {Attribute::Strings("cats_strings", {"a", "b"}),
                                             Attribute::Ints("cats_int64s", {10, 20})};
  Expect({"CategoryMapper", {S({2}, {"b", "c"})}, attributes}, I({2}, {20, -1}));
  Expect({"CategoryMapper", {I({2}, {10, 11})}, attributes}, S({2}, {"a", "_Unused"}));
}

TEST(Encoders, ScalesNormalizesAndBinarizes) {
  Expect({"Scaler", {F({1, 2}, {3, 4})}, {Attribute::Floats("offset", {1, 2}), Attribute::Floats("scale", {10})}},
         F({1, 2}, {20, 20}));
  Expect({"Scaler", {I({1, 1}, {3})}, {Attribute::Floats("offset", {1}), Attribute::Floats("scale", {0.5f})}},
         F({1, 1}, {1}));
  const Tensor x = F({2, 3}, {1, 2, -4, 0, 0, 0});
  Expect({"Normalizer", {x}, {Attribute::Text("norm", "MAX")}}, F({2, 3}, {0.5f, 1, -2, 0, 0, 0}));
  Expect({"Normalizer", {x}, {Attribute::Text("norm", "L1")}}, F({2, 3}, {1 / 7.f, 2 / 7.f, -4 / 7.f, 0, 0, 0}));
  Expect({"Normalizer", {F({1, 2}, {3, 4})}, {Attribute::Text("norm", "L2")}}, F({1, 2}, {0.6f, 0.8f}));
  Expect({"Binarizer", {F({3}, {1, 2, 3})}, {Attribute::Float("threshold", 2)}}, F({3}, {0, 0, 1}));
  EXPECT_THAT(ErrorOf({"Binarizer", {F({1}, {kNaN})}}), HasSubstr("NaN"));
}

TEST(Encoders, TakesAndJoinsColumns) {
  Expect({"FeatureVectorizer",
          {F({2, 1}, {1, 2}), I({2, 3}, {3, 4, 5, 6, 7, 8})},
          {Attribute::Ints("inputdimensions", {2, 2})}},
         F({2, 4}, {1, 0, 3, 4, 2, 0, 6, 7}));
  Expect({"ArrayFeatureExtractor", {S({2, 2}, {"a", "b", "c", "d"}), I({1}, {1})}}, S({2, 1}, {"b", "d"}));
  Expect({"ArrayFeatureExtractor", {F({3}, {1, 2, 3}), I({2}, {2, 0})}}, F({1, 2}, {3, 1}));
  EXPECT_THAT(ErrorOf({"ArrayFeatureExtractor", {F({1}, {1}), I({1}, {1})}}), HasSubstr("there is no column 1 of 1"));
}

TEST(Encoders, ZipMapKeepsLabels) {
  const auto values =
      RunCall({"ZipMap", {F({1, 2}, {0.25f, 0.75f})}, {Attribute::Strings("classlabels_strings", {"n", "y"})}});
  ASSERT_TRUE(values);
  EXPECT_TRUE((*values)[0].is_map());
  EXPECT_THAT((*values)[0].map_labels.strings, ElementsAre("n", "y"));
  EXPECT_THAT(ErrorOf({"ZipMap", {F({1, 1}, {1})}, {Attribute::Ints("classlabels_int64s", {0, 1})}}),
              HasSubstr("2 labels for 1 columns"));
}

TEST(Shapes, Cast) {
  const auto to = [](ElementType type) {
    return std::vector<Attribute>{Attribute::Int("to", static_cast<int64_t>(type))};
  };
  Expect({"Cast", {F({3}, {1.9f, -1.9f, 0})}, to(ElementType::kInt64)}, I({3}, {1, -1, 0}));
  Expect({"Cast", {F({3}, {0.5f, 0, kNaN})}, to(ElementType::kBool)}, B({3}, {1, 0, 1}));
  Expect({"Cast", {I({2}, {-3, 0})}, to(ElementType::kString)}, S({2}, {"-3", "0"}));
  Expect({"Cast", {F({4}, {0.1f, 1e20f, 3, kNaN})}, to(ElementType::kString)}, S({4}, {"0.1", "1e+20", "3", "NaN"}));
  Expect({"Cast", {S({5}, {"NaN", "inf", "-INF", "1e3", "7"})}, to(ElementType::kFloat)},
         F({5}, {kNaN, kInf, -kInf, 1000, 7}));
  EXPECT_THAT(ErrorOf({"Cast", {S({1}, {""})}, to(ElementType::kFloat)}), HasSubstr("'' is not a number"));
  EXPECT_THAT(ErrorOf({"Cast", {F({1}, {0})}, to(ElementType::kFloat16)}),
              HasSubstr("a cast to float16 is not supported"));
}

TEST(Operators, RefuseTextsWhereNumbersAreNeeded) {
  const Tensor texts = S({1, 2}, {"a", "b"}), one = I({1}, {1}), matrix = F({1, 1}, {1});
  const std::vector<Call> calls = {
      {"Normalizer", {texts}},
      {"TopK", {texts, one}},
      {"ArgMax", {texts}},
      {"IsNaN", {texts}},
      {"Pow", {one, texts}},
      {"Clip", {one, S({}, {"a"})}},
      {"Gemm", {matrix, matrix, S({1, 1}, {"a"})}},
      {"Scaler", {texts}, {Attribute::Floats("offset", {0}), Attribute::Floats("scale", {1})}},
      {"FeatureVectorizer", {texts}, {Attribute::Ints("inputdimensions", {2})}}};
  for (const Call& call : calls) EXPECT_THAT(ErrorOf(call), HasSubstr("texts cannot be reckoned with")) << call.op;
}

TEST(Shapes, ReshapeFlattenSqueezeUnsqueeze) {
  const Tensor x = F({2, 1, 2}, {1, 2, 3, 4});
  Expect({"Reshape", {x, I({2}, {-1, 4})}}, F({1, 4}, x.floats));
  Expect({"Reshape", {x, I({2}, {0, -1})}}, F({2, 2}, x.floats));
  EXPECT_THAT(ErrorOf({"Reshape", {x, I({1}, {3})}}), HasSubstr("4 elements do not fill [3]"));
  EXPECT_THAT(ErrorOf({"Reshape", {x, I({3}, {-1, int64_t{1} << 40, int64_t{1} << 40})}}),
              HasSubstr("is not possible"));
  Expect({"Flatten", {x}}, F({2, 2}, x.floats));
  Expect({"Flatten", {x}, {Attribute::Int("axis", 0)}}, F({1, 4}, x.floats));
  Expect({"Squeeze", {x, I({1}, {1})}}, F({2, 2}, x.floats));
  Expect({"Squeeze", {x}, {Attribute::Ints("axes", {1})}, 11}, F({2, 2}, x.floats));
  EXPECT_THAT(ErrorOf({"Squeeze", {x, I({1}, {0})}}), HasSubstr("axis 0 has 2 elements"));
  Expect({"Unsqueeze", {F({2}, {1, 2}), I({1}, {-1})}}, F({2, 1}, {1, 2}));
  Expect({"Unsqueeze", {F({2}, {1, 2})}, {Attribute::Ints("axes", {0})}, 11}, F({1, 2}, {1, 2}));
  Expect({"Expand", {F({2, 1}, {1, 2}), I({2}, {1, 2})}}, F({2, 2}, {1, 1, 2, 2}));
  Expect({"Identity", {S({1}, {"a"})}}, S({1}, {"a"}));
  Expect({"Shape", {x}}, I({3}, {2, 1, 2}));
}

TEST(Shapes, Constants) {
  Expect({"Constant", {}, {Attribute::Ints("value_ints", {1, 2})}}, I({2}, {1, 2}));
  Expect({"Constant", {}, {Attribute::Float("value_float", 1.5f)}}, F({}, {1.5f}));
  Expect({"ConstantOfShape", {I({2}, {1, 2})}}, F({1, 2}, {0, 0}));
}

TEST(Shapes, ConcatAndSplit) {
  Expect({"Concat", {S({2, 1}, {"a", "b"}), S({2, 2}, {"c", "d", "e", "f"})}, {Attribute::Int("axis", 1)}},
         S({2, 3}, {"a", "c", "d", "b", "e", "f"}));
  Expect({"Concat", {F({1, 2}, {1, 2}), F({1, 2}, {3, 4})}, {Attribute::Int("axis", 0)}}, F({2, 2}, {1, 2, 3, 4}));
  EXPECT_THAT(ErrorOf({"Concat", {F({1, 2}, {1, 2}), F({2, 1}, {3, 4})}, {Attribute::Int("axis", 0)}}),
              HasSubstr("do not fit together"));
  const Call split{"Split", {F({1, 3}, {1, 2, 3}), I({2}, {1, 2})}, {Attribute::Int("axis", 1)}, 17, 3, 2};
  Expect(split, F({1, 1}, {1}), 0);
  Expect(split, F({1, 2}, {2, 3}), 1);
  Expect({"Split", {F({4}, {1, 2, 3, 4})}, {}, 11, 3, 2}, F({2}, {3, 4}), 1);
}

TEST(Shapes, GatherSliceTranspose) {
  const Tensor x = F({2, 3}, {1, 2, 3, 4, 5, 6});
  Expect({"Gather", {x, I({2}, {2, -3})}, {Attribute::Int("axis", 1)}}, F({2, 2}, {3, 1, 6, 4}));
  Expect({"Gather", {x, I({}, {1})}}, F({3}, {4, 5, 6}));
  EXPECT_THAT(ErrorOf({"Gather", {x, I({1}, {2})}}), HasSubstr("axis 2"));
  Expect({"GatherElements", {x, I({2, 1}, {2, 0})}, {Attribute::Int("axis", 1)}}, F({2, 1}, {3, 4}));
  Expect({"Slice", {x, I({1}, {1}), I({1}, {9}), I({1}, {1})}}, F({2, 2}, {2, 3, 5, 6}));
  Expect({"Slice", {x, I({1}, {-1}), I({1}, {-9}), I({1}, {1}), I({1}, {-2})}}, F({2, 2}, {3, 1, 6, 4}));
  Expect(
      {"Slice", {x}, {Attribute::Ints("starts", {0}), Attribute::Ints("ends", {1}), Attribute::Ints("axes", {0})}, 9},
      F({1, 3}, {1, 2, 3}));
  Expect({"Transpose", {x}}, F({3, 2}, {1, 4, 2, 5, 3, 6}));
  Expect({"Transpose", {F({1, 2, 2}, {1, 2, 3, 4})}, {Attribute::Ints("perm", {2, 0, 1})}}, F({2, 1, 2}, {1, 3, 2, 4}));
}

TEST(Elementwise, ArithmeticBroadcasts) {
  const Tensor x = F({2, 2}, {1, 2, 3, 4}), row = F({2}, {10, 20});
  Expect({"Add", {x, row}}, F({2, 2}, {11, 22, 13, 24}));
  Expect({"Sub", {row, x}}, F({2, 2}, {9, 18, 7, 16}));
  Expect({"Mul", {x, F({2, 1}, {2, 3})}}, F({2, 2}, {2, 4, 9, 12}));
  Expect({"Div", {I({2}, {7, -7}), I({}, {2})}}, I({2}, {3, -3}));
  EXPECT_THAT(ErrorOf({"Div", {I({1}, {1}), I({1}, {0})}}), HasSubstr("divided by 0"));
  Expect({"Div", {F({1}, {1}), F({1}, {0})}}, F({1}, {kInf}));
  EXPECT_THAT(ErrorOf({"Add", {x, F({3}, {1, 2, 3})}}), HasSubstr("shapes [2,2] and [3]"));
  EXPECT_THAT(ErrorOf({"Add", {x, I({1}, {1})}}), HasSubstr("types float and int64"));
  Expect({"Pow", {F({2}, {2, 3}), I({}, {2})}}, F({2}, {4, 9}));
  Expect({"Sum", {row, row, row}}, F({2}, {30, 60}));
  Expect({"Mean", {row, F({2}, {0, 0})}}, F({2}, {5, 10}));
  Expect({"Min", {F({2}, {1, kNaN}), F({2}, {0, 0})}}, F({2}, {0, kNaN}));
  Expect({"Max", {F({2}, {1, -1}), F({2}, {0, 0})}}, F({2}, {1, 0}));
}

TEST(Elementwise, ComparesAndChooses) {
  Expect({"Equal", {S({2}, {"a", "b"}), S({1}, {"b"})}}, B({2}, {0, 1}));
  Expect({"Less", {F({3}, {1, 2, kNaN}), F({}, {2})}}, B({3}, {1, 0, 0}));
  Expect({"LessOrEqual", {I({2}, {2, 3}), I({}, {2})}}, B({2}, {1, 0}));
  Expect({"Greater", {F({2}, {1, 3}), F({}, {2})}}, B({2}, {0, 1}));
  Expect({"GreaterOrEqual", {F({2}, {1, 2}), F({}, {2})}}, B({2}, {0, 1}));
  const Tensor p = B({4}, {0, 0, 1, 1}), q = B({4}, {0, 1, 0, 1});
  Expect({"And", {p, q}}, B({4}, {0, 0, 0, 1}));
  Expect({"Or", {p, q}}, B({4}, {0, 1, 1, 1}));
  Expect({"Xor", {p, q}}, B({4}, {0, 1, 1, 0}));
  Expect({"Not", {p}}, B({4}, {1, 1, 0, 0}));
  Expect({"IsNaN", {F({2}, {1, kNaN})}}, B({2}, {0, 1}));
  Expect({"Where", {B({2, 1}, {1, 0}), S({1}, {"fill"}), S({2, 1}, {"a", "b"})}}, S({2, 1}, {"fill", "b"}));
}

TEST(Elementwise, FunctionsOfOneNumber) {
  const auto one = [](const char* op, float x) { return Out({op, {F({1}, {x})}}).floats.at(0); };
  EXPECT_EQ(one("Abs", -2), 2);
  EXPECT_EQ(one("Neg", -2), 2);
  EXPECT_EQ(one("Sign", -2), -1);
  EXPECT_EQ(one("Relu", -2), 0);
  EXPECT_EQ(one("Sqrt", 9), 3);
  EXPECT_FLOAT_EQ(one("Exp", 1), 2.7182817f);
  EXPECT_FLOAT_EQ(one("Log", 2.7182817f), 1);
  EXPECT_EQ(one("Floor", -1.5f), -2);
  EXPECT_EQ(one("Ceil", -1.5f), -1);
  EXPECT_FLOAT_EQ(one("Tanh", 1), 0.76159418f);
  EXPECT_EQ(one("Reciprocal", 4), 0.25f);
  EXPECT_FLOAT_EQ(one("Sigmoid", 1), 0.73105860f);
  EXPECT_FLOAT_EQ(one("Sigmoid", -1), 0.26894142f);
  Expect({"Abs", {I({2}, {-3, std::numeric_limits<int64_t>::min()})}},
         I({2}, {3, std::numeric_limits<int64_t>::min()}));
  Expect({"Clip", {F({4}, {-1, 0.5f, 2, kNaN}), F({}, {0}), F({}, {1})}}, F({4}, {0, 0.5f, 1, kNaN}));
  Expect({"Clip", {F({2}, {-1, 2})}, {Attribute::Float("min", 0)}, 6}, F({2}, {0, 2}));
  EXPECT_THAT(ErrorOf({"Sqrt", {I({1}, {4})}}), HasSubstr("an input of type int64"));
}

TEST(Reductions, OverAxes) {
  const Tensor x = F({2, 2}, {1, -2, 3, 4});
  Expect({"ReduceSum", {x, I({1}, {1})}}, F({2, 1}, {-1, 7}));
  Expect({"ReduceSum", {x}, {Attribute::Ints("axes", {0}), Attribute::Int("keepdims", 0)}, 11}, F({2}, {4, 2}));
  Expect({"ReduceSum", {x}, {Attribute::Int("noop_with_empty_axes", 1)}}, x);
  Expect({"ReduceMean", {x}, {Attribute::Ints("axes", {-1})}}, F({2, 1}, {-0.5f, 3.5f}));
  Expect({"ReduceMax", {x}, {Attribute::Int("keepdims", 0)}}, F({}, {4}));
  Expect({"ReduceMin", {x}}, F({1, 1}, {-2}));
  Expect({"ReduceProd", {x}}, F({1, 1}, {-24}));
  Expect({"ReduceL1", {x}}, F({1, 1}, {10}));
  Expect({"ReduceL2", {F({2}, {3, 4})}}, F({1}, {5}));
  Expect({"ReduceSumSquare", {x}}, F({1, 1}, {30}));
  const Tensor large = I({3}, {std::numeric_limits<int64_t>::max(), 1, 2});
  Expect({"ReduceSum", {large}}, I({1}, {std::numeric_limits<int64_t>::min() + 2}));
  Expect({"ReduceProd", {large}}, I({1}, {-2}));
  Expect({"ReduceL1", {I({1}, {std::numeric_limits<int64_t>::min()})}}, I({1}, {std::numeric_limits<int64_t>::min()}));
  Expect({"ReduceSumSquare", {I({1}, {int64_t{1} << 32})}}, I({1}, {0}));
  Expect({"ReduceLogSumExp", {F({2}, {0, 0})}}, F({1}, {0.6931472f}));
}

TEST(Reductions, OrdersAlongAnAxis) {
  const Tensor x = F({2, 3}, {1, 3, 3, kNaN, 1, 2});
  Expect({"ArgMax", {x}, {Attribute::Int("axis", 1)}}, I({2, 1}, {1, 0}));
  Expect({"ArgMax", {F({3}, {1, 3, 3})}, {Attribute::Int("select_last_index", 1), Attribute::Int("keepdims", 0)}},
         I({}, {2}));
  Expect({"ArgMin", {F({3}, {2, 1, 1})}}, I({1}, {1}));
  const Call top{"TopK", {F({1, 3}, {1, 3, 3}), I({1}, {2})}, {}, 17, 3, 2};
  Expect(top, F({1, 2}, {3, 3}), 0);
  Expect(top, I({1, 2}, {1, 2}), 1);
  const Call sums{"CumSum", {F({2, 2}, {1, 2, 3, 4}), I({}, {1})}};
  Expect(sums, F({2, 2}, {1, 3, 3, 7}));
  Call exclusive = sums, reverse = sums, both = sums;
  exclusive.attributes = {Attribute::Int("exclusive", 1)};
  reverse.attributes = {Attribute::Int("reverse", 1)};
  both.attributes = {Attribute::Int("exclusive", 1), Attribute::Int("reverse", 1)};
  Expect(exclusive, F({2, 2}, {0, 1, 0, 3}));
  Expect(reverse, F({2, 2}, {3, 2, 7, 4}));
  Expect(both, F({2, 2}, {2, 0, 4, 0}));
}

TEST(Reductions, LpNormalizationDividesLines) {
  const Tensor x = F({2, 2}, {3, -4, 0, 0});
  Expect({"LpNormalization", {x}}, F({2, 2}, {0.6f, -0.8f, 0, 0}));
  Expect({"LpNormalization", {x}, {Attribute::Int("p", 1)}}, F({2, 2}, {3.0f / 7, -4.0f / 7, 0, 0}));
  Expect({"LpNormalization", {x}, {Attribute::Int("axis", 0)}}, F({2, 2}, {1, -1, 0, 0}));
  EXPECT_THAT(ErrorOf({"LpNormalization", {x}, {Attribute::Int("p", 3)}}), HasSubstr("p = 3 is not supported"));
  EXPECT_THAT(ErrorOf({"LpNormalization", {I({1}, {3})}}), HasSubstr("an input of type int64"));
}

TEST(Reductions, SoftmaxByVersion) {
  const Tensor x = F({1, 2, 2}, {0, 0, 0, 0});
  Expect({"Softmax", {x}}, F({1, 2, 2}, {0.5f, 0.5f, 0.5f, 0.5f}));
  Expect({"Softmax", {x}, {}, 11}, F({1, 2, 2}, {0.25f, 0.25f, 0.25f, 0.25f}));
  Expect({"LogSoftmax", {F({1, 2}, {1, 1})}}, F({1, 2}, {-0.6931472f, -0.6931472f}));
}

TEST(Reductions, Products) {
  const Tensor x = F({2, 2}, {1, 2, 3, 4});
  Expect({"MatMul", {x, F({2, 1}, {1, 10})}}, F({2, 1}, {21, 43}));
  Expect({"MatMul", {x, F({2}, {1, 10})}}, F({2}, {21, 43}));
  Expect({"Gemm",
          {x, F({1, 2}, {1, 10}), F({}, {1})},
          {Attribute::Int("transB", 1), Attribute::Float("alpha", 2), Attribute::Float("beta", 3)}},
         F({2, 1}, {45, 89}));
  EXPECT_THAT(ErrorOf({"MatMul", {x, F({3, 1}, {1, 2, 3})}}), HasSubstr("[2,2] times [3,1]"));
}

// --- models ---

// One tree on feature 0: x OP 1 ? 10 : 20, for class or target `id`.
std::vector<Attribute> Stump(bool is_classifier, const char* mode, std::vector<int64_t> ids, std::vector<float> weights,
                             int64_t tracks = 0) {
  const std::string votes = is_classifier ? "class_" : "target_";
  const size_t count = ids.size();
  std::vector<int64_t> nodes;
  for (size_t i = 0; i < count; ++i) nodes.push_back(i < count / 2 ? 1 : 2);
  return {Attribute::Ints("nodes_treeids", {0, 0, 0}),
          Attribute::Ints("nodes_nodeids", {0, 1, 2}),
          Attribute::Ints("nodes_featureids", {0, 0, 0}),
          Attribute::Strings("nodes_modes", {mode, "LEAF", "LEAF"}),
          Attribute::Floats("nodes_values", {1, 0, 0}),
          Attribute::Ints("nodes_truenodeids", {1, 0, 0}),
          Attribute::Ints("nodes_falsenodeids", {2, 0, 0}),
          Attribute::Ints("nodes_missing_value_tracks_true", {tracks, 0, 0}),
          Attribute::Ints(votes + "treeids", std::vector<int64_t>(count, 0)),
          Attribute::Ints(votes + "nodeids", nodes),
          Attribute::Ints(votes + "ids", std::move(ids)),
          Attribute::Floats(votes + "weights", std::move(weights))};
}

TEST(Trees, EveryComparisonAndNaN) {
  const std::pair<const char*, std::vector<float>> cases[] = {
      // 0, 1, 2, NaN untracked
      {"BRANCH_LEQ", {10, 10, 20, 20}}, {"BRANCH_LT", {10, 20, 20, 20}}, {"BRANCH_GTE", {20, 10, 10, 20}},
      {"BRANCH_GT", {20, 20, 10, 20}},  {"BRANCH_EQ", {20, 10, 20, 20}}, {"BRANCH_NEQ", {10, 20, 10, 10}}};
  const Tensor x = F({4, 1}, {0, 1, 2, kNaN});
  for (const auto& [mode, expected] : cases) {
    SCOPED_TRACE(mode);
    Expect({"TreeEnsembleRegressor", {x}, Stump(false, mode, {0, 0}, {10, 20})}, F({4, 1}, expected));
    std::vector<float> tracked = expected;
    tracked[3] = 10;
    Expect({"TreeEnsembleRegressor", {x}, Stump(false, mode, {0, 0}, {10, 20}, 1)}, F({4, 1}, tracked));
  }
}

TEST(Trees, RegressorAggregatesAndTransforms) {
  auto attributes = Stump(false, "BRANCH_LEQ", {0, 0}, {10, 20});
  attributes.push_back(Attribute::Floats("base_values", {0.5f}));
  for (const char* aggregate : {"SUM", "AVERAGE", "MIN", "MAX"}) {
    auto more = attributes;
    more.push_back(Attribute::Text("aggregate_function", aggregate));
    Expect({"TreeEnsembleRegressor", {I({1, 1}, {1})}, more}, F({1, 1}, {10.5f}));
  }
  attributes.push_back(Attribute::Text("post_transform", "LOGISTIC"));  // ignored for one target
  Expect({"TreeEnsembleRegressor", {F({1, 1}, {2})}, attributes}, F({1, 1}, {20.5f}));
}

std::vector<Attribute> Classifier(std::vector<int64_t> ids, std::vector<float> weights, std::vector<int64_t> labels,
                                  const char* transform = "NONE", std::vector<float> bases = {}) {
  auto attributes = Stump(true, "BRANCH_LEQ", std::move(ids), std::move(weights));
  attributes.push_back(Attribute::Ints("classlabels_int64s", std::move(labels)));
  attributes.push_back(Attribute::Text("post_transform", transform));
  if (!bases.empty()) attributes.push_back(Attribute::Floats("base_values", std::move(bases)));
  return attributes;
}

TEST(Trees, BinaryRules) {
  const Tensor x = F({2, 1}, {0, 2});
  const Call positive{"TreeEnsembleClassifier", {x}, Classifier({0, 0}, {0.5f, 0.75f}, {7, 9}), 17, 3, 2};
  Expect(positive, I({2}, {7, 9}), 0);
  Expect(positive, F({2, 2}, {0.5f, 0.5f, 0.25f, 0.75f}), 1);
  const Call mixed{"TreeEnsembleClassifier", {x}, Classifier({0, 0}, {-1, 1}, {7, 9}), 17, 3, 2};
  Expect(mixed, I({2}, {7, 9}), 0);
  Expect(mixed, F({2, 2}, {1, -1, -1, 1}), 1);
  const Call logistic{"TreeEnsembleClassifier", {x}, Classifier({0, 0}, {-1, 1}, {7, 9}, "LOGISTIC", {1}), 17, 3, 2};
  Expect(logistic, I({2}, {7, 9}), 0);
  Expect(logistic, F({2, 2}, {0.5f, 0.5f, 0.11920292f, 0.88079708f}), 1);
  const Call second{"TreeEnsembleClassifier", {x}, Classifier({1, 1}, {0.5f, 0.75f}, {7, 9}), 17, 3, 2};
  Expect(second, F({2, 2}, {0, 0.5f, 0, 0.75f}), 1);
  const Call both{"TreeEnsembleClassifier", {x}, Classifier({0, 1, 0, 1}, {0.9f, 0.1f, 0.2f, 0}, {7, 9}), 17, 3, 2};
  Expect(both, I({2}, {1, 0}), 0);
  Expect(both, F({2, 2}, {0.9f, 0.1f, 0.2f, 0}), 1);
}

TEST(Trees, SeveralClasses) {
  const Tensor x = F({2, 1}, {0, 2});
  // Class 1 gets no vote: it cannot be the label, though its score of 0 is the largest.
  const Call negative{"TreeEnsembleClassifier", {x}, Classifier({0, 2, 0, 2}, {-3, -2, -1, -2}, {5, 6, 7}), 17, 3, 2};
  Expect(negative, I({2}, {7, 5}), 0);
  Expect(negative, F({2, 3}, {-3, 0, -2, -1, 0, -2}), 1);
  const Call softmax{"TreeEnsembleClassifier", {x}, Classifier({0, 0}, {0, 0}, {5, 6, 7}, "SOFTMAX"), 17, 3, 2};
  Expect(softmax, F({2, 3}, {1 / 3.f, 1 / 3.f, 1 / 3.f, 1 / 3.f, 1 / 3.f, 1 / 3.f}), 1);
}

TEST(Trees, RefusesWhatIsNoTree) {
  auto cycle = Stump(false, "BRANCH_LEQ", {0, 0}, {10, 20});
  cycle[5] = Attribute::Ints("nodes_truenodeids", {0, 0, 0});
  EXPECT_THAT(ErrorOf({"TreeEnsembleRegressor", {F({1, 1}, {0})}, cycle}), HasSubstr("cycle"));
  auto stray = Stump(false, "BRANCH_LEQ", {0, 0}, {10, 20});
  stray[6] = Attribute::Ints("nodes_falsenodeids", {5, 0, 0});
  EXPECT_THAT(ErrorOf({"TreeEnsembleRegressor", {F({1, 1}, {0})}, stray}), HasSubstr("tree 0 has no node 5"));
  EXPECT_THAT(ErrorOf({"TreeEnsembleRegressor", {F({1, 1}, {0})}, Stump(false, "BRANCH_MEMBER", {0, 0}, {10, 20})}),
              HasSubstr("'BRANCH_MEMBER' is not supported"));
  EXPECT_THAT(ErrorOf({"TreeEnsembleRegressor", {F({1, 0}, {})}, Stump(false, "BRANCH_LEQ", {0, 0}, {10, 20})}),
              HasSubstr("0 columns instead of 1"));
}

TEST(Linear, RegressorAndClassifier) {
  const Tensor x = F({1, 2}, {1, 2});
  Expect({"LinearRegressor",
          {x},
          {Attribute::Floats("coefficients", {3, 4, 5, 6}), Attribute::Floats("intercepts", {1, 0}),
           Attribute::Int("targets", 2)}},
         F({1, 2}, {12, 17}));
  const std::vector<Attribute> two = {
      Attribute::Floats("coefficients", {-1, 0, 1, 0}), Attribute::Floats("intercepts", {0, 0}),
      Attribute::Ints("classlabels_ints", {4, 5}), Attribute::Text("post_transform", "LOGISTIC")};
  const Call rows{"LinearClassifier", {x}, two, 17, 3, 2};
  Expect(rows, I({1}, {5}), 0);
  Expect(rows, F({1, 2}, {0.26894142f, 0.7310586f}), 1);
  const std::vector<Attribute> one = {Attribute::Floats("coefficients", {1, 0}), Attribute::Floats("intercepts", {-3}),
                                      Attribute::Strings("classlabels_strings", {"n", "y"})};
  const Call single{"LinearClassifier", {x}, one, 17, 3, 2};
  Expect(single, S({1}, {"n"}), 0);
  Expect(single, F({1, 2}, {3, -2}), 1);
}

TEST(SupportVectors, LinearAndKernels) {
  const Tensor x = F({1, 2}, {1, 2});
  Expect({"SVMRegressor", {x}, {Attribute::Floats("coefficients", {3, 4}), Attribute::Floats("rho", {1})}},
         F({1, 1}, {12}));
  const std::vector<Attribute> rbf = {
      Attribute::Floats("coefficients", {2}), Attribute::Floats("support_vectors", {1, 2}),
      Attribute::Floats("rho", {0.5f}),       Attribute::Int("n_supports", 1),
      Attribute::Text("kernel_type", "RBF"),  Attribute::Floats("kernel_params", {1, 0, 0})};
  Expect({"SVMRegressor", {x}, rbf}, F({1, 1}, {2.5f}));
  const Call linear{"SVMClassifier",
                    {x},
                    {Attribute::Floats("coefficients", {1, 0, 0, 1}), Attribute::Floats("rho", {0}),
                     Attribute::Ints("classlabels_ints", {3, 4})},
                    17,
                    3,
                    2};
  Expect(linear, I({1}, {4}), 0);
}

TEST(Encoders, ADefaultHasTheTypeOfTheValues) {
  Attribute keys, values, otherwise;
  keys.name = "keys_tensor", values.name = "values_tensor", otherwise.name = "default_tensor";
  keys.kind = values.kind = otherwise.kind = Attribute::Kind::kTensor;
  keys.tensor = values.tensor = I({1}, {3});
  otherwise.tensor = F({1}, {0.5f});
  EXPECT_THAT(ErrorOf({"LabelEncoder", {I({1}, {4})}, {keys, values, otherwise}, 17, 4}), HasSubstr("default_tensor"));
}

// One vector a class: margin 1·2 + (-1)·(-2) + 0.5 for class 10.
TEST(Models, SupportVectorsClassify) {
  const std::vector<Attribute> machine = {Attribute::Ints("classlabels_ints", {10, 20}),
                                          Attribute::Ints("vectors_per_class", {1, 1}),
                                          Attribute::Floats("support_vectors", {1, -1}),
                                          Attribute::Floats("coefficients", {1, -1}),
                                          Attribute::Floats("rho", {0.5f}),
                                          Attribute::Text("kernel_type", "LINEAR"),
                                          Attribute::Floats("kernel_params", {0, 0, 0})};
  Call call{"SVMClassifier", {F({2, 1}, {2, -2})}, machine, 17, 1, 2};
  Expect(call, I({2}, {10, 20}), 0);
  Expect(call, F({2, 2}, {-4.5f, 4.5f, 3.5f, -3.5f}), 1);
  call.attributes.push_back(Attribute::Floats("prob_a", {-1}));
  call.attributes.push_back(Attribute::Floats("prob_b", {0}));
  Expect(call, F({2, 2}, {0.988898f, 0.0111023f, 0.0292957f, 0.970704f}), 1);
  call.attributes[2] = Attribute::Floats("support_vectors", {1, -1, 3});
  EXPECT_THAT(ErrorOf(call), HasSubstr("vectors_per_class"));
}

// x0 in {2, 4} ? leaf 0 : (x1 < 0 ? leaf 1 : leaf 2), NaN as a member.
TEST(Models, UnifiedTreesKnowMembership) {
  Attribute modes, splits, members, weights;
  modes.name = "nodes_modes", splits.name = "nodes_splits", members.name = "membership_values";
  weights.name = "leaf_weights";
  modes.kind = splits.kind = members.kind = weights.kind = Attribute::Kind::kTensor;
  modes.tensor = IntTensor({2}, {6, 1}, ElementType::kUint8);
  splits.tensor = F({2}, {0, 0});
  members.tensor = F({3}, {2, 4, kNaN});
  weights.tensor = F({3}, {5, 7, 9});
  const Call call{
      "TreeEnsemble",
      {F({5, 2}, {2, 0, 4, 0, 3, -1, 3, 1, kNaN, 1})},
      {modes, splits, members, weights, Attribute::Ints("leaf_targetids", {0, 0, 0}),
       Attribute::Ints("nodes_featureids", {0, 1}), Attribute::Ints("nodes_truenodeids", {0, 1}),
       Attribute::Ints("nodes_trueleafs", {1, 1}), Attribute::Ints("nodes_falsenodeids", {1, 2}),
       Attribute::Ints("nodes_falseleafs", {0, 1}), Attribute::Ints("nodes_missing_value_tracks_true", {1, 0}),
       Attribute::Ints("tree_roots", {0}), Attribute::Int("n_targets", 1)},
      21,
      5};
  Expect(call, F({5, 1}, {5, 5, 7, 9, 5}));
}

TEST(Registry, NamesWhatItDoesNotKnow) {
  EXPECT_EQ(ErrorOf({"CastMap", {F({1}, {0})}}), "the operator CastMap (node 'n') is not supported yet");
}

}  // namespace
}  // namespace slipway::scoring::reference
