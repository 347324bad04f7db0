#include "slipway/registry/signing.h"

#include <sys/stat.h>

#include <gmock/gmock.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::registry {
namespace {

using ::testing::HasSubstr;

class SigningTest : public ::testing::Test {
 protected:
  std::filesystem::path File(const std::string& name) { return folder_->path() / name; }
  SigningKey Key(const std::string& name = "key.pem") {
    auto key = SigningKey::Open(File(name));
    EXPECT_TRUE(key) << key.error().ToString();
    return std::move(*key);
  }
  SignaturePolicy Policy() { return {File("policy.json"), Key().public_key()}; }

  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
};

// RFC 8032, 7.1, test 2: the signature of the one byte 0x72.
TEST_F(SigningTest, KnowsASignatureOfTheStandard) {
  const auto bytes = [](std::string_view hex) {
    std::string text;
    for (size_t i = 0; i + 1 < hex.size(); i += 2)
      text += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return Base64Encode(text);
  };
  const auto key = bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const auto signature = bytes(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
      "387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_TRUE(IsSignatureOf(key, "r", signature));
  EXPECT_FALSE(IsSignatureOf(key, "s", signature));
}

TEST_F(SigningTest, KeepsItsKeyForItselfAlone) {
  const SigningKey first = Key();
  struct stat info {};
  ASSERT_EQ(::stat(File("key.pem").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const SigningKey again = Key();
  EXPECT_EQ(first.public_key(), again.public_key());
  EXPECT_TRUE(IsSignatureOf(first.public_key(), "text", *again.Sign("text")));
  EXPECT_FALSE(IsSignatureOf(Key("other.pem").public_key(), "text", *again.Sign("text")));
  EXPECT_FALSE(IsSignatureOf(first.public_key(), "text", "no signature"));
}

TEST_F(SigningTest, AFileThatIsNoKeyIsTold) {
  ASSERT_TRUE(WriteFileAtomic(File("key.pem"), "no key"));
  EXPECT_THAT(SigningKey::Open(File("key.pem")).error().ToString(), HasSubstr("holds no Ed25519 key"));
}

TEST_F(SigningTest, WithoutRulesEverythingMayBeUsed) {
  EXPECT_TRUE(Policy().Check("prod", ""));
  EXPECT_TRUE(Policy().Check("prod", Key("other.pem").public_key()));
}

TEST_F(SigningTest, ARegistryMayDemandTrustedSignatures) {
  SignaturePolicy policy = Policy();
  const PublicKey other = Key("other.pem").public_key();
  ASSERT_TRUE(policy.Require("Prod", true));
  EXPECT_TRUE(policy.Check("prod", Key().public_key()));
  EXPECT_EQ(policy.Check("prod", "").error().code(), Code::kPermissionDenied);
  EXPECT_THAT(policy.Check("prod", other).error().message(), HasSubstr("is not trusted here"));
  EXPECT_TRUE(policy.Check("beta", other));
  ASSERT_TRUE(policy.Trust(other, "hub", {}));
  EXPECT_TRUE(policy.Check("prod", other));
  ASSERT_TRUE(policy.Revoke("hub"));
  EXPECT_THAT(policy.Check("prod", other).error().message(), HasSubstr("revoked"));
  EXPECT_THAT(policy.Check("beta", other).error().message(), HasSubstr("revoked"));
  ASSERT_TRUE(policy.Require("prod", false));
  EXPECT_TRUE(policy.Check("prod", ""));
}

TEST_F(SigningTest, RevokesEveryKeyOfAName) {
  SignaturePolicy policy = Policy();
  const PublicKey first = Key("first.pem").public_key(), second = Key("second.pem").public_key();
  ASSERT_TRUE(policy.Trust(first, "hub", {}));
  ASSERT_TRUE(policy.Trust(second, "hub", {}));
  ASSERT_TRUE(policy.Revoke("hub"));
  for (const PublicKey& key : {first, second})
    EXPECT_THAT(policy.Check("prod", key).error().message(), HasSubstr("revoked"));
}

TEST_F(SigningTest, RefusesWhatIsNoKey) {
  SignaturePolicy policy = Policy();
  EXPECT_EQ(policy.Trust("abc", "x", {}).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(policy.Revoke("nobody").error().code(), Code::kNotFound);
}

TEST_F(SigningTest, RulesThatCannotBeReadLetNothingThrough) {
  SignaturePolicy policy = Policy();
  ASSERT_TRUE(WriteFileAtomic(File("policy.json"), "{\"keys\": 3}"));
  EXPECT_FALSE(policy.Check("prod", ""));
  ASSERT_TRUE(WriteFileAtomic(File("policy.json"), "no json"));
  EXPECT_THAT(policy.Check("prod", "").error().message(), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace slipway::registry
