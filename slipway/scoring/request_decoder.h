// JSON requests, in every form of the dialect, read straight into a CellSink: no document tree in between.
//
//   [{…}, …]  [[…], …]                              rows, as records by name or lists in the signature's order
//   {"data": rows}                                  the same; other keys beside it are ignored
//   {"input_data": {"columns": […], "index": […], "data": [[…], …]}}    MLflow no-code deployments
//   {"input_data": [[…], …]}  {"input_data": {name: […], …}}            (rows in order; one list a column)
//   {"dataframe_split": {…}}  {"dataframe_records": [{…}, …]}           MLflow's scoring server
//   {"instances": rows}  {"inputs": rows or {name: […], …}}             TensorFlow Serving's row and column forms
//
// All but `data` allow `params` (an object, ignored) and no other key beside them. Columns the model does not know are
// ignored, or refused where that is wanted; what is missing, null, of the wrong type or out of range is refused by row
// and column.
#pragma once

#include <memory>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/scoring/cell_sink.h"
#include "slipway/scoring/input_columns.h"

namespace slipway::scoring {

// What is done with columns that the model does not know.
enum class UnknownColumns { kIgnore, kRefuse };

// Decides how the answer is wrapped.
enum class RequestForm { kData, kInputData, kMlflow };

// Buffers of one thread. After the largest request they allocate no more.
class RequestDecoder {
 public:
  RequestDecoder();
  ~RequestDecoder();

  // Clears `sink` and fills it. The whole text is checked to be JSON, ignored parts as well. kInvalidArgument.
  Result<RequestForm> Decode(std::string_view request, const InputColumns& columns, CellSink& sink,
                             UnknownColumns unknown = UnknownColumns::kIgnore);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace slipway::scoring
