#include "slipway/api/arm_files.h"

#include "slipway/api/testing/face_fixture.h"

namespace slipway::api {
namespace {

using ::testing::HasSubstr;

class FilesFace : public testing::FaceFixture {
 protected:
  void SetUp() override {
    FaceFixture::SetUp();
    MountFiles(router, {*files});
  }
  std::string At(const std::string& path) const { return W("/slipway/files/workspaceblobstore/" + path); }
};

TEST_F(FilesFace, AFileIsStoredAndReadBack) {
  const auto made = Send("PUT", At("a%20b/x.csv"), "a,b\n");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.body["path"], "azureml://datastores/workspaceblobstore/paths/a b/x.csv");
  EXPECT_EQ(made.body["size"], 4);
  EXPECT_EQ(Send("PUT", At("a%20b/x.csv"), "a,b\n").status, 200);
  const auto read = Send("GET", At("a%20b/x.csv"));
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.text, "a,b\n");
  EXPECT_EQ(*read.headers.Find("Content-Type"), "application/octet-stream");
  EXPECT_EQ(*read.headers.Find("X-Content-Type-Options"), "nosniff");
}

TEST_F(FilesFace, AFolderIsListedWithAndWithoutASlash) {
  WriteStored("f/b/2", "22");
  WriteStored("f/a", "1");
  const auto expected = nlohmann::json::parse(R"({"files":[{"path":"a","size":1},{"path":"b/2","size":2}]})");
  EXPECT_EQ(Send("GET", At("f/")).body, expected);
  EXPECT_EQ(Send("GET", At("f")).body, expected);
  EXPECT_EQ(Send("GET", At("")).body["files"].size(), 2u);
  EXPECT_EQ(Send("GET", W("/slipway/files/workspaceblobstore")).body["files"].size(), 2u);
}

TEST_F(FilesFace, WhatIsNotThereIs404) {
  WriteStored("f/a", "1");
  EXPECT_EQ(Send("GET", At("g")).status, 404);
  EXPECT_EQ(Send("GET", At("g/")).code(), "ResourceNotFound");
  EXPECT_EQ(Send("GET", At("f/a/")).status, 404);
  EXPECT_EQ(Send("GET", W("/slipway/files/nothing/f")).status, 404);
}

TEST_F(FilesFace, HeadSaysWhetherItIsThere) {
  WriteStored("f/a", "1");
  for (const char* path : {"f", "f/", "f/a"}) {
    const auto head = Send("HEAD", At(path));
    EXPECT_EQ(head.status, 200) << path;
    EXPECT_EQ(head.text, "");
  }
  EXPECT_EQ(Send("HEAD", At("f/b")).status, 404);
}

TEST_F(FilesFace, HostilePathsAreRefused) {
  ASSERT_TRUE(WriteFileAtomic(home->path() / "secret", "s"));
  for (const char* path : {"../../secret", "..%2f..%2fsecret", "%2e%2e/%2e%2e/secret", "a/%2e%2e/%2e%2e/%2e%2e/secret",
                           "%2fetc%2fpasswd", "/etc/passwd", "a%5c..%5c..%5csecret", "a%00b"}) {
    const auto read = Send("GET", At(path));
    EXPECT_EQ(read.status, 400) << path;
    EXPECT_EQ(read.code(), "UserError") << path;
    EXPECT_EQ(Send("PUT", At(path), "x").status, 400) << path;
    EXPECT_EQ(Send("HEAD", At(path)).status, 400) << path;
  }
  EXPECT_EQ(*ReadFile(home->path() / "secret"), "s");
}

TEST_F(FilesFace, LinksOutOfTheDatastoreAreForbidden) {
  std::filesystem::create_directories(Store());
  std::filesystem::create_symlink("/etc/passwd", Store("link"));
  EXPECT_EQ(Send("GET", At("link")).status, 403);
  EXPECT_EQ(Send("PUT", At("link"), "x").status, 403);
}

TEST_F(FilesFace, ARegisteredSnapshotTakesEqualContentAlone) {
  EXPECT_EQ(Send("PUT", At("code/abc/f"), "1").status, 201);
  domain::AssetVersion code;
  code.kind = domain::AssetKind::kCode;
  code.name = "abc";
  code.version = "1";
  code.body = domain::CodeBody{};
  ASSERT_TRUE(assets.InsertVersion(scope, code));
  EXPECT_EQ(Send("PUT", At("code/abc/f"), "1").status, 200);
  const auto refused = Send("PUT", At("code/abc/f"), "2");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.code(), "Conflict");
  EXPECT_THAT(refused.message(), HasSubstr("registered code snapshot"));
}

}  // namespace
}  // namespace slipway::api
