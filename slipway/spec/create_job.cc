#include "slipway/spec/create_job.h"

#include "slipway/spec/document.h"
#include "slipway/spec/job.h"

namespace slipway::spec {
namespace {

bool IsJobName(std::string_view text) {
  return text.starts_with("azureml:");
}

// A shallow merge, as the dialect has it: giving `inputs` replaces all inputs.
void Replace(Node& job, const Node& overrides) {
  for (const auto& [key, node] : overrides.members) {
    if (key.text == "job") continue;
    if (Node* existing = job.Find(key.text))
      *existing = node;
    else
      job.members.emplace_back(key, node);
  }
}

void RefuseChanges(const Value& named, const Value& overrides) {
  for (const auto& [key, node] : overrides.node().members)
    if (key.text != "job" && key.text != "type")
      named.Complain("changing keys of a submitted job is not supported yet: name its file", Code::kUnimplemented);
}

}  // namespace

domain::JobSpec CreateJobReader::Read(const Value& value) {
  if (value.node().IsScalar()) return ReadNamed(value, nullptr);
  const Node* job = value.node().Find("job");
  if (!job) return ReadJobValue(value, anonymous_);
  return ReadNamed(value.Member("job", *job), &value);
}

domain::JobSpec CreateJobReader::ReadNamed(const Value& named, const Value* overrides) {
  const auto text = named.Text();
  if (!text) return {};
  if (IsJobName(*text)) {
    if (overrides) RefuseChanges(named, *overrides);
    job_name_ = domain::BareName(*text);
    return {};
  }
  auto document = LoadDocument(ResolvePath(named.node(), *text));
  if (!document) {
    named.complaints().Add(std::move(document.error()).At(named.node().mark.Position()));
    return {};
  }
  if (overrides) Replace(document->root, overrides->node());
  return ReadJobValue(Value(document->root, "", named.complaints()), anonymous_);
}

domain::JobSpec ReadActionJob(const Value& value, AnonymousAssets& anonymous) {
  CreateJobReader create(anonymous);
  domain::JobSpec job = create.Read(value);
  if (!create.job_name().empty())
    value.Complain("an action that repeats a submitted job is not supported yet: name its file", Code::kUnimplemented);
  return job;
}

}  // namespace slipway::spec
