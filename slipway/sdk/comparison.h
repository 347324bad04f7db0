// Champion against challenger: is a new model better than the one in use?
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slipway/sdk/table.h"

namespace slipway::sdk {

struct CompareSettings {
  std::string metric = {};  // roc_auc, f1_score, log_loss, rmse, …; "": roc_auc of classes, rmse of values
  double margin = 0.002;    // by how much the challenger has to be better
  int min_rows = 500;       // with fewer held-out rows nothing is decided
  std::vector<std::string> segments =
      {};  // columns to look for regressions by; empty: sex, age, education and the like
  bool refuse_segment_regressions = false;
  uint64_t random_state = 0;
};

// Immutable. Every failure throws Failure.
class ModelComparison {
 public:
  // Both models (as Model::Load takes them) on the same rows, which neither has seen.
  static ModelComparison Compare(const std::string& champion, const std::string& challenger, const Table& labelled,
                                 const std::string& target, const CompareSettings& settings = {});
  // The same, with recent rows whose truth is not known.
  static ModelComparison Compare(const std::string& champion, const std::string& challenger, const Table& labelled,
                                 const std::string& target, const Table& traffic, const CompareSettings& settings = {});

  std::string verdict() const;  // "better", "not better", "undecided"
  std::string reason() const;   // a sentence
  std::string metric() const;   // that decided
  double improvement() const;   // of it; positive where the challenger is better
  // What comparison.json holds (docs/retraining.md). The names are for the reader; `job`: the one that compares.
  std::string ToJson(const std::string& champion_name, const std::string& challenger_name,
                     const std::string& job = "") const;
  std::string ToText() const;
  void WriteHtml(const std::string& path, const std::string& champion_name, const std::string& challenger_name) const;

 private:
  struct Impl;
  explicit ModelComparison(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// What a comparison left in comparison.json, for who acts on it.
struct KeptVerdict {
  std::string verdict, reason;
  std::string metric, champion;
  std::string job;  // that compared; "" when unknown
  double improvement = 0, margin = 0;

  // Throws Failure for a file that is no comparison.
  static KeptVerdict Read(const std::string& path);
  // For a model's tags and the audit log: verdict, verdict_metric, improvement, margin, compared_with, and evidence:
  // where the component `compare` left its verdict.
  std::map<std::string, std::string> Tags() const;
};

}  // namespace slipway::sdk
