// A metadata store for each test, over each kind of database. For this room's tests.
#pragma once

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/sql/testing/postgres_server.h"
#include "slipway/store/metadata_store.h"

namespace slipway::store {

enum class Kind { kFile, kMemory, kPostgresql };

// Fails the test with the error's text.
#define SLIPWAY_ASSERT_OK(expression)                                   \
  do {                                                                  \
    const auto& slipway_checked = (expression);                         \
    ASSERT_TRUE(slipway_checked) << slipway_checked.error().ToString(); \
  } while (false)

class AnyStore : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::kMemory) url_ = "sqlite::memory:";
    if (GetParam() == Kind::kFile) url_ = "sqlite://" + (folder_->path() / "slipway.db").string();
    if (GetParam() == Kind::kPostgresql) {
      std::string why;
      auto* server = sql::testing::PostgresServer::Get(&why);
      if (!server) GTEST_SKIP() << why;
      url_ = server->MakeDatabaseUrl();
    }
    Reopen();
  }
  void Reopen() {
    store_.reset();
    auto opened = MetadataStore::Open(url_);
    ASSERT_TRUE(opened) << opened.error().ToString();
    store_ = std::move(*opened);
  }

  template <typename T>
  static T Must(Result<T> result) {
    EXPECT_TRUE(result) << result.error().ToString();
    return result ? std::move(*result) : T{};
  }

  const domain::Scope scope_;
  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  std::string url_;
  std::unique_ptr<MetadataStore> store_;
};

inline std::string KindName(const ::testing::TestParamInfo<Kind>& info) {
  constexpr const char* kNames[] = {"SqliteFile", "SqliteMemory", "Postgresql"};
  return kNames[static_cast<int>(info.param)];
}

#define SLIPWAY_OVER_ALL_DATABASES(suite) \
  INSTANTIATE_TEST_SUITE_P(Store, suite, ::testing::Values(Kind::kFile, Kind::kMemory, Kind::kPostgresql), KindName)

}  // namespace slipway::store
