#include "slipway/registry/datastore_files.h"

#include <gmock/gmock.h>

#include "slipway/registry/testing/registry_fixture.h"

namespace slipway::registry {
namespace {

namespace fs = std::filesystem;
using namespace domain;
using ::testing::HasSubstr;

class DatastoreFilesTest : public testing::RegistryFixture {
 protected:
  static DatastorePath At(const std::string& path) { return {"workspaceblobstore", path}; }
  std::string Listed(const std::string& path) {
    const auto listed = files->List(scope, At(path));
    if (!listed) return listed.error().ToString();
    std::string text;
    for (const FileEntry& file : *listed) text += file.path + ":" + std::to_string(file.size) + " ";
    return text;
  }
};

TEST_F(DatastoreFilesTest, FilesComeBackAsTheyWere) {
  const std::string bytes("a\0b\xff", 4);
  EXPECT_TRUE(*files->Write(scope, At("x/y.bin"), bytes));
  EXPECT_FALSE(*files->Write(scope, At("x/y.bin"), bytes));
  EXPECT_EQ(*files->Read(scope, At("x/y.bin")), bytes);
  EXPECT_EQ(*files->Find(scope, At("x/y.bin")), DatastoreFiles::Kind::kFile);
  EXPECT_EQ(*files->Find(scope, At("x")), DatastoreFiles::Kind::kFolder);
  EXPECT_EQ(*files->Find(scope, At("x/")), DatastoreFiles::Kind::kFolder);
  EXPECT_EQ(files->Find(scope, At("x/y.bin/")).error().code(), Code::kNotFound);
  EXPECT_EQ(files->Find(scope, At("z")).error().code(), Code::kNotFound);
  EXPECT_EQ(files->Read(scope, At("x")).error().code(), Code::kNotFound);
}

TEST_F(DatastoreFilesTest, ListsAreRecursiveAndSorted) {
  WriteStored("f/b/2", "22");
  WriteStored("f/a", "1");
  EXPECT_EQ(Listed("f"), "a:1 b/2:2 ");
  EXPECT_EQ(Listed(""), "f/a:1 f/b/2:2 ");
  EXPECT_THAT(Listed("nothing"), HasSubstr("cannot list"));
}

TEST_F(DatastoreFilesTest, NoPathLeavesTheDatastore) {
  ASSERT_TRUE(WriteFileAtomic(home->path() / "secret", "s"));
  for (const std::string path : {"../../secret", "a/../../../secret", "/etc/passwd", "a//b", "a\\..\\b"}) {
    EXPECT_EQ(files->Read(scope, At(path)).error().code(), Code::kInvalidArgument) << path;
    EXPECT_EQ(files->Write(scope, At(path), "x").error().code(), Code::kInvalidArgument) << path;
  }
  EXPECT_EQ(files->Read(scope, At(std::string("a\0b", 3))).error().code(), Code::kInvalidArgument);
}

TEST_F(DatastoreFilesTest, NoLinkLeavesTheDatastore) {
  ASSERT_TRUE(WriteFileAtomic(home->path() / "outside" / "secret", "s"));
  WriteStored("inside/file", "f");
  fs::create_directory_symlink(home->path() / "outside", Store("out"));
  fs::create_symlink(home->path() / "outside" / "secret", Store("inside/secret"));
  fs::create_symlink(Store("inside/file"), Store("inside/link"));
  EXPECT_EQ(files->Read(scope, At("out/secret")).error().code(), Code::kPermissionDenied);
  EXPECT_EQ(files->Read(scope, At("inside/secret")).error().code(), Code::kPermissionDenied);
  EXPECT_EQ(files->Write(scope, At("out/new"), "x").error().code(), Code::kPermissionDenied);
  EXPECT_EQ(files->List(scope, At("out")).error().code(), Code::kPermissionDenied);
  EXPECT_EQ(*files->Read(scope, At("inside/link")), "f");
  EXPECT_EQ(Listed("inside"), "file:1 link:1 ");
  EXPECT_FALSE(fs::exists(home->path() / "outside" / "new"));
}

TEST_F(DatastoreFilesTest, AFolderWhoseNameOnlyBeginsLikeTheDatastoresIsOutside) {
  ASSERT_TRUE(WriteFileAtomic(home->path() / "datastores" / "workspaceblobstore2" / "f", "x"));
  fs::create_directory_symlink(home->path() / "datastores" / "workspaceblobstore2", Store("near"));
  EXPECT_EQ(files->Read(scope, At("near/f")).error().code(), Code::kPermissionDenied);
}

TEST_F(DatastoreFilesTest, AFileNeedsAPlace) {
  WriteStored("x/file", "f");
  EXPECT_EQ(files->Write(scope, At(""), "x").error().code(), Code::kInvalidArgument);
  EXPECT_EQ(files->Write(scope, At("x/"), "x").error().code(), Code::kInvalidArgument);
  EXPECT_THAT(files->Write(scope, At("x"), "x").error().message(), HasSubstr("is a folder"));
  EXPECT_THAT(files->Write(scope, At("x/file/below"), "x").error().message(), HasSubstr("where a folder"));
  EXPECT_EQ(*files->Read(scope, At("x/file")), "f");
  EXPECT_FALSE(files->Write(scope, At(std::string(300, 'n')), "x"));
}

TEST_F(DatastoreFilesTest, OnlyLocalDatastoresHaveFilesHere) {
  EXPECT_EQ(files->Read(scope, {"nothing", "x"}).error().code(), Code::kNotFound);
  Datastore azure;
  azure.name = "azure";
  azure.type = "azure_blob";
  ASSERT_TRUE(workspaces.PutDatastore(scope, azure));
  EXPECT_EQ(files->Read(scope, {"azure", "x"}).error().code(), Code::kUnimplemented);
}

TEST_F(DatastoreFilesTest, ARegisteredSnapshotDoesNotChange) {
  EXPECT_TRUE(*files->Write(scope, At("code/abc/train.cc"), "one"));
  EXPECT_FALSE(*files->Write(scope, At("code/abc/train.cc"), "two"));
  AssetVersion code;
  code.kind = AssetKind::kCode;
  code.name = "abc";
  code.version = "1";
  code.body = CodeBody{Uri("code/abc/"), "abc"};
  ASSERT_TRUE(assets.InsertVersion(scope, code));
  EXPECT_FALSE(*files->Write(scope, At("code/abc/train.cc"), "two"));
  EXPECT_EQ(files->Write(scope, At("code/abc/train.cc"), "three").error().code(), Code::kAlreadyExists);
  EXPECT_EQ(files->Write(scope, At("code/abc/more.cc"), "").error().code(), Code::kAlreadyExists);
  EXPECT_TRUE(*files->Write(scope, At("code/other/more.cc"), ""));
}

}  // namespace
}  // namespace slipway::registry
