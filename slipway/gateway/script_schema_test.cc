// Scoring scripts with inference-schema's decorators: what their callers get, and how their API is described.
#include <cstdlib>

#include "slipway/base/text.h"
#include "slipway/gateway/gateway_fixture.h"
#include "slipway/model/tabular_classifier_graph.h"

namespace slipway::gateway {
namespace {

constexpr std::string_view kDecorated = R"(
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

def init():
    pass

@input_schema("data", StandardPythonParameterType([{"age": 33.0}]))
@input_schema("factor", StandardPythonParameterType(1.0))
@output_schema(StandardPythonParameterType({"sum": 1.0}))
def run(data, factor=2.0):
    return {"sum": sum(row["age"] for row in data) * factor}
)";

constexpr std::string_view kFrames = R"(
import numpy
import pandas
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema

def init():
    pass

@input_schema("Inputs", StandardPythonParameterType({"data": PandasParameterType(pandas.DataFrame({"age": [41], "job": ["clerk"]}))}))
@input_schema("weights", NumpyParameterType(numpy.array([[1.0, 2.0]])))
def run(Inputs, weights):
    return {"age": int(Inputs["data"].age.sum()), "type": str(Inputs["data"].age.dtype), "weights": float(weights.sum())}
)";

class ScriptSchemaTest : public GatewayTest {
 protected:
  void StartScript(std::string_view script) {
    ASSERT_TRUE(WriteFileAtomic(code() / "score.py", script));
    StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  }

  // The answer's status as the script's server gave it, and its message or body.
  std::pair<std::string, std::string> Answered(std::string_view body, std::string type = "application/json") const {
    const net::Response response = Score(body, Header("Content-Type", std::move(type)));
    if (response.status == 200) return {"200", response.body};
    const Json message = Json::parse(response.body, nullptr, false);
    return {HeaderOf(response, "ms-azureml-model-error-statuscode"), message.value("message", response.body)};
  }

  net::Response Description(std::string_view query = "") const {
    return Score("", {}, "GET", "/endpoints/credit/swagger.json" + std::string(query));
  }
};

using Pair = std::pair<std::string, std::string>;

TEST_F(ScriptSchemaTest, ParametersComeFromTheBody) {
  ASSERT_NO_FATAL_FAILURE(StartScript(kDecorated));
  EXPECT_EQ(Answered(R"({"data":[{"age":1},{"age":2}]})"), Pair("200", R"({"sum": 6.0})"));
  EXPECT_EQ(Answered(R"({"data":[{"age":1}],"factor":3,"other":0})"), Pair("200", R"({"sum": 3})"));
  EXPECT_EQ(Answered(R"({"data":[]})", "application/json; charset=utf-8").first, "200");
}

TEST_F(ScriptSchemaTest, BodiesThatHoldNoParametersAreRefused) {
  ASSERT_NO_FATAL_FAILURE(StartScript(kDecorated));
  EXPECT_EQ(Answered("{}"), Pair("400", "A value is not provided for the 'data' parameter."));
  EXPECT_EQ(Answered("[1]"), Pair("400", "POST body should be a JSON dictionary."));
  EXPECT_EQ(Answered(""), Pair("400", "POST body is empty. Expecting a JSON dictionary."));
  EXPECT_EQ(Answered("{bad").first, "400");
  EXPECT_EQ(Answered(R"({"data":[]})", "text/plain"), Pair("415", "Expects Content-Type to be application/json"));
  // What is of another kind than the sample is the script's failure, as in the inference server.
  EXPECT_EQ(Answered(R"({"data":{"not":"list"}})").first, "500");
}

TEST_F(ScriptSchemaTest, TheDescriptionHasTheSchemasInEveryVersion) {
  ASSERT_NO_FATAL_FAILURE(StartScript(kDecorated));
  const Json second = Json::parse(Description().body);
  EXPECT_EQ(second["swagger"], "2.0");
  const Json& input = second["definitions"]["ServiceInput"];
  EXPECT_EQ(input["properties"]["data"]["items"]["properties"]["age"]["format"], "double");
  EXPECT_EQ(input["example"], Json::parse(R"({"data":[{"age":33.0}],"factor":1.0})"));
  EXPECT_EQ(second["definitions"]["ServiceOutput"]["required"], Json({"sum"}));
  const Json third = Json::parse(Description("?version=3").body);
  EXPECT_EQ(third["openapi"], "3.0.3");
  EXPECT_EQ(third["components"]["schemas"]["ServiceInput"], input);
  EXPECT_EQ(third["paths"]["/score"]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"],
            "#/components/schemas/ServiceInput");
  EXPECT_EQ(Json::parse(Description("?version=3.1").body)["openapi"], "3.1.0");
  const net::Response ninth = Description("?version=9");
  EXPECT_EQ(ninth.status, 424);
  EXPECT_EQ(HeaderOf(ninth, "ms-azureml-model-error-statuscode"), "404");
  EXPECT_NE(ninth.body.find("Supported versions: [2, 3, 3.1]"), std::string::npos) << ninth.body;
}

TEST_F(ScriptSchemaTest, FramesAndArraysAreConverted) {
  if (std::system("/usr/bin/python3 -c 'import numpy, pandas' 2>/dev/null") != 0)
    GTEST_SKIP() << "Python has no NumPy and pandas here";
  ASSERT_NO_FATAL_FAILURE(StartScript(kFrames));
  EXPECT_EQ(Answered(R"({"Inputs":{"data":[{"age":3,"job":"x"},{"age":4,"job":"y"}]},"weights":[[1,2],[3,4]]})"),
            Pair("200", R"({"age": 7, "type": "int64", "weights": 10.0})"));
  EXPECT_EQ(Answered(R"({"Inputs":{"data":[{"age":3,"job":"x"}]},"weights":[[1]]})").first, "500");
  EXPECT_EQ(Answered(R"({"Inputs":{"data":[{"age":"old","job":"x"}]},"weights":[[1,2]]})").first, "500");
  EXPECT_EQ(Answered(R"({"Inputs":{},"weights":[[1,2]]})").first, "500");
}

TEST_F(ScriptSchemaTest, ASchemaForNoParameterFailsTheDeployment) {
  ASSERT_TRUE(WriteFileAtomic(code() / "score.py", ReplaceAll(std::string(kDecorated), "\"factor\"", "\"faktor\"")));
  Store(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  Start();
  ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Failed"; }));
  EXPECT_NE(gateway_->Reports()[0].message.find("run() has no parameter 'faktor'"), std::string::npos);
}

// A model's description has what its signature says.
TEST_F(ScriptSchemaTest, ModelsAreDescribedByTheirColumns) {
  const model::FlatForest forest{{0}, {1, -1, -1}, {2, -1, -1}, {0, 0, 0}, {30, 0, 0}, {0, 0.25, 0.75}};
  const auto onnx = model::TabularClassifierGraph({{.name = "age"}}, forest, {"0", "1"}, true);
  ASSERT_TRUE(onnx) << onnx.error().ToString();
  const std::filesystem::path file = home_.path() / "models" / "model.onnx";
  ASSERT_TRUE(WriteFileAtomic(file, model::WriteOnnx(*onnx)));
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {{{"name", "blue"},
                                                 {"kind", "model"},
                                                 {"model_dir", home_.path().string()},
                                                 {"model_path", file.string()},
                                                 {"environment_variables", {{"SERVICE_NAME", "risk"}}}}})));
  const Json document = Json::parse(Description("?version=3.0").body);
  EXPECT_EQ(document["info"]["title"], "risk");
  EXPECT_EQ(document["components"]["schemas"]["ServiceInput"]["example"], Json::parse(R"({"data":[{"age":0.0}]})"));
}

}  // namespace
}  // namespace slipway::gateway
