// Backups: a folder with the DuckDB file, the sealed files and a list of them with digests.
//
//   manifest.json         {"version": 1, "created", "files": [{"path", "bytes", "sha256"}]}
//   logs.duckdb[.wal]
//   sealed/<table>/…      as in the folder of sealed files
#pragma once

#include <filesystem>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/logstore/log_table.h"

namespace slipway::logstore {

struct BackupSource {
  std::filesystem::path database;  // nobody writes it meanwhile
  std::filesystem::path sealed_folder;
  std::vector<SealedPart> sealed;
};

// kAlreadyExists when `folder` is there. A backup that is cut off leaves a folder "….unfinished", never half a backup.
Status WriteBackup(const BackupSource& source, const std::filesystem::path& folder, Timestamp now);
// kDataLoss naming the first file that is missing or is not as it was written.
Status VerifyBackup(const std::filesystem::path& folder);
// Puts a verified backup in place of database and sealed files, which move to `aside`. The database is closed.
Status RestoreBackup(const std::filesystem::path& folder, const std::filesystem::path& database,
                     const std::filesystem::path& sealed_folder, const std::filesystem::path& aside);

}  // namespace slipway::logstore
