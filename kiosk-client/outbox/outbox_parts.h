#pragma once

// What outbox.cc and outbox_file.cc share: the open file with its statements. Below the outbox's
// lock.

#include "base/sqlite/sqlite.h"
#include "kiosk-client/outbox/outbox.h"

namespace hailong::outbox {

inline constexpr char kDatabaseName[] = "outbox.db";
inline constexpr char kMarkName[] = "sequence-mark";
inline constexpr char kDamageName[] = "damage.txt";

struct Outbox::Handles {
  base::Database database;
  base::Statement begin, commit, rollback;
  base::Statement find_waiting, find_set_aside, find_sent;
  base::Statement insert_waiting, set_last;
  base::Statement read_batch, delete_waiting, insert_sent, prune_sent;
  base::Statement copy_aside, oldest, newest_set_aside;
  base::Statement put_settings, read_settings;
};

}  // namespace hailong::outbox
