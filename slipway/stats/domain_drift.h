// The verdict of a model that tries to tell current rows from reference rows (training/domain_drift.h makes one).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::stats {

enum class DomainVerdict { kNotEnoughData, kSame, kDrifted };
std::string_view DomainVerdictName(DomainVerdict verdict);  // "not enough data", "same", "drifted"

struct DomainDrift {
  DomainVerdict verdict = DomainVerdict::kNotEnoughData;
  double auc = 0.5;  // over all held-out rows; 0.5: they cannot be told apart, 1: every one can
  double standard_error = 0;
  size_t reference_rows = 0, current_rows = 0;  // that were used
  // By how much the AUC falls when a column is shuffled, the mean over the folds; largest first.
  struct Contribution {
    std::string column;
    double value = 0;
  };
  std::vector<Contribution> contributions;
};

// Of an area under a ROC curve: Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 143,
// 1982. Both counts from 1.
double RocAucStandardError(double auc, size_t positives, size_t negatives);

// Drifted from `auc_from` on, when it is beyond 0.5 by more than three standard errors, too.
DomainVerdict JudgeDomainAuc(double auc, double standard_error, double auc_from);

}  // namespace slipway::stats
