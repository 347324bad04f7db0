// Any text through the whole compiler of queries, with all passes and without any: no crash, no hang, and both agree on
// whether the text is a query.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "slipway/kql/compiler.h"

namespace {

using slipway::kql::CatalogTable;
using slipway::kql::Type;

class SmallCatalog final : public slipway::kql::Catalog {
 public:
  const CatalogTable* FindTable(std::string_view name) const override {
    return name == table_.name ? &table_ : nullptr;
  }
  std::vector<std::string> TableNames() const override { return {table_.name}; }

 private:
  CatalogTable table_ = {"T",
                         "t",
                         {{"TimeGenerated", Type::kDateTime},
                          {"n", Type::kLong},
                          {"r", Type::kReal},
                          {"s", Type::kString},
                          {"b", Type::kBool},
                          {"d", Type::kDynamic}},
                         "TimeGenerated",
                         ""};
};

slipway::kql::CompileOptions Options() {
  slipway::kql::CompileOptions options;
  options.check_regex = [](std::string_view) { return slipway::Status(); };
  options.materialize = [](const slipway::kql::sql::Statement&,
                           const std::string&) -> slipway::Result<slipway::kql::MaterializedInput> {
    return slipway::Unimplemented("no rows here");
  };
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view query(reinterpret_cast<const char*>(data), size);
  const SmallCatalog catalog;
  slipway::kql::CompileOptions options = Options();
  const bool with_passes = slipway::kql::Compile(query, catalog, options).has_value();
  options.disabled_passes = {"fold-constants", "push-filters-down", "merge-projects",
                             "prune-columns",  "fuse-limits",       "simplify-dynamics"};
  const bool without_passes = slipway::kql::Compile(query, catalog, options).has_value();
  if (with_passes != without_passes) {
    std::fprintf(stderr, "the passes change whether this compiles: %.*s\n", static_cast<int>(size), query.data());
    std::abort();
  }
  return 0;
}
