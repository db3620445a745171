#pragma once

// The tables of the Zalo channel. Immutable data.

#include <string_view>

namespace hailong::store {

inline constexpr std::string_view kZaloSchema = R"sql(
-- What Zalo told. No phone, no Zalo id and no text of a citizen in clear.
CREATE TABLE zalo_events (
  event        INTEGER PRIMARY KEY,     -- order of arrival
  body_hash    BLOB UNIQUE,             -- HMAC-SHA-256 of the body as it came, whose key stands in no table; NULL: found by reconciling, or of before schema 5
  business_key BLOB UNIQUE,             -- SHA-256 over app, account, event, message, time of answer; NULL: has none
  event_name   TEXT NOT NULL,
  told_at      INTEGER NOT NULL,
  received_at  INTEGER NOT NULL,
  msg_id       TEXT,
  tracking_id  TEXT,
  answered_at  INTEGER,
  state        INTEGER NOT NULL,        -- v1.ZaloEventState
  reason       TEXT NOT NULL,
  content      BLOB                     -- sealed v1.ZaloRating; NULL: none, or it has become a response
) STRICT;
CREATE INDEX zalo_events_open ON zalo_events (state, event) WHERE state IN (1, 2);

-- What was asked of whom: the only way from a rating back to its unit and round.
CREATE TABLE zalo_sends (
  send           INTEGER PRIMARY KEY,
  round          INTEGER NOT NULL,
  respondent_key BLOB NOT NULL,         -- as in responses
  unit_id        TEXT NOT NULL,
  tracking_id    TEXT NOT NULL UNIQUE,
  msg_id         TEXT,                  -- NULL: not known
  token_hash     BLOB UNIQUE,           -- SHA-256 of the token of its buttons; NULL: it has none
  token_event    INTEGER,               -- the event that used it
  recipient      BLOB,                  -- sealed v1.ZaloRecipient; NULL: erased
  state          INTEGER NOT NULL,      -- v1.ZaloSendState
  error          INTEGER NOT NULL,
  attempts       INTEGER NOT NULL,      -- that ended with an error code of no table
  due_at         INTEGER NOT NULL,
  queued_at      INTEGER NOT NULL,
  UNIQUE (round, respondent_key)
) STRICT;
CREATE INDEX zalo_sends_by_message ON zalo_sends (msg_id) WHERE msg_id IS NOT NULL;
CREATE INDEX zalo_sends_due ON zalo_sends (due_at) WHERE state IN (1, 5);
CREATE INDEX zalo_sends_recipients ON zalo_sends (round) WHERE recipient IS NOT NULL;

CREATE TABLE zalo_tokens (
  line         INTEGER PRIMARY KEY CHECK (line = 1),
  pair         BLOB NOT NULL,           -- sealed
  obtained_at  INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  consent_hash BLOB NOT NULL
) STRICT;

CREATE TABLE zalo_reconciled (
  template_id   TEXT PRIMARY KEY,
  reconciled_to INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// What holds back sending, so that a restart does not go on where a person has to look first.
inline constexpr std::string_view kZaloHoldSchema = R"sql(
CREATE TABLE zalo_hold (
  line         INTEGER PRIMARY KEY CHECK (line = 1),
  stopped      TEXT NOT NULL,           -- why, in words; '': it sends
  paused_until INTEGER NOT NULL
) STRICT;
-- Until now they were made without a key, and would give phones away to whoever tries all numbers.
PRAGMA secure_delete = ON;
UPDATE zalo_events SET body_hash = NULL;
PRAGMA secure_delete = FAST;
)sql";

}  // namespace hailong::store
