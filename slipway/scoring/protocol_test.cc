// The other protocols a model speaks: MLflow's scoring server and the Open Inference Protocol.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "slipway/scoring/scoring_test_support.h"

namespace slipway::scoring {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::json;
constexpr ModelIdentity kIdentity = {"small", "3"};

class Protocols : public testing::Test {
 protected:
  const ModelPointer model_ = MakeModel(SmallClassifier(), SmallSignature());
  const std::unique_ptr<Scratch> scratch_ = model_->MakeScratch();

  std::string Tensors(std::string_view request) const {
    std::string response;
    const Status status = model_->ScoreTensors(request, kIdentity, *scratch_, response);
    return status ? response : "error: " + status.error().ToString();
  }
  std::string Mlflow(std::string_view request) const {
    std::string response;
    const Status status = model_->ScoreMlflow(request, *scratch_, response);
    return status ? response : "error: " + status.error().ToString();
  }
  std::string Csv(std::string_view text) const {
    std::string response;
    const Status status = model_->ScoreCsv(text, *scratch_, response);
    return status ? response : "error: " + status.error().ToString();
  }
};

constexpr std::string_view kTwoRows = R"({"dataframe_records":[{"age":20,"job":"clerk"},{"age":50,"job":"smith"}]})";

TEST_F(Protocols, TensorsAreScoredLikeRecords) {
  const Json wanted = Json::parse(Answer(*model_, kTwoRows));
  const Json answer = Json::parse(Tensors(
      R"({"id":"a \"b\"","inputs":[{"name":"age","shape":[2,1],"datatype":"FP64","data":[20,50]},
          {"name":"job","shape":[2],"datatype":"BYTES","parameters":{"x":[1]},"data":["clerk","smith"]}]})"));
  EXPECT_EQ(answer["model_name"], "small");
  EXPECT_EQ(answer["model_version"], "3");
  EXPECT_EQ(answer["id"], "a \"b\"");
  ASSERT_EQ(answer["outputs"].size(), 2u);
  EXPECT_EQ(answer["outputs"][0]["datatype"], "INT64");
  EXPECT_EQ(answer["outputs"][0]["shape"], Json({2}));
  EXPECT_EQ(answer["outputs"][0]["data"], wanted["predictions"]);
  EXPECT_EQ(answer["outputs"][1]["datatype"], "FP32");
  EXPECT_EQ(answer["outputs"][1]["shape"], Json({2, 2}));
  Json flat = Json::array();
  for (const Json& row : wanted["probabilities"]) flat.insert(flat.end(), row.begin(), row.end());
  EXPECT_EQ(answer["outputs"][1]["data"], flat);
}

TEST_F(Protocols, TensorsMayBeNestedInAnyOrderAndHaveNoValue) {
  const std::string flat = Tensors(
      R"({"inputs":[{"name":"age","shape":[2,1],"datatype":"FP64","data":[20,50]},
                    {"name":"job","shape":[2,1],"datatype":"BYTES","data":["clerk","smith"]}]})");
  EXPECT_EQ(flat, Tensors(R"({"inputs":[{"data":[["clerk"],["smith"]],"datatype":"BYTES","shape":[2,1],"name":"job"},
                                        {"data":[20,50],"name":"age","shape":[2],"datatype":"INT32"}]})"));
  const std::string left_out =
      Tensors(R"({"inputs":[{"name":"job","shape":[1,1],"datatype":"BYTES","data":["clerk"]}]})");
  EXPECT_THAT(left_out, HasSubstr("\"outputs\""));
  EXPECT_EQ(left_out, Tensors(R"({"inputs":[{"name":"job","shape":[1,1],"datatype":"BYTES","data":["clerk"]},
                                            {"name":"age","shape":[1,1],"datatype":"FP64","data":[null]}]})"));
  EXPECT_THAT(Tensors(R"({"inputs":[{"name":"job","shape":[0,1],"datatype":"BYTES","data":[]}]})"),
              HasSubstr(R"("shape":[0,2],"data":[])"));
}

TEST_F(Protocols, OnlyTheOutputsAskedForAreGiven) {
  const std::string output = Json::parse(model_->DescribeTensors(kIdentity))["outputs"][1]["name"];
  const std::string inputs =
      R"({"inputs":[{"name":"job","shape":[1,1],"datatype":"BYTES","data":["clerk"]}],"outputs":)";
  const Json answer = Json::parse(Tensors(inputs + R"([{"name":")" + output + R"(","parameters":{}}]})"));
  ASSERT_EQ(answer["outputs"].size(), 1u);
  EXPECT_EQ(answer["outputs"][0]["name"], output);
  EXPECT_THAT(Tensors(inputs + R"([{"name":"scores"}]})"), HasSubstr("the model has no output 'scores'; it has '"));
  EXPECT_THAT(Tensors(inputs + R"([{}]})"), HasSubstr("an output has no 'name'"));
}

TEST_F(Protocols, AWrongTensorIsRefusedByItsName) {
  const auto refused = [&](std::string_view age, std::string_view why) {
    const std::string request = R"({"inputs":[{"name":"job","shape":[2,1],"datatype":"BYTES","data":["a","b"]},)";
    EXPECT_THAT(Tensors(request + std::string(age) + "]}"), HasSubstr("error: tensor 'age'")) << age;
    EXPECT_THAT(Tensors(request + std::string(age) + "]}"), HasSubstr(why)) << age;
  };
  refused(R"({"name":"age","shape":[2,1],"datatype":"BYTES","data":[1,2]})",
          "the datatype 'BYTES' does not fit; the model takes FP64");
  refused(R"({"name":"age","shape":[2,1],"datatype":"float","data":[1,2]})", "the datatype 'float' does not fit");
  refused(R"({"name":"age","shape":[2,2],"datatype":"FP64","data":[1,2]})", "the shape [2,2] does not fit");
  refused(R"({"name":"age","shape":[2,1,1],"datatype":"FP64","data":[1,2]})", "the model takes [-1,1]");
  refused(R"({"name":"age","shape":[3,1],"datatype":"FP64","data":[1,2,3]})", "has 3 rows, the tensors before it 2");
  refused(R"({"name":"age","shape":[2,1],"datatype":"FP64","data":[1]})", "'data' has 1 elements");
  refused(R"({"name":"age","shape":[2,1],"datatype":"FP64","data":[1,2,3]})", "'data' has 3 elements");
  refused(R"({"name":"age","shape":[2,1],"datatype":"FP64","data":[[1,2]]})", "'data' is not nested as the shape");
  refused(R"({"name":"age","shape":[2,1],"datatype":"FP64","data":[[1],2]})", "'data' is not nested as the shape");
  refused(R"({"name":"age","shape":[2],"datatype":"FP64","data":[[1],[2]]})", "'data' is not nested as the shape");
  refused(R"({"name":"age","shape":[2,1],"datatype":"FP64","data":[1,"x"]})", "row 1, column 'age': expected a number");
  refused(R"({"name":"age","shape":[2,1],"datatype":"INT64","data":[1,2.5]})", "expected an integer");
  refused(R"({"name":"age","shape":[2,1],"datatype":"FP64"})", "'data' is missing");
  refused(R"({"name":"age","shape":[2,1],"data":[1,2]})", "'datatype' is missing");
  refused(R"({"name":"age","datatype":"FP64","data":[1,2]})", "'shape' is missing");
  refused(R"({"name":"age","shape":[-1,1],"datatype":"FP64","data":[1,2]})", "'shape' has to be a list of sizes");
  refused(R"({"name":"age","shape":[99999999999,1],"datatype":"FP64","data":[1,2]})", "does not fit");
  refused(R"({"name":"age","name":"age","shape":[2,1],"datatype":"FP64","data":[1,2]})", "'name' is given twice");
}

TEST_F(Protocols, WrongRequestsOfTensorsAreRefused) {
  EXPECT_THAT(Tensors("[1]"), HasSubstr("has to be an object with 'inputs', not a list"));
  EXPECT_THAT(Tensors("{}"), HasSubstr("the request has no 'inputs'"));
  EXPECT_THAT(Tensors(R"({"inputs":[]})"), HasSubstr("lacks the tensor of column 'age'"));
  EXPECT_THAT(Tensors(R"({"inputs":[{"name":"age","shape":[1,1],"datatype":"FP64","data":[1]}]})"),
              HasSubstr("lacks the tensor of column 'job'"));
  EXPECT_THAT(Tensors(R"({"inputs":[{"name":"agee","shape":[1,1],"datatype":"FP64","data":[1]}]})"),
              HasSubstr("did you mean 'age'?"));
  EXPECT_THAT(Tensors(R"({"inputs":[{"name":"job","shape":[1],"datatype":"BYTES","data":["a"]},
                                    {"name":"job","shape":[1],"datatype":"BYTES","data":["a"]}]})"),
              HasSubstr("its columns are given twice"));
  EXPECT_THAT(Tensors(R"({"inputs":[],"inputs":[]})"), HasSubstr("'inputs' twice"));
  EXPECT_THAT(Tensors(R"({"inputs":[{"name":"job","shape":[1],"datatype":"BYTES","data":["a"]}]} x)"),
              HasSubstr("not valid JSON"));
}

TEST_F(Protocols, AModelIsDescribedByItsTensors) {
  const Json description = Json::parse(model_->DescribeTensors(kIdentity));
  EXPECT_EQ(description["name"], "small");
  EXPECT_EQ(description["versions"], Json({"3"}));
  EXPECT_EQ(description["platform"], "onnx_onnxv1");
  EXPECT_EQ(description["inputs"], Json::parse(R"([{"name":"age","datatype":"FP64","shape":[-1,1]},
                                                   {"name":"job","datatype":"BYTES","shape":[-1,1]}])"));
  EXPECT_EQ(description["outputs"][1]["shape"], Json({-1, 2}));
  EXPECT_EQ(description["outputs"][1]["parameters"]["classes"], Json({"0", "1"}));
}

TEST_F(Protocols, MlflowsServerTakesItsOwnFormsAlone) {
  EXPECT_EQ(Mlflow(kTwoRows), Answer(*model_, kTwoRows));
  for (const char* request :
       {R"({"data":[{"age":20,"job":"clerk"}]})", R"([{"age":20,"job":"clerk"}])", R"({"input_data":[[20,"clerk"]]})"})
    EXPECT_THAT(Mlflow(request), HasSubstr("exactly one of the input fields")) << request;
}

TEST_F(Protocols, CsvIsScoredLikeRecords) {
  EXPECT_EQ(Csv("job,age,extra\nclerk,20,1\nsmith,50,2\n"), Answer(*model_, kTwoRows));
  EXPECT_EQ(Csv("age,job\r\n,\"cl\"\"erk\"\r\n"), Answer(*model_, R"([{"job":"cl\"erk"}])"));
  EXPECT_THAT(Csv("age\n1\n"), HasSubstr("column 'job'"));
  EXPECT_THAT(Csv("age,job\nold,clerk\n"), HasSubstr("error: "));
}

// One wrong value in the second row, in every form there is: the row and the column are named.
TEST_F(Protocols, EveryFormNamesRowAndColumn) {
  const auto json = [&](std::string_view age) {
    const std::string cell(age);
    const std::vector<std::string> requests = {
        R"({"data":[{"age":1,"job":"a"},{"age":)" + cell + R"(,"job":"b"}]})",
        R"([[1,"a"],[)" + cell + R"(,"b"]])",
        R"({"input_data":{"columns":["age","job"],"data":[[1,"a"],[)" + cell + R"(,"b"]]}})",
        R"({"input_data":[[1,"a"],[)" + cell + R"(,"b"]]})",
        R"({"input_data":{"age":[1,)" + cell + R"(],"job":["a","b"]}})",
        R"({"dataframe_split":{"data":[["a",1],["b",)" + cell + R"(]],"columns":["job","age"]}})",
        R"({"dataframe_records":[{"age":1,"job":"a"},{"job":"b","age":)" + cell + R"(}]})",
        R"({"instances":[{"age":1,"job":"a"},{"age":)" + cell + R"(,"job":"b"}]})",
        R"({"inputs":{"job":["a","b"],"age":[1,)" + cell + "]}}"};
    for (const std::string& request : requests)
      EXPECT_THAT(Answer(*model_, request), HasSubstr("error: row 1, column 'age': ")) << request;
    const std::string tensors = R"({"inputs":[{"name":"job","shape":[2],"datatype":"BYTES","data":["a","b"]},)"
                                R"({"name":"age","shape":[2],"datatype":"FP64","data":[1,)" +
                                cell + "]}]}";
    EXPECT_THAT(Tensors(tensors), HasSubstr("row 1, column 'age': ")) << tensors;
  };
  for (const char* wrong : {"\"1\"", "true", "{}", "NaN", "-Infinity", "1e999", "1e39"}) json(wrong);
}

TEST_F(Protocols, EveryFormNamesWhatIsMissingOrNull) {
  EXPECT_THAT(Answer(*model_, R"([{"age":1,"job":"a"},{"age":1}])"), HasSubstr("row 1 lacks column 'job'"));
  EXPECT_THAT(Answer(*model_, R"([{"age":1,"job":"a"},{"age":1,"jobs":"b"}])"),
              HasSubstr("did you mean 'job' by 'jobs'?"));
  for (const char* request :
       {R"([[1,"a"],[1,null]])", R"({"dataframe_split":{"columns":["age","job"],"data":[[1,"a"],[1,null]]}})",
        R"({"inputs":{"age":[1,1],"job":["a",null]}})", R"({"dataframe_records":[{"job":"a"},{"job":null}]})"})
    EXPECT_THAT(Answer(*model_, request), HasSubstr("row 1, column 'job': null, but the signature requires a value"))
        << request;
  EXPECT_THAT(Tensors(R"({"inputs":[{"name":"job","shape":[2],"datatype":"BYTES","data":["a",null]}]})"),
              HasSubstr("row 1, column 'job': null"));
  EXPECT_THAT(Csv("age,job\n1,a\n1,\n"), HasSubstr("row 1, column 'job': no value, but the model requires one"));
}

TEST_F(Protocols, CsvNamesRowAndColumn) {
  EXPECT_THAT(Csv("job,age\na,1\nb,old\n"), AllOf(HasSubstr("3:3"), HasSubstr("'age'"), HasSubstr("old")));
  EXPECT_THAT(Csv("job,age\na,1\nb,inf\n"), HasSubstr("row 1, column 'age': inf is not a finite number"));
  EXPECT_THAT(Csv("job,age\na,1\nb,1e39\n"), HasSubstr("row 1, column 'age': 1e+39 is too large for a float"));
  EXPECT_THAT(Csv("job,age\na,1\nb\n"), HasSubstr("3:"));
  EXPECT_THAT(Csv("job,age,age\na,1,2\n"), HasSubstr("column 'age' stands twice"));
  EXPECT_THAT(Csv("jobs,age\na,1\n"), HasSubstr("did you mean 'jobs'?"));
  EXPECT_THAT(Csv(""), HasSubstr("error: "));
}

TEST_F(Protocols, LargeTextsAreReadInASecondPassAsWell) {
  const std::string text = "\\n" + std::string(300'000, 'x');
  const std::string split = R"({"dataframe_split":{"data":[[20,")" + text + R"("]],"columns":["age","job"]}})";
  EXPECT_EQ(Mlflow(split), Answer(*model_, R"([{"age":20,"job":"else"}])"));
  const std::string named = R"({"input_data":{")" + text + R"(":[1],"age":[20],"job":["clerk"]}})";
  EXPECT_THAT(Answer(*model_, named), HasSubstr("\"label\""));
  const std::string tensor = R"({"inputs":[{"data":[")" + text + R"("],"name":"job","shape":[1],"datatype":"BYTES"}]})";
  EXPECT_THAT(Tensors(tensor), HasSubstr("\"outputs\""));
}

TEST_F(Protocols, UnknownColumnsAreRefusedWhereThatIsWanted) {
  const std::string split = R"({"dataframe_split":{"columns":["age","job","jobs"],"data":[[20,"clerk","x"]]}})";
  const std::string records = R"({"dataframe_records":[{"age":20,"job":"clerk"},{"age":20,"job":"clerk","id":7}]})";
  const std::string lists = R"({"inputs":{"age":[20],"job":["clerk"],"id":[7]}})";
  const std::string csv = "age,job,id\n20,clerk,7\n";
  for (const std::string& request : {split, records, lists}) EXPECT_THAT(Mlflow(request), HasSubstr("predictions"));
  EXPECT_THAT(Csv(csv), HasSubstr("predictions"));
  scratch_->refuses_unknown_columns = true;
  EXPECT_THAT(Mlflow(split),
              HasSubstr("'columns' has 'jobs', a column that the model does not know; did you mean 'job'?"));
  EXPECT_THAT(Mlflow(records), HasSubstr("row 1 has 'id', a column that the model does not know"));
  EXPECT_THAT(Mlflow(lists), HasSubstr("the request has 'id', a column that the model does not know"));
  EXPECT_THAT(Csv(csv), HasSubstr("the table has 'id', a column that the model does not know"));
  EXPECT_EQ(Mlflow(kTwoRows), Answer(*model_, R"([[20,"clerk"],[50,"smith"]])"));
}

}  // namespace
}  // namespace slipway::scoring
