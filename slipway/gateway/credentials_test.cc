#include "slipway/gateway/credentials.h"

#include <gtest/gtest.h>

#include "slipway/base/hash.h"

namespace slipway::gateway {
namespace {

const Timestamp kNow = *ParseTimestamp("2026-03-04T05:06:07Z");

WantedEndpoint KeyEndpoint() {
  WantedEndpoint endpoint;
  endpoint.name = "credit";
  endpoint.key_sha256 = {Sha256Hex("primary"), Sha256Hex("secondary")};
  return endpoint;
}

WantedEndpoint TokenEndpoint() {
  WantedEndpoint endpoint;
  endpoint.name = "Credit";
  endpoint.auth_mode = domain::AuthMode::kAmlToken;
  endpoint.token_secret = "secret";
  return endpoint;
}

Access CheckToken(const std::string& token) {
  return CheckAuthorization(TokenEndpoint(), "Bearer " + token, kNow);
}

TEST(CredentialsTest, BothKeysOpen) {
  EXPECT_EQ(CheckAuthorization(KeyEndpoint(), "Bearer primary", kNow), Access::kGranted);
  EXPECT_EQ(CheckAuthorization(KeyEndpoint(), "bearer  secondary", kNow), Access::kGranted);
}

TEST(CredentialsTest, OtherKeysAndOtherHeadersDoNot) {
  EXPECT_EQ(CheckAuthorization(KeyEndpoint(), "Bearer tertiary", kNow), Access::kDenied);
  EXPECT_EQ(CheckAuthorization(KeyEndpoint(), "Bearer " + Sha256Hex("primary"), kNow), Access::kDenied);
  for (const char* header : {"", "primary", "Bearer", "Bearer  ", "Basic cHJpbWFyeQ=="}) {
    EXPECT_EQ(CheckAuthorization(KeyEndpoint(), header, kNow), Access::kBadHeader) << header;
  }
}

TEST(CredentialsTest, AnEndpointWithoutKeysOpensToNobody) {
  WantedEndpoint endpoint;
  EXPECT_EQ(CheckAuthorization(endpoint, "Bearer x", kNow), Access::kDenied);
}

TEST(CredentialsTest, TokensOpenUntilTheyExpire) {
  EXPECT_EQ(CheckToken(MakeEndpointToken("credit", "secret", kNow + std::chrono::seconds(1))), Access::kGranted);
  EXPECT_EQ(CheckToken(MakeEndpointToken("credit", "secret", kNow)), Access::kExpired);
}

TEST(CredentialsTest, TokensOfOthersAndForgedOnesDoNotOpen) {
  const Timestamp later = kNow + std::chrono::hours(1);
  EXPECT_EQ(CheckToken(MakeEndpointToken("other", "secret", later)), Access::kDenied);
  EXPECT_EQ(CheckToken(MakeEndpointToken("credit", "guess", later)), Access::kDenied);
  std::string extended = MakeEndpointToken("credit", "secret", later);
  extended.replace(extended.find(".17") + 1, 1, "2");
  EXPECT_EQ(CheckToken(extended), Access::kDenied);
  for (const char* token : {"x", "slp1.credit", "slp1.credit.99999999999.", "...."}) {
    EXPECT_EQ(CheckToken(token), Access::kDenied) << token;
  }
}

TEST(CredentialsTest, ATokenEndpointWithoutSecretOpensToNobody) {
  WantedEndpoint endpoint = TokenEndpoint();
  endpoint.token_secret.clear();
  const std::string token = MakeEndpointToken("credit", "", kNow + std::chrono::hours(1));
  EXPECT_EQ(CheckAuthorization(endpoint, "Bearer " + token, kNow), Access::kDenied);
}

TEST(CredentialMemoryTest, AKeyThatWasReplacedOpensNoMoreUnderTheNewRouting) {
  CredentialMemory memory;
  const WantedEndpoint endpoint = KeyEndpoint();
  WantedEndpoint rotated = endpoint;
  EXPECT_EQ(memory.Check(rotated, 1, "Bearer primary", kNow), Access::kGranted);
  rotated.key_sha256 = {Sha256Hex("fresh"), Sha256Hex("secondary")};  // at the same address, as after a reuse of memory
  EXPECT_EQ(memory.Check(rotated, 1, "Bearer primary", kNow), Access::kGranted);  // the routing did not change
  EXPECT_EQ(memory.Check(rotated, 2, "Bearer primary", kNow), Access::kDenied);
  EXPECT_EQ(memory.Check(rotated, 2, "Bearer secondary", kNow), Access::kGranted);
  EXPECT_EQ(memory.Check(rotated, 2, "Bearer fresh", kNow), Access::kGranted);
  EXPECT_EQ(memory.Check(endpoint, 2, "Bearer fresh", kNow), Access::kDenied);  // another endpoint
}

TEST(CredentialMemoryTest, OtherCredentialsAreCheckedAndDoNotSpoilTheMemory) {
  CredentialMemory memory;
  const WantedEndpoint endpoint = KeyEndpoint();
  EXPECT_EQ(memory.Check(endpoint, 1, "Bearer primary", kNow), Access::kGranted);
  EXPECT_EQ(memory.Check(endpoint, 1, "Bearer primar", kNow), Access::kDenied);
  EXPECT_EQ(memory.Check(endpoint, 1, "Bearer primary2", kNow), Access::kDenied);
  EXPECT_EQ(memory.Check(endpoint, 1, "", kNow), Access::kBadHeader);
  EXPECT_EQ(memory.Check(endpoint, 1, "Bearer primary", kNow), Access::kGranted);
}

TEST(CredentialMemoryTest, ARememberedTokenExpires) {
  CredentialMemory memory;
  const WantedEndpoint endpoint = TokenEndpoint();
  const std::string header = "Bearer " + MakeEndpointToken("credit", "secret", kNow + std::chrono::seconds(10));
  EXPECT_EQ(memory.Check(endpoint, 1, header, kNow), Access::kGranted);
  EXPECT_EQ(memory.Check(endpoint, 1, header, kNow + std::chrono::seconds(9)), Access::kGranted);
  EXPECT_EQ(memory.Check(endpoint, 1, header, kNow + std::chrono::seconds(10)), Access::kExpired);
}

}  // namespace
}  // namespace slipway::gateway
