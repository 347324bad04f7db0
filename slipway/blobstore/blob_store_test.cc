#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/blobstore/local_blob_store.h"
#include "slipway/blobstore/tree.h"

namespace slipway::blobstore {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Blobs : public ::testing::Test {
 protected:
  Blobs() { blobs_ = MustOpen(); }

  std::unique_ptr<LocalBlobStore> MustOpen() {
    auto opened = LocalBlobStore::Open(Root());
    EXPECT_TRUE(opened) << opened.error().ToString();
    return std::move(*opened);
  }
  fs::path Root() const { return folder_->path() / "blobs"; }
  fs::path At(const std::string& name) const { return folder_->path() / name; }
  fs::path MakeFile(const std::string& name, std::string_view content, int mode = 0644) {
    EXPECT_TRUE(WriteFileAtomic(At(name), content, mode));
    return At(name);
  }
  Digest MustPut(std::string_view bytes) { return blobs_->PutBytes(bytes).value_or("failed"); }
  // As a careless program or a bad disk would.
  void Damage(const Digest& digest, std::string_view bytes) {
    const fs::path path = *blobs_->PathOf(digest);
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
    ASSERT_TRUE(WriteFileAtomic(path, bytes, 0444));
  }
  size_t CountFiles() const { return ListFiles(Root() / "sha256")->size(); }
  static unsigned ModeOf(const fs::path& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
  }

  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  std::unique_ptr<LocalBlobStore> blobs_;
};

TEST_F(Blobs, AreNamedByTheirContent) {
  const auto digest = blobs_->Put(MakeFile("a", "hello"));
  ASSERT_TRUE(digest) << digest.error().ToString();
  EXPECT_EQ(*digest, Sha256Hex("hello"));
  EXPECT_EQ(MustPut("hello"), *digest);
  EXPECT_EQ(CountFiles(), 1u);
  EXPECT_EQ(blobs_->Read(*digest).value_or(""), "hello");
  EXPECT_TRUE(*blobs_->Has(*digest));
  EXPECT_EQ(ModeOf(*blobs_->PathOf(*digest)), 0444u);
  EXPECT_TRUE(ListFiles(Root() / "staging")->empty());
}

TEST_F(Blobs, MayBeEmptyOrLarge) {
  EXPECT_EQ(*blobs_->Read(MustPut("")), "");
  std::string large;
  SplitMix64 random(3);
  while (large.size() < 5'000'000) large += std::to_string(random.Next());
  const auto digest = blobs_->Put(MakeFile("large", large));
  ASSERT_TRUE(digest);
  const auto reader = blobs_->Open(*digest);
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->size(), large.size());
  std::string read;
  std::string chunk(70'000, '\0');
  while (const size_t count = (*reader)->Read(chunk).value_or(0)) read.append(chunk, 0, count);
  EXPECT_TRUE(read == large);
}

TEST_F(Blobs, ThatAreMissingAreNotFound) {
  const Digest digest = Sha256Hex("nothing");
  EXPECT_FALSE(*blobs_->Has(digest));
  EXPECT_EQ(blobs_->Read(digest).error().code(), Code::kNotFound);
  EXPECT_EQ(blobs_->Open(digest).error().code(), Code::kNotFound);
  EXPECT_EQ(blobs_->Verify(digest).error().code(), Code::kNotFound);
  EXPECT_EQ(blobs_->Place(digest, At("x"), Placement::kCopy).error().code(), Code::kNotFound);
  EXPECT_TRUE(blobs_->Remove(digest));
  EXPECT_EQ(blobs_->Put(At("missing")).error().code(), Code::kNotFound);
}

TEST_F(Blobs, RefuseNamesThatAreNoDigests) {
  for (const std::string& name : {std::string("../../etc/passwd"), std::string(64, 'G'), std::string(63, 'a')}) {
    EXPECT_EQ(blobs_->Read(name).error().code(), Code::kInvalidArgument) << name;
    EXPECT_EQ(blobs_->Remove(name).error().code(), Code::kInvalidArgument) << name;
  }
}

TEST_F(Blobs, TellWhichFileWasDamaged) {
  const Digest digest = MustPut("hello");
  EXPECT_TRUE(blobs_->Verify(digest));
  Damage(digest, "hellO");
  for (const Status& status : {blobs_->Verify(digest), Status(blobs_->Place(digest, At("x"), Placement::kCopy))}) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), Code::kDataLoss);
    EXPECT_THAT(status.error().ToString(), HasSubstr(blobs_->PathOf(digest)->string()));
  }
  EXPECT_EQ(blobs_->Read(digest).error().code(), Code::kDataLoss);
  EXPECT_FALSE(fs::exists(At("x")));
}

TEST_F(Blobs, CanBeRemovedAndPutAgain) {
  const Digest digest = MustPut("hello");
  ASSERT_TRUE(blobs_->Remove(digest));
  EXPECT_FALSE(*blobs_->Has(digest));
  EXPECT_EQ(MustPut("hello"), digest);
  EXPECT_TRUE(*blobs_->Has(digest));
}

TEST_F(Blobs, ArePlacedAsLinksOrCopies) {
  const Digest digest = MustPut("hello");
  ASSERT_TRUE(blobs_->Place(digest, At("linked"), Placement::kLinkOrCopy));
  ASSERT_TRUE(blobs_->Place(digest, At("copied"), Placement::kCopy));
  ASSERT_TRUE(blobs_->Place(digest, At("program"), Placement::kLinkOrCopy, /*is_executable=*/true));
  EXPECT_TRUE(fs::equivalent(At("linked"), *blobs_->PathOf(digest)));
  EXPECT_FALSE(fs::equivalent(At("copied"), *blobs_->PathOf(digest)));
  EXPECT_EQ(ModeOf(At("copied")), 0444u);
  EXPECT_EQ(ModeOf(At("program")), 0555u);
  EXPECT_EQ(blobs_->Place(digest, At("copied"), Placement::kCopy).error().code(), Code::kAlreadyExists);
}

TEST_F(Blobs, ArePutByManyThreadsAtOnce) {
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      auto own = LocalBlobStore::Open(Root());
      if (!own) ++failures;
      for (int k = 0; k < 40 && own; ++k) {
        const std::string content = "content " + std::to_string(k % 10);
        const auto digest = (k % 2 == 0 ? *own : blobs_)->PutBytes(content);
        if (!digest || blobs_->Read(*digest).value_or("") != content) ++failures;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(CountFiles(), 10u);
  EXPECT_TRUE(ListFiles(Root() / "staging")->empty());
}

TEST_F(Blobs, OfANewerLayoutAreRefused) {
  ASSERT_TRUE(WriteFileAtomic(Root() / "version", "2\n"));
  const auto opened = LocalBlobStore::Open(Root());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(opened.error().ToString(), HasSubstr("newer Slipway"));
}

TEST_F(Blobs, KeepStagingFilesWhileAnotherUsesThem) {
  ASSERT_TRUE(WriteFileAtomic(Root() / "staging" / "x", "half"));
  { const auto second = MustOpen(); }
  EXPECT_TRUE(fs::exists(Root() / "staging" / "x"));
  blobs_.reset();
  blobs_ = MustOpen();
  EXPECT_FALSE(fs::exists(Root() / "staging" / "x"));
}

std::string ContentOf(uint64_t number) {
  std::string content;
  SplitMix64 random(number);
  while (content.size() < 300'000) content += std::to_string(random.Next());
  return content;
}

[[noreturn]] void PutForever(const fs::path& root, uint64_t first, int acknowledgements) {
  auto blobs = LocalBlobStore::Open(root);
  for (uint64_t i = first; blobs; ++i) {
    if (!(*blobs)->PutBytes(ContentOf(i)) || ::write(acknowledgements, "x", 1) != 1) break;
  }
  ::_exit(1);
}

TEST_F(Blobs, SurviveTheirWritersBeingKilled) {
  blobs_.reset();
  SplitMix64 random(11);
  uint64_t first = 0;
  for (int round = 0; round < 10; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) PutForever(Root(), first, pipe_ends[1]);
    ::close(pipe_ends[1]);
    uint64_t acknowledged = 0;
    char byte;
    for (uint64_t wanted = random.NextBelow(6); wanted > 0 && ::read(pipe_ends[0], &byte, 1) == 1; --wanted) {
      ++acknowledged;
    }
    ::kill(child, SIGKILL);
    while (::read(pipe_ends[0], &byte, 1) == 1) ++acknowledged;
    ::close(pipe_ends[0]);
    int result = 0;
    ASSERT_EQ(::waitpid(child, &result, 0), child);
    ASSERT_TRUE(WIFSIGNALED(result));
    blobs_ = MustOpen();
    for (uint64_t i = first; i < first + acknowledged; ++i) ASSERT_TRUE(blobs_->Verify(Sha256Hex(ContentOf(i)))) << i;
    const auto files = ListFiles(Root() / "sha256");
    ASSERT_TRUE(files);
    for (const FileEntry& file : *files)
      ASSERT_TRUE(blobs_->Verify(file.path.substr(0, 2) + file.path.substr(3))) << file.path;
    EXPECT_TRUE(ListFiles(Root() / "staging")->empty());
    blobs_.reset();
    first += acknowledged;
  }
}

class Trees : public Blobs {
 protected:
  Trees() {
    MakeFile("tree/b.txt", "bee");
    MakeFile("tree/a/deep/c.txt", "sea");
    MakeFile("tree/a/run.sh", "#!/bin/sh\n", 0755);
    MakeFile("tree/same.txt", "bee");
  }
  Digest MustPutTree(const std::string& name) {
    const auto digest = PutTree(*blobs_, At(name));
    EXPECT_TRUE(digest) << digest.error().ToString();
    return digest.value_or("");
  }
};

TEST_F(Trees, HaveACanonicalManifest) {
  const auto manifest = ReadTree(*blobs_, MustPutTree("tree"));
  ASSERT_TRUE(manifest) << manifest.error().ToString();
  const std::string bee = Sha256Hex("bee"), sea = Sha256Hex("sea"), run = Sha256Hex("#!/bin/sh\n");
  EXPECT_EQ(manifest->ToText(), "slipway-tree 1\n" + sea + " 3 - a/deep/c.txt\n" + run + " 10 x a/run.sh\n" + bee +
                                    " 3 - b.txt\n" + bee + " 3 - same.txt\n");
  EXPECT_EQ(CountFiles(), 4u);  // three contents and the manifest
}

TEST_F(Trees, OfEqualFilesHaveTheSameDigest) {
  ASSERT_TRUE(CopyTree(At("tree"), At("elsewhere")));
  EXPECT_EQ(MustPutTree("tree"), MustPutTree("elsewhere"));
  MakeFile("elsewhere/b.txt", "bea");
  EXPECT_NE(MustPutTree("tree"), MustPutTree("elsewhere"));
}

TEST_F(Trees, ComeBackAsTheyWere) {
  const Digest tree = MustPutTree("tree");
  const Status made = Materialize(*blobs_, tree, At("out/x/"));
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_EQ(ReadFile(At("out/x/a/deep/c.txt")).value_or(""), "sea");
  EXPECT_EQ(ModeOf(At("out/x/a/run.sh")), 0555u);
  EXPECT_TRUE(fs::equivalent(At("out/x/b.txt"), *blobs_->PathOf(Sha256Hex("bee"))));
  EXPECT_EQ(MustPutTree("out/x"), tree);
  EXPECT_EQ(std::distance(fs::directory_iterator(At("out")), {}), 1);  // nothing staged is left
}

TEST_F(Trees, MadeOfCopiesMayBeChanged) {
  ASSERT_TRUE(Materialize(*blobs_, MustPutTree("tree"), At("out"), Placement::kCopy));
  EXPECT_FALSE(fs::equivalent(At("out/b.txt"), *blobs_->PathOf(Sha256Hex("bee"))));
}

TEST_F(Trees, AreMadeOnce) {
  const Digest tree = MustPutTree("tree");
  ASSERT_TRUE(fs::create_directory(At("out")));
  ASSERT_TRUE(Materialize(*blobs_, tree, At("out")));  // over an empty folder
  struct stat before {
  }, after{};
  ASSERT_EQ(::stat(At("out").c_str(), &before), 0);
  EXPECT_TRUE(Materialize(*blobs_, tree, At("out")));
  ASSERT_EQ(::stat(At("out").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  MakeFile("out/more", "x");
  const Status other = Materialize(*blobs_, tree, At("out"));
  EXPECT_EQ(other.error().code(), Code::kFailedPrecondition) << other.error().ToString();
}

TEST_F(Trees, AreMadeByManyThreadsAtOnce) {
  const Digest tree = MustPutTree("tree");
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      if (!Materialize(*blobs_, tree, At("out/x"))) ++failures;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(MustPutTree("out/x"), tree);
  EXPECT_EQ(std::distance(fs::directory_iterator(At("out")), {}), 1);
}

TEST_F(Trees, ThatMissABlobLeaveNothingBehind) {
  const Digest tree = MustPutTree("tree");
  ASSERT_TRUE(blobs_->Remove(Sha256Hex("bee")));
  const Status made = Materialize(*blobs_, tree, At("out/x"));
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().ToString(), HasSubstr("b.txt"));
  EXPECT_TRUE(fs::is_empty(At("out")));
  EXPECT_EQ(VerifyTree(*blobs_, tree).error().code(), Code::kNotFound);
}

TEST_F(Trees, ThatAreDamagedSayWhere) {
  const Digest tree = MustPutTree("tree");
  EXPECT_TRUE(VerifyTree(*blobs_, tree));
  Damage(Sha256Hex("sea"), "see");
  EXPECT_THAT(VerifyTree(*blobs_, tree).error().ToString(), HasSubstr("a/deep/c.txt"));
}

TEST_F(Trees, RefuseManifestsThatWouldLeaveTheFolder) {
  const std::string digest = MustPut("x");
  for (const std::string path : {"../up", "/etc/passwd", "a/../../b", ""}) {
    const Digest tree = MustPut("slipway-tree 1\n" + digest + " 1 - " + path + "\n");
    EXPECT_EQ(Materialize(*blobs_, tree, At("out")).error().code(), Code::kDataLoss) << path;
  }
  for (const std::string text : {"x", "slipway-tree 2\n", "slipway-tree 1\nshort 1 - a\n"})
    EXPECT_EQ(ReadTree(*blobs_, MustPut(text)).error().code(), Code::kDataLoss) << text;
  EXPECT_FALSE(fs::exists(At("out")));
}

TEST_F(Trees, RefuseNamesWithLineBreaks) {
  MakeFile("odd/a\nb", "x");
  EXPECT_EQ(PutTree(*blobs_, At("odd")).error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace slipway::blobstore
