// Promotions as JSON, both ways.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/promotion.h"

namespace slipway::wire {

nlohmann::json PromotionToJson(const domain::Promotion& promotion);
Result<domain::Promotion> PromotionFromJson(const nlohmann::json& document);

}  // namespace slipway::wire
