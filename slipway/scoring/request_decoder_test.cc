#include "slipway/scoring/request_decoder.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <random>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "slipway/scoring/json_reader.h"
#include "slipway/scoring/scoring_test_support.h"
#include "slipway/scoring/second_opinion.h"

namespace slipway::scoring {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// One column of each kind; `score` and `note` are optional.
model::Signature WideSignature() {
  using model::DataType;
  return {{{.name = "score", .type = DataType::kDouble, .required = false},
           {.name = "limit", .type = DataType::kFloat},
           {.name = "count", .type = DataType::kInteger},
           {.name = "id", .type = DataType::kLong},
           {.name = "flag", .type = DataType::kBoolean},
           {.name = "note", .type = DataType::kString, .required = false}},
          {}};
}

InputColumns WideColumns() {
  using model::ElementType;
  model::OnnxGraph graph;
  const std::pair<const char*, ElementType> inputs[] = {{"score", ElementType::kFloat}, {"limit", ElementType::kFloat},
                                                        {"count", ElementType::kInt32}, {"id", ElementType::kInt64},
                                                        {"flag", ElementType::kBool},   {"note", ElementType::kString}};
  for (const auto& [name, element] : inputs)
    graph.inputs.push_back({.name = name, .element = element, .shape = {-1, 1}});
  auto columns = InputColumns::Bind(graph, WideSignature(), false);
  EXPECT_TRUE(columns) << columns.error().ToString();
  return std::move(*columns);
}

// "value value …" a row.
std::string TextOf(const second_opinion::Cells& cells) {
  std::string text;
  for (const auto& row : cells) {
    for (const auto& [column, value] : row) text += value + " ";
    if (!text.empty()) text.back() = '\n';
  }
  return text;
}

std::string Decode(std::string_view request) {
  static const InputColumns kColumns = WideColumns();
  RequestDecoder decoder;
  second_opinion::WritingSink sink;
  const auto form = decoder.Decode(request, kColumns, sink);
  EXPECT_FALSE(sink.is_repeated) << request;
  return form ? TextOf(sink.cells) : "error: " + form.error().message();
}

constexpr std::string_view kRow = "0.5 2.0 3 4 1 'x'\n";

TEST(RequestDecoder, ReadsEveryForm) {
  const std::string record = R"({"score":0.5,"limit":2,"count":3,"id":4,"flag":true,"note":"x"})";
  const std::string list = R"([0.5,2,3,4,true,"x"])";
  const std::string names = R"(["score","limit","count","id","flag","note"])";
  const std::string split = R"({"columns":)" + names + R"(,"index":[7],"data":[)" + list + "]}";
  const std::string named = R"({"score":[0.5],"limit":[2],"count":[3],"id":[[4]],"flag":[true],"note":["x"]})";
  for (const std::string& request :
       {"[" + record + "]", "[" + list + "]", R"({"data":[)" + record + "]}", R"({"data":[)" + list + "]}",
        R"({"method":"predict","data":[)" + record + R"(],"other":{"a":[1,null,"b"]}})",
        R"({"input_data":)" + split + "}", R"({"input_data":)" + split + R"(,"params":{}})",
        R"({"input_data":[)" + list + "]}", R"({"input_data":)" + named + "}", R"({"dataframe_split":)" + split + "}",
        R"({"dataframe_records":[)" + record + "]}", R"({"instances":[)" + record + "]}",
        R"({"instances":[)" + list + "]}", R"({"inputs":[)" + list + "]}", R"({"inputs":)" + named + "}"})
    EXPECT_EQ(Decode(request), kRow) << request;
}

TEST(RequestDecoder, ReadsSplitDataBeforeOrWithoutColumns) {
  EXPECT_EQ(Decode(R"({"dataframe_split":{"data":[[4,true,"x",9,3,2]],"index":[0],)"
                   R"("columns":["id","flag","note","unknown","count","limit"]}})"),
            "- 2.0 3 4 1 'x'\n");
  EXPECT_EQ(Decode(R"({"dataframe_split":{"data":[[0.5,2,3,4,true,"x"]]}})"), kRow);
}

TEST(RequestDecoder, FillsOptionalColumnsAndIgnoresUnknownOnes) {
  EXPECT_EQ(Decode(R"([{"flag":false,"x":{"y":[1,2]},"id":-4,"count":3,"limit":2.5,"note":null}])"),
            "- 2.5 3 -4 0 -\n");
  EXPECT_EQ(Decode(R"({"inputs":{"limit":[1,2],"count":[3,4],"id":[5,6],"flag":[true,false],"z":[0]}})"),
            "- 1.0 3 5 1 -\n- 2.0 4 6 0 -\n");
}

TEST(RequestDecoder, TakesEscapesInKeysAndTexts) {
  EXPECT_EQ(Decode(R"([{"lim\u0069t":2,"count":3,"id":4,"flag":true,"note":"\u00e4\n\"\\"}])"),
            "- 2.0 3 4 1 '\u00e4\n\"\\'\n");
}

TEST(RequestDecoder, AnswersNoRowsWithNoRows) {
  for (const char* request :
       {"[]", R"({"data":[]})", R"({"input_data":{"columns":["limit","count","id","flag"],"data":[]}})"})
    EXPECT_EQ(Decode(request), "") << request;
}

TEST(RequestDecoder, TakesIntegersWrittenAsReals) {
  EXPECT_EQ(Decode(R"([[null,1e2,3.0,9007199254740993,true,null]])"), "- 100.0 3 9007199254740993 1 -\n");
}

// Every way a number can be written is the double that the C library reads.
TEST(RequestDecoder, ReadsNumbersToTheNearestDouble) {
  std::mt19937_64 random(7);
  JsonReader reader;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = random() % 2 == 0 ? "-" : "";
    text += std::to_string(random() >> random() % 64);
    if (random() % 2 == 0) text += "." + std::to_string(random() >> random() % 64);
    if (random() % 3 == 0) text += (random() % 2 == 0 ? "e" : "E-") + std::to_string(random() % 400);
    ASSERT_TRUE(reader.Open(text));
    JsonNumber number;
    ASSERT_TRUE(reader.Number(number)) << text;
    const double wanted = std::strtod(text.c_str(), nullptr);
    const auto value = number.real();
    ASSERT_EQ(value.has_value(), std::isfinite(wanted)) << text;
    if (!value) continue;
    ASSERT_EQ(std::bit_cast<uint64_t>(*value), std::bit_cast<uint64_t>(wanted)) << text;
  }
}

TEST(RequestDecoder, RefusesByRowAndColumn) {
  const std::pair<const char*, const char*> cases[] = {
      {R"([[1,"a",3,4,true,"x"]])", "row 0, column 'limit': expected a number, got \"a\""},
      {R"([[1,2,3,4,true,"x"],[1,2,3,4,1,"x"]])", "row 1, column 'flag': expected true or false, got 1"},
      {R"([[1,2,3.5,4,true,"x"]])", "row 0, column 'count': 3.5 is not an integer"},
      {R"([[1,2,2147483648,4,true,"x"]])",
       "row 0, column 'count': 2147483648 is out of the range of integer (32 bits)"},
      {R"([[1,2,3,9223372036854775808,true,"x"]])",
       "row 0, column 'id': 9223372036854775808 is out of the range of long (64 bits)"},
      {R"([[1,2,3,null,true,"x"]])", "row 0, column 'id': null, but the signature requires a value"},
      {R"([[1,1e39,3,4,true,"x"]])", "row 0, column 'limit': 1e39 is too large for a float"},
      {R"([[1,1e999,3,4,true,"x"]])", "row 0, column 'limit': 1e999 is too large for a float"},
      {R"([[1e999,2,3,4,true,"x"]])", "row 0, column 'score': 1e999 is too large for a float"},
      {R"([[1,2,1e999,4,true,"x"]])", "row 0, column 'count': 1e999 is out of the range of integer (32 bits)"},
      {R"([[1,2,3,4,true,"x"],[1,NaN,3,4,true,"x"]])",
       "row 1, column 'limit': NaN is not a finite number (a missing value is null)"},
      {R"([[1,2,-Infinity,4,true,"x"]])",
       "row 0, column 'count': -Infinity is not a finite number (a missing value is null)"},
      {R"({"dataframe_split":{"columns":["limit","count","id","flag"],"data":[[1,2,3,true],[1,2,Infinity,true]]}})",
       "row 1, column 'id': Infinity is not a finite number (a missing value is null)"},
      {R"({"inputs":{"limit":[1,null],"count":[3,4],"id":[5,6],"flag":[true,false]}})",
       "row 1, column 'limit': null, but the signature requires a value"},
      {R"({"inputs":{"limit":[1,2],"count":[3,4],"id":[5,"6"],"flag":[true,false]}})",
       "row 1, column 'id': expected an integer, got \"6\""},
      {R"({"dataframe_records":[{"limit":1,"count":1,"id":1,"flag":true},{"limit":1,"count":1,"id":-9223372036854775809,"flag":true}]})",
       "row 1, column 'id': -9223372036854775809 is out of the range of long (64 bits)"},
      {R"([[1,2,3,4,true,{"a":"long, long, long, long, long, long, long"}]])",
       "row 0, column 'note': expected a text, got {"},
      {R"([[1,2,3,4,true,5]])", "row 0, column 'note': expected a text, got 5"},
      {R"([[1,2,3,4,true,["x"]]])", "row 0, column 'note': expected a text, got ["},
      {R"([[1,2,3,4,true]])", "row 0 has 5 values; the model takes 6"},
      {R"([[1,2,3,4,true,"x",7]])", "row 0 has 7 values; the model takes 6"},
      {R"([{"limit":1,"count":1,"id":1,"flags":true}])", "row 0 lacks column 'flag'; did you mean 'flag' by 'flags'?"},
      {R"([{"limit":1}])", "row 0 lacks column 'count', column 'id', column 'flag'"},
      {R"([{"limit":1,"count":1,"id":1,"flag":true,"limit":2}])", "row 0, column 'limit': given twice"},
      {R"([5])", "row 0 has to be an object by column names or a list of values, not a number"},
      {R"({"data":{"a":1}})", "'data' has to be a list of rows, not an object"},
      {R"({"datas":[]})",
       "the request has no 'data' (nor 'input_data', 'dataframe_split', 'dataframe_records', "
       "'instances' or 'inputs'); did you mean 'data'?"},
      {R"({"data":[],"instances":[]})", "the request has both 'data' and 'instances'"},
      {R"({"instances":[],"signature_name":"x"})",
       "'signature_name' cannot stand beside 'instances'; only 'params' can"},
      {R"({"input_data":[{"a":1}]})",
       "row 0 has to be a list of values (records go into {\"data\": […]}), not an object"},
      {R"({"dataframe_records":[[1]]})", "row 0 has to be an object by column names, not a list"},
      {R"({"dataframe_split":[]})", "'dataframe_split' has to be an object, not a list"},
      {R"({"dataframe_split":{"columns":["limit"],"data":[]}})", "'columns' lacks column 'count'"},
      {R"({"dataframe_split":{"columns":["limit","limit"],"data":[]}})", "'columns' has column 'limit' twice"},
      {R"({"dataframe_split":{"columns":["limit"]}})", "'columns' lacks column 'count'"},
      {R"({"dataframe_split":{"index":[]}})", "the split form has no 'data'"},
      {R"({"dataframe_split":{"data":[],"rows":1}})",
       "'rows' does not belong here: the split form has 'columns', 'index' and 'data' once each"},
      {R"({"dataframe_split":{"data":[[1,2,3,4,true,"x"]],"index":[1,2]}})", "'index' has 2 entries for 1 rows"},
      {R"({"inputs":{"limit":[1,2],"count":[3],"id":[5,6],"flag":[true,false]}})",
       "column 'count' has 1 values, the columns before it 2"},
      {R"({"inputs":{"limit":1}})", "column 'limit' has to be a list, not a number"},
      {R"("data")", "the request has to be an object with 'data' or a list of rows, not a text"},
  };
  for (const auto& [request, message] : cases) EXPECT_EQ(Decode(request), std::string("error: ") + message) << request;
}

TEST(RequestDecoder, RefusesWhatIsNotJson) {
  for (const char* request :
       {"", " ", "[", "{", R"({"data":[)", R"({"data":[]}x)", R"({"data":[]} [])", "[1,]", R"({"data":[],})",
        R"([[1,2,3,4,tru,"x"]])", R"([[1,2,3,4,nul,"x"]])", R"([[01,2,3,4,true,"x"]])", R"([[NaN,2,3,4,true,"x"]])",
        R"({"data":[],"x":tru})", R"({"data":[],"x":"\q"})", "[[1,2,3,4,true,\"\xff\"]]", R"({"data" []})",
        R"({data:[]})", R"({"data":[],"x":1.})"})
    EXPECT_THAT(Decode(request), StartsWith("error: ")) << request;
  for (const char* request :
       {"nope", "tru", "1x", "\"x", "-", R"([[1,2,3,4,true,"\ud800"]])", R"([[1,2,3,4,true,"\udc00\ud800"]])",
        R"([[1,2,3,4,true,"\u12g4"]])", "[[1,2,3,4,true,\"a\tb\"]]", "[[1,2,3,4,true,\"\xed\xa0\x80\"]]",
        R"([[1,2,3,4.,true,"x"]])", R"([[1,2,3,4e,true,"x"]])", R"([[1,2,3,+4,true,"x"]])", "[[1,2\f,3,4,true,null]]"})
    EXPECT_THAT(Decode(request), StartsWith("error: the request is not valid JSON")) << request;
  EXPECT_THAT(Decode("null"), StartsWith("error: the request has to be an object"));
  EXPECT_THAT(Decode(R"({"data":[],"x":)" + std::string(200, '[') + std::string(200, ']') + "}"),
              HasSubstr("nested deeper than 100 levels"));
}

std::string Damaged(std::string text, std::string_view alphabet, std::mt19937& random) {
  for (unsigned edits = 1 + random() % 3; edits > 0 && !text.empty(); --edits) {
    const size_t at = random() % text.size();
    switch (random() % 4) {
      case 0:
        text[at] = alphabet[random() % alphabet.size()];
        break;
      case 1:
        text.erase(at, 1 + random() % 3);
        break;
      case 2:
        text.insert(at, 1, alphabet[random() % alphabet.size()]);
        break;
      default:
        text.insert(at, text.substr(random() % text.size(), random() % 8));
    }
  }
  return text;
}

// Random damage to requests of every form: accepted or refused, and read, as by another parser and decoder.
TEST(RequestDecoder, ReadsDamagedRequestsAsTheSecondOpinionDoes) {
  const std::string seeds[] = {
      R"({"data":[{"score":0.5,"limit":2,"count":3,"id":4,"flag":true,"note":"x\u00e4"},{"limit":1e3,"count":-1,"id":0,"flag":false}]})",
      R"({"input_data":{"columns":["score","limit","count","id","flag","note"],"index":[0,1],"data":[[0.5,2,3,4,true,"x"],[null,2,3,4,false,null]]},"params":{"a":[1,{"b":null}]}})",
      R"({"dataframe_split":{"data":[[4,true,"x",9,3,2]],"columns":["id","flag","note","unknown","count","limit"]}})",
      R"({"inputs":{"limit":[1,2],"count":[3,4],"id":[5,6],"flag":[true,false],"z":["q",{"k":1.5e-3}]}})",
      R"([[0.5,2,3,4,true,"x"],[-0.0,2.25,-3,4,false,"\"\\\n"]])"};
  const std::string alphabet = "{}[]:,\"\\ntfe0123456789.+-E \tulrs\x01\xc3\xff";
  std::mt19937 random(20240117);
  const InputColumns columns = WideColumns();
  RequestDecoder decoder;
  second_opinion::Decoder second(columns);
  size_t accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    const std::string text = Damaged(seeds[random() % std::size(seeds)], alphabet, random);
    second_opinion::WritingSink sink;
    const bool is_good = decoder.Decode(text, columns, sink).has_value();
    second_opinion::TreeBuilder tree;
    const bool is_json = nlohmann::json::sax_parse(text, &tree);
    if (tree.is_overflow) continue;
    const auto wanted = is_json ? second.Decode(tree.root) : std::nullopt;
    ASSERT_EQ(is_good, wanted.has_value()) << text;
    if (!is_good) continue;
    ++accepted;
    ASSERT_FALSE(sink.is_repeated) << text;
    ASSERT_EQ(sink.cells, *wanted) << text;
  }
  EXPECT_GT(accepted, 1000u);
}

}  // namespace
}  // namespace slipway::scoring
