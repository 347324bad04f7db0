// Everything of the SDK for pipeline steps. Scoring scripts include "slipway/sdk/scoring_script.h" besides.
#pragma once

#include "slipway/sdk/classifier.h"
#include "slipway/sdk/comparison.h"
#include "slipway/sdk/drift.h"
#include "slipway/sdk/logs.h"
#include "slipway/sdk/program.h"
#include "slipway/sdk/quality.h"
#include "slipway/sdk/table.h"
#include "slipway/sdk/telemetry.h"
#include "slipway/sdk/tracking.h"
#include "slipway/sdk/trained_model.h"
