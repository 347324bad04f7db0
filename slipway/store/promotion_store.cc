#include "slipway/store/promotion_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/wire/promotion.h"

namespace slipway::store {
namespace {

using domain::Promotion;
using domain::Scope;

DocumentTable Promotions() {
  return {"promotions", "promotion", {"workspace", "name_key"}};
}

Result<Promotion> ReadPromotion(const Document& document) {
  return AsStored(wire::PromotionFromJson(document.body), fmt::format("the promotion '{}'", document.name));
}

}  // namespace

std::vector<std::string> PromotionTableStatements() {
  return {Promotions().CreateStatement()};
}

SqlPromotionStore::SqlPromotionStore(sql::Database& database) : promotions_(database, Promotions()) {}

Status SqlPromotionStore::PutPromotion(const Scope& scope, const Promotion& promotion) {
  return promotions_.Put(scope, promotion.name, wire::PromotionToJson(promotion));
}

Result<Promotion> SqlPromotionStore::GetPromotion(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Document document, promotions_.Get(scope, name));
  return ReadPromotion(document);
}

Result<std::vector<Promotion>> SqlPromotionStore::ListPromotions(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto documents, promotions_.List(scope));
  SLIPWAY_ASSIGN_OR_RETURN(auto promotions, ReadAll<Promotion>(documents, ReadPromotion));
  std::stable_sort(promotions.begin(), promotions.end(),
                   [](const Promotion& a, const Promotion& b) { return a.requested_at > b.requested_at; });
  return promotions;
}

}  // namespace slipway::store
