// A damaged segment between two whole ones: no crash, every whole record before the damage is read, the neighbours are
// read, and a reader that is killed after each record gives the same records as one that lives on.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/spool/quarantine.h"
#include "slipway/spool/segment.h"
#include "slipway/spool/spool.h"

namespace {

namespace fs = std::filesystem;
using namespace slipway;         // NOLINT
using namespace slipway::spool;  // NOLINT

constexpr uint64_t kBytes = 4096;

std::string HeaderBytes(uint64_t number, uint64_t bytes) {
  SegmentHeader header{};
  header.magic = kSegmentMagic;
  header.version = kFormatVersion;
  header.number = number;
  header.bytes = bytes;
  header.crc = Crc32c({reinterpret_cast<const char*>(&header.number), 16});
  return {reinterpret_cast<const char*>(&header), sizeof(header)};
}

std::string RecordBytes(uint64_t number, std::string_view row, uint32_t crc_error) {
  const RecordHeader header{static_cast<uint32_t>(sizeof(RecordHeader) + 1 + row.size()),
                            RecordCrc("T", row) ^ SaltOf(kFormatVersion, number) ^ crc_error, 1, 0};
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof(header));
  bytes.append("T").append(row);
  bytes.resize(PaddedSize(bytes.size()));
  return bytes;
}

struct Built {
  std::string file;
  std::vector<std::string> certain;  // rows of the records before anything damaged
};

// A byte tells what comes (a record, one with a wrong checksum, zeros, garbage), the next one how much of it.
Built Build(std::string_view input) {
  constexpr uint64_t kNumber = 2;
  Built built{HeaderBytes(kNumber, kBytes), {}};
  bool is_whole = true;
  while (input.size() >= 2 && built.file.size() < kBytes) {
    const auto kind = static_cast<uint8_t>(input[0]) % 8;
    const size_t size = std::min<size_t>(static_cast<uint8_t>(input[1]), input.size() - 2);
    const std::string_view content = input.substr(2, size);
    input.remove_prefix(2 + size);
    if (kind == 5) {
      built.file += RecordBytes(kNumber, content, 1);
    } else if (kind == 6) {
      built.file.append(PaddedSize(size + 8), '\0');
    } else if (kind == 7) {
      built.file.append(content).resize(PaddedSize(built.file.size()));
    } else {
      built.file += RecordBytes(kNumber, content, 0);
      if (is_whole && built.file.size() <= kBytes) built.certain.emplace_back(content);
    }
    is_whole = is_whole && kind < 5;
  }
  built.file.resize(kBytes);
  return built;
}

void Write(const fs::path& folder, uint64_t number, std::string_view content) {
  std::ofstream(SegmentPath(folder, number), std::ios::binary)
      .write(content.data(), static_cast<std::streamsize>(content.size()));
}

std::string Whole(uint64_t number, std::string_view row) {
  std::string file = HeaderBytes(number, kBytes) + RecordBytes(number, row, 0);
  file.resize(kBytes);
  return file;
}

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

template <class T>
T Take(Result<T> result) {
  if (!result) Fail(result.error().ToString().c_str());
  return std::move(*result);
}

struct Reading {
  std::vector<std::string> rows;
  std::vector<Damage> damages;
  Position end;
};

// With a reader anew for every `records_max` records.
Reading ReadAll(const fs::path& folder, size_t records_max) {
  Reading reading;
  for (bool has_more = true; has_more;) {
    const auto reader = Take(Reader::Open(folder, reading.end));
    for (Record& record : Take(reader->Read(records_max))) reading.rows.push_back(std::move(record.row));
    for (Damage& damage : reader->TakeDamages()) reading.damages.push_back(std::move(damage));
    has_more = reader->position() != reading.end;
    if (reader->position() < reading.end) Fail("the position went back");
    reading.end = reader->position();
  }
  return reading;
}

bool IsOfANewerVersion(std::string_view file) {
  if (file.size() < sizeof(SegmentHeader)) return false;
  SegmentHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  return header.magic == kSegmentMagic && header.version > kFormatVersion;
}

void CheckRows(const Reading& reading, const std::vector<std::string>& certain) {
  std::vector<std::string> beginning = {"first"};
  beginning.insert(beginning.end(), certain.begin(), certain.end());
  if (reading.rows.size() < beginning.size() + 1 ||
      !std::equal(beginning.begin(), beginning.end(), reading.rows.begin()))
    Fail("a whole record before the damage is missing");
  if (reading.rows.back() != "last") Fail("the segment after the damaged one is not read");
}

void CheckQuarantine(const fs::path& folder, const Reading& reading) {
  if (!Quarantine(folder).Note(reading.damages, Timestamp{})) Fail("the damage is not noted");
  if (!Take(Reader::Open(folder, reading.end))->Release(reading.end)) Fail("the segments are not released");
  if (Take(ListSegments(folder)) != std::vector<uint64_t>{3}) Fail("a consumed segment is left");
  if (Take(ListQuarantine(folder.parent_path())).empty() != reading.damages.empty())
    Fail("a damaged segment is not in quarantine, or a whole one is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Built built = data[0] % 2 == 0 ? Build(input) : Built{std::string(input.substr(0, kBytes)), {}};
  if (IsOfANewerVersion(built.file)) return 0;
  const TemporaryDirectory root = Take(TemporaryDirectory::Make("/dev/shm"));
  const fs::path folder = root.path() / "writer";
  if (!MakeDirectories(folder)) Fail("no folder");
  Write(folder, 1, Whole(1, "first"));
  Write(folder, 2, built.file);
  Write(folder, 3, Whole(3, "last"));
  const Reading at_once = ReadAll(folder, 1'000'000), one_by_one = ReadAll(folder, 1);
  if (at_once.rows != one_by_one.rows || at_once.end != one_by_one.end)
    Fail("an interrupted reader reads something else");
  if (at_once.damages.size() != one_by_one.damages.size()) Fail("an interrupted reader sees other damage");
  CheckRows(at_once, built.certain);
  CheckQuarantine(folder, at_once);
  return 0;
}
