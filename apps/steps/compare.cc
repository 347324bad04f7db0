// Compares a new model with the one in use on the same held-out rows, and says whether it is better.
#include "steps.h"

#include <cstdio>
#include <fstream>

namespace slipway::steps {
namespace {

sdk::CompareSettings SettingsOf(const sdk::Arguments& arguments) {
  sdk::CompareSettings settings;
  settings.metric = arguments.Get("metric", "");
  if (settings.metric == "auto") settings.metric = "";
  settings.margin = arguments.GetNumber("margin");
  settings.min_rows = arguments.GetInteger("min-rows");
  settings.segments = Names(arguments.Get("segments", ""));
  settings.refuse_segment_regressions = IsTrue(arguments.Get("refuse-segment-regressions", "false"));
  settings.random_state = static_cast<uint64_t>(arguments.GetInteger("random-state"));
  return settings;
}

sdk::ModelComparison CompareModels(const sdk::Arguments& arguments) {
  const std::string champion = arguments.Get("champion"), challenger = arguments.Get("challenger");
  const std::string target = arguments.Get("target");
  const sdk::Table labelled = sdk::Table::Read(arguments.Get("data"));
  const sdk::CompareSettings settings = SettingsOf(arguments);
  if (!arguments.Has("traffic")) return sdk::ModelComparison::Compare(champion, challenger, labelled, target, settings);
  return sdk::ModelComparison::Compare(champion, challenger, labelled, target,
                                       sdk::Table::Read(arguments.Get("traffic")), settings);
}

}  // namespace

void Compare(const sdk::Arguments& arguments) {
  const sdk::ModelComparison comparison = CompareModels(arguments);
  std::printf("%s", comparison.ToText().c_str());

  sdk::Run run = sdk::Run::Current();
  const std::string folder = arguments.Get("verdict"), champion = run.InputReference("champion");
  const std::string challenger = "the new model";
  std::ofstream(folder + "/comparison.json") << comparison.ToJson(champion, challenger, run.id());
  comparison.WriteHtml(folder + "/comparison.html", champion, challenger);
  run.LogArtifact(folder + "/comparison.json");
  run.LogArtifact(folder + "/comparison.html");
  run.LogMetric("improvement", comparison.improvement());
  run.SetTag("verdict", comparison.verdict());
  run.SetTag("verdict_reason", comparison.reason());
  run.SetTag("compared_with", champion);
}

}  // namespace slipway::steps
