#pragma once

#include "slipway/domain/promotion.h"
#include "slipway/domain/testing/table.h"

namespace slipway::domain::testing {

class MemoryPromotionStore final : public PromotionStore {
 public:
  Status PutPromotion(const Scope& scope, const Promotion& promotion) override {
    const std::lock_guard lock(mutex_);
    promotions_.Put(scope, promotion.name, promotion);
    return {};
  }
  Result<Promotion> GetPromotion(const Scope& scope, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return promotions_.Get(scope, name);
  }
  Result<std::vector<Promotion>> ListPromotions(const Scope& scope) override {
    const std::lock_guard lock(mutex_);
    return promotions_.NewestFirst(scope);
  }

 private:
  std::mutex mutex_;
  Table<Promotion> promotions_{"promotion"};
};

}  // namespace slipway::domain::testing
