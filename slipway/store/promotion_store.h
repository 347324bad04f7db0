// Promotions of models into workspaces.
#pragma once

#include <string>
#include <vector>

#include "slipway/domain/promotion.h"
#include "slipway/sql/database.h"
#include "slipway/store/document_table.h"

namespace slipway::store {

// For SQLite and PostgreSQL alike; a migration runs them once.
std::vector<std::string> PromotionTableStatements();

// Thread-safe; every method is one transaction. `database` is borrowed.
class SqlPromotionStore final : public domain::PromotionStore {
 public:
  explicit SqlPromotionStore(sql::Database& database);

  Status PutPromotion(const domain::Scope& scope, const domain::Promotion& promotion) override;
  Result<domain::Promotion> GetPromotion(const domain::Scope& scope, const std::string& name) override;
  Result<std::vector<domain::Promotion>> ListPromotions(const domain::Scope& scope) override;

 private:
  NamedDocuments promotions_;
};

}  // namespace slipway::store
