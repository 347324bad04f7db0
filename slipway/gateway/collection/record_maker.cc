#include "slipway/gateway/collection/record_maker.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"

namespace slipway::gateway::collection {
namespace {

constexpr size_t kInlineBytesMax = 4 << 20;  // larger payloads have a file of their own, as Azure's collector has it
constexpr std::string_view kAgent = "slipway/0.1.0";
constexpr std::string_view kRowsDataType = "pandas.core.frame.DataFrame";  // what readers of such records look for

std::string_view ReasonOf(const Error& error) {
  return error.code() == Code::kResourceExhausted ? "disk_full" : "write_failed";
}

}  // namespace

void RecordMaker::Add(const Item& item) {
  if (item.collection.empty()) return AddCall(item);
  AddRows(item, item.collection, item.rows, item.data_type);
}

void RecordMaker::AddCall(const Item& item) {
  AddBody(item, "request", item.request);
  AddBody(item, "response", item.response);
  if (item.of->is_model_ && item.status == 200) AddModelRows(item);
}

void RecordMaker::AddModelRows(const Item& item) {
  const auto wants = [&](std::string_view name) { return item.of->Wanted(name, item.correlation_id) != nullptr; };
  const bool wants_both = wants("model_inputs_outputs");
  Result<std::string> inputs = std::string(), outputs = std::string();
  if (wants_both || wants("model_inputs")) inputs = tabular::InputRows(item.request, item.form, item.of->columns_);
  if (wants_both || wants("model_outputs")) outputs = tabular::OutputRows(item.response);
  if (wants_both) {
    Result<std::string> both = !inputs ? inputs : !outputs ? outputs : tabular::JoinRows(*inputs, *outputs);
    AddRows(item, "model_inputs_outputs", std::move(both), kRowsDataType);
  }
  AddRows(item, "model_inputs", std::move(inputs), kRowsDataType);
  AddRows(item, "model_outputs", std::move(outputs), kRowsDataType);
}

void RecordMaker::AddRows(const Item& item, std::string_view collection, Result<std::string> rows,
                          std::string_view data_type) {
  const WantedCollection* wanted = item.of->Wanted(collection, item.correlation_id);
  if (!wanted) return;
  auto payload = rows ? PayloadOf(*rows) : std::nullopt;
  const bool are_rows = payload && payload->kind == Payload::Kind::kJson && payload->text.starts_with('[');
  if (!are_rows) {
    const std::string why = rows ? "they are no JSON array of objects" : rows.error().message();
    return writer_.CountFailed(item.of, collection, "not_rows", 1, why);
  }
  Record record;
  record.collect_data_type = data_type;
  AddRecord(item, *wanted, collection, std::move(record), std::move(*payload));
}

void RecordMaker::AddBody(const Item& item, std::string_view collection, std::string_view body) {
  const WantedCollection* wanted = item.of->Wanted(collection, item.correlation_id);
  if (!wanted) return;
  Record record;
  record.status_code = collection == "response" ? item.status : 0;
  if (collection == "request") {
    record.extra = {{"path", item.path}, {"method", item.method}};
    record.headers = item.headers;
  }
  auto payload = PayloadOf(body);
  // Neither JSON nor text: its kind alone matters to AddRecord.
  if (!payload) payload = Payload{Payload::Kind::kUri, std::string(body), body.size()};
  AddRecord(item, *wanted, collection, std::move(record), std::move(*payload));
}

Result<Payload> RecordMaker::PutAside(const Item& item, const WantedCollection& wanted, std::string_view id,
                                      std::string_view content, Payload::Kind kind) {
  const auto folder = PeriodFolder(wanted.folder, item.of->wanted_.rolling_rate, item.time);
  const std::filesystem::path file = folder / fmt::format("{}.{}", id, kind == Payload::Kind::kRows ? "json" : "raw");
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(file, content));
  const std::string relative = file.lexically_relative(wanted.folder).string();
  return Payload{kind, fmt::format("{}/{}", wanted.uri, relative), content.size()};
}

void RecordMaker::AddRecord(const Item& item, const WantedCollection& wanted, std::string_view collection,
                            Record record, Payload payload) {
  const std::string id = RandomUuid();
  if (payload.kind == Payload::Kind::kUri || payload.text.size() > kInlineBytesMax) {
    const bool is_body = collection == "request" || collection == "response";
    auto aside = PutAside(item, wanted, id, payload.text, is_body ? Payload::Kind::kUri : Payload::Kind::kRows);
    if (!aside) return writer_.CountFailed(item.of, collection, ReasonOf(aside.error()), 1, aside.error().ToString());
    payload = std::move(*aside);
  }
  record.collection = collection;
  record.source = item.of->source_;
  record.id = id;
  record.correlation_id = item.correlation_id;
  record.time = item.time;
  record.agent = kAgent;
  Lines& lines = lines_[PeriodFile(wanted.folder, item.of->wanted_.rolling_rate, item.instance, item.time)];
  lines.of = item.of;
  lines.collection = collection;
  const std::string line = RecordLine(record, payload);
  lines.text.append(line);
  ++lines.records;
  bytes_ += line.size();
}

void RecordMaker::Flush() {
  for (const auto& [file, lines] : lines_) {
    if (const Status written = files_.Append(file, lines.text); written) {
      lines.of->counts_->collection().CountWritten(lines.collection, lines.records);
    } else {
      const Error& error = written.error();
      writer_.CountFailed(lines.of, lines.collection, ReasonOf(error), lines.records, error.ToString());
    }
  }
  lines_.clear();
  bytes_ = 0;
}

}  // namespace slipway::gateway::collection
