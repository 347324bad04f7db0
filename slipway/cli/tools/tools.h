// Tools that stand for themselves: fronts on an engine, without a server (doctor and data asset names apart).
#pragma once

#include "slipway/cli/command.h"

namespace slipway::cli {

Command ScoreCommand();         // score.cc
Command TrainCommand();         // train.cc
Command DriftCommand();         // drift.cc
Command ModelCompareCommand();  // model_compare.cc
Command JmespathCommand();      // jmespath.cc
Command DataHeadCommand();      // data_head_profile.cc
Command DataProfileCommand();   // data_head_profile.cc
Command DataQualityCommand();   // data_quality.cc
Command DoctorCommand();        // doctor.cc
Command ExampleDataCommand();   // example_data.cc

}  // namespace slipway::cli
