// The steps that curated components run: `slipway-step <name>`, each a program on the SDK. Arguments are the step's
// inputs and outputs.
#pragma once

#include <slipway/sdk/sdk.h>

#include <string>
#include <vector>

namespace slipway::steps {

void Split(const sdk::Arguments& arguments);         // split.cc
void DataQuality(const sdk::Arguments& arguments);   // data_quality.cc
void TrainTabular(const sdk::Arguments& arguments);  // train_tabular.cc
void Compare(const sdk::Arguments& arguments);       // compare.cc
void Register(const sdk::Arguments& arguments);      // register.cc
void Drift(const sdk::Arguments& arguments);         // drift.cc
void Export(const sdk::Arguments& arguments);        // export.cc

// "a, b" as two names.
std::vector<std::string> Names(const std::string& text);
// A boolean input's text, as YAML or Python write it.
bool IsTrue(const std::string& text);

}  // namespace slipway::steps
