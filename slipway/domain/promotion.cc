#include "slipway/domain/promotion.h"

#include "slipway/base/text.h"

namespace slipway::domain {
namespace {

constexpr std::string_view kNames[] = {"Waiting", "Approved", "Promoted", "Rejected", "RolledBack"};

}  // namespace

std::string_view PromotionStatusName(PromotionStatus status) {
  return kNames[static_cast<size_t>(status)];
}

std::optional<PromotionStatus> ParsePromotionStatus(std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (EqualsIgnoreCase(kNames[i], name)) return static_cast<PromotionStatus>(i);
  return std::nullopt;
}

}  // namespace slipway::domain
