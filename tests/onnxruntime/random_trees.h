// Random tree ensembles as the attributes of their operators.
#pragma once

#include "operator_cases.h"

namespace slipway::ort_cases {

struct TreeShape {
  size_t trees = 1, features = 1, outputs = 1;
  size_t depth_max = 4;
  int64_t only_output = -1;       // all leaves vote for this one
  bool positive_weights = false;  // of leaves
  bool votes_everywhere = false;  // every leaf votes for each output, else for one
  bool only_less_equal = false;   // else tests of every mode
};

// The lists nodes_* and PREFIX*, of "target_" or "class_".
std::vector<model::Attribute> RandomTrees(Random& random, const TreeShape& shape, const std::string& prefix);
// All attributes of a TreeEnsemble (ai.onnx.ml 5), tests for membership among them.
std::vector<model::Attribute> RandomUnifiedTrees(Random& random, size_t trees, size_t features, size_t targets);
// Types that the runtime takes for a classifier's input.
model::ElementType NumberTypeOfTrees(Random& random);

}  // namespace slipway::ort_cases
