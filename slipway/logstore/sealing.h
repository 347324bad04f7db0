// Older days as Parquet files, and the end of days: sealing and retention.
//
// A day is sealed in two steps. Its rows, as far as they were stored before a stamp, are written into a file under
// another name, which gets its own once it is whole and synced. Then one transaction deletes just these rows and enters
// the file in the list that the views are made of. A kill before that transaction leaves a file that is on no list,
// which the next purge removes; a kill after it leaves nothing to do.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/duck/connection.h"
#include "slipway/logstore/log_table.h"
#include "slipway/logstore/schema.h"
#include "slipway/logstore/table_set.h"

namespace slipway::logstore {

// SHA-256 of a file's bytes, in hex.
Result<std::string> FileDigest(const std::filesystem::path& file);

// Ticks of the first moment of a day.
int64_t DayOf(int64_t ticks);

struct SealRequest {
  const StoredTable* table;
  int64_t before_ticks;    // days before this one
  int64_t received_ticks;  // rows that were stored by then; later ones stay
  uint64_t rows_min;
};

// The days of the request that can be sealed, oldest first.
Result<std::vector<int64_t>> DaysToSeal(duck::Connection& connection, const SealRequest& request);

// Writes the day's file; nothing refers to it yet.
Result<SealedPart> WriteSealedDay(duck::Connection& connection, const std::filesystem::path& sealed_folder,
                                  const SealRequest& request, int64_t day);
// The transaction that replaces the rows by the file. Nobody else writes meanwhile.
Status EnterSealedDay(duck::Connection& connection, const std::filesystem::path& sealed_folder,
                      const SealRequest& request, int64_t day, const SealedPart& part);

struct PurgedTable {
  uint64_t rows = 0;
  std::vector<std::string> files;  // off the list; to be deleted when no query can still read them
};
// Deletes the table's rows of days before `before_ticks`, in one transaction. Nobody else writes meanwhile.
Result<PurgedTable> PurgeTable(duck::Connection& connection, const std::filesystem::path& sealed_folder,
                               const StoredTable& table, int64_t before_ticks);

// Files of the folder that are on no list.
Result<std::vector<std::filesystem::path>> UnlistedFiles(duck::Connection& connection,
                                                         const std::filesystem::path& sealed_folder);

}  // namespace slipway::logstore
