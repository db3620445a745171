#include "server/store/schema.h"

#include <array>

#include "server/store/schema_zalo.h"

namespace hailong::store {
namespace {

constexpr std::string_view kInitial = R"sql(
-- Administration. `definition` is the record as a message of the contract.
CREATE TABLE units (
  unit_id    TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to   TEXT NOT NULL,           -- '' while it lasts
  name       TEXT NOT NULL,
  level      TEXT NOT NULL,
  parent_unit_id TEXT NOT NULL,       -- '' of a root
  PRIMARY KEY (unit_id, valid_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE questionnaires (
  questionnaire_id TEXT NOT NULL,
  version          INTEGER NOT NULL,
  definition       BLOB NOT NULL,     -- v1.Questionnaire; never changes
  PRIMARY KEY (questionnaire_id, version)
) STRICT;

CREATE TABLE rounds (
  round      INTEGER PRIMARY KEY,     -- short name, given once
  round_id   TEXT NOT NULL UNIQUE,
  definition BLOB NOT NULL            -- v1.Round with its state
) STRICT;

CREATE TABLE populations (
  round_id   TEXT NOT NULL,
  unit_id    TEXT NOT NULL,
  definition BLOB NOT NULL,           -- v1.Population
  PRIMARY KEY (round_id, unit_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE collectors (
  collector       INTEGER PRIMARY KEY,
  collector_id    TEXT NOT NULL UNIQUE,
  definition      BLOB NOT NULL,      -- v1.Collector without what the server observes
  credential_hash TEXT NOT NULL       -- SHA-256 of a random credential, hex
) STRICT;

CREATE TABLE collectors_seen (
  collector    INTEGER PRIMARY KEY,
  last_seen_at INTEGER NOT NULL       -- microseconds since 1970, UTC, as all times here
) STRICT;

CREATE TABLE accounts (
  account_id      TEXT PRIMARY KEY,
  definition      BLOB NOT NULL,      -- v1.Account
  credential_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE seals (
  round_id TEXT PRIMARY KEY,
  scoring  BLOB NOT NULL              -- v1.SealedScoring
) STRICT;

CREATE TABLE audit (
  line   INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,
  actor  TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  hash   TEXT NOT NULL                -- SHA-256 over the hash before and this line
) STRICT;

-- What citizens sent. Append-only: no statement updates or deletes a row of `responses` or `comments`.
CREATE TABLE responses (
  sequence          INTEGER PRIMARY KEY,  -- order of commit
  response_id       BLOB NOT NULL UNIQUE, -- 16 bytes
  round             INTEGER NOT NULL,
  unit_id           TEXT NOT NULL,
  receiving_unit_id TEXT NOT NULL,        -- '': the unit rated
  collector         INTEGER NOT NULL,
  channel           INTEGER NOT NULL,
  device_sequence   INTEGER NOT NULL,     -- 0: not numbered
  submitted_at      INTEGER NOT NULL,     -- by the device clock as it stood
  clock_offset_ms   INTEGER NOT NULL,
  received_at       INTEGER NOT NULL,
  duration_ms       INTEGER NOT NULL,
  form_id           TEXT NOT NULL,
  respondent_key    BLOB,                 -- 16 bytes of a keyed hash; NULL: anonymous
  answers           BLOB NOT NULL,        -- packed by question position
  flags             INTEGER NOT NULL,
  outcome           INTEGER NOT NULL,     -- v1.Outcome told when it was stored
  displaced         INTEGER NOT NULL,     -- sequence that stopped counting because of this one; 0: none
  checksum          INTEGER NOT NULL      -- CRC-32 over all of the above
) STRICT;
CREATE INDEX responses_by_round ON responses (round);

CREATE TABLE comments (
  sequence INTEGER NOT NULL,
  question INTEGER NOT NULL,
  text     TEXT NOT NULL,
  PRIMARY KEY (sequence, question)
) STRICT, WITHOUT ROWID;

-- Which response counts for a citizen and dossier: derived, can be made again from `responses`.
CREATE TABLE counted (
  round          INTEGER NOT NULL,
  respondent_key BLOB NOT NULL,
  sequence       INTEGER NOT NULL,
  PRIMARY KEY (round, respondent_key)
) STRICT, WITHOUT ROWID;

-- Device sequence numbers that arrived, as runs.
CREATE TABLE device_sequences (
  collector INTEGER NOT NULL,
  first     INTEGER NOT NULL,
  last      INTEGER NOT NULL,
  PRIMARY KEY (collector, first)
) STRICT, WITHOUT ROWID;
)sql";

// Kiosks: how they enrol, what they say of themselves, which counter served.
constexpr std::string_view kKiosks = R"sql(
ALTER TABLE responses ADD COLUMN counter TEXT NOT NULL DEFAULT '';  -- '': not known

ALTER TABLE collectors ADD COLUMN enrolment_hash TEXT NOT NULL DEFAULT '';  -- SHA-256 of a code, hex; '': none
ALTER TABLE collectors ADD COLUMN enrolment_expires_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE collectors ADD COLUMN renew_credential INTEGER NOT NULL DEFAULT 0;  -- 1: the kiosk shall

-- Observed, like collectors_seen: no line of the audit log.
CREATE TABLE kiosk_statuses (
  collector INTEGER PRIMARY KEY,
  status_at INTEGER NOT NULL,
  status    BLOB NOT NULL             -- v1.KioskStatus
) STRICT;
)sql";

// Surveys on the web: invitations, and how many have answered. No time, response_id or order ties
// an invitation to a response; what it knew of the person's dossier is gone once it was answered.
constexpr std::string_view kInvitations = R"sql(
CREATE TABLE invitations (
  invitation        INTEGER PRIMARY KEY,  -- order of making
  invitation_id     BLOB NOT NULL UNIQUE, -- 16 bytes
  token_hash        BLOB NOT NULL UNIQUE, -- 32 bytes, SHA-256 of a token of 130 random bits
  collector         INTEGER NOT NULL,
  round             INTEGER NOT NULL,
  unit_id           TEXT NOT NULL,
  group_option      INTEGER NOT NULL,     -- 0: none
  group_question_id TEXT NOT NULL,        -- '': none
  form_id           TEXT NOT NULL,        -- '': the collector's
  respondent_key    BLOB,                 -- of the dossier it asks about; NULL: none, or answered
  created_at        INTEGER NOT NULL,
  opened_on         INTEGER NOT NULL,     -- the day, as its midnight in Vietnam; 0: never
  answered          INTEGER NOT NULL,     -- 1: it is
  revoked           INTEGER NOT NULL      -- 1: it is
) STRICT;
CREATE INDEX invitations_by_collector ON invitations (collector);
CREATE INDEX invitations_by_round ON invitations (round);

-- Which invitations a call made, so that the same call again makes none.
CREATE TABLE invitation_requests (
  request_id BLOB PRIMARY KEY,            -- 16 bytes
  content    BLOB NOT NULL,               -- 32 bytes, HMAC of what was asked for under the round's key
  first      INTEGER NOT NULL,            -- invitations.invitation, both ends included
  last       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many people answered by an entry and counted then; each is in up to four rows.
CREATE TABLE quota_places (
  collector    INTEGER NOT NULL,
  round        INTEGER NOT NULL,
  unit_id      TEXT NOT NULL,             -- '': all units together
  group_option INTEGER NOT NULL,          -- 0: all groups together
  taken        INTEGER NOT NULL,
  PRIMARY KEY (collector, round, unit_id, group_option)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::array kMigrations = {kInitial, kKiosks, kInvitations, kZaloSchema, kZaloHoldSchema};

}  // namespace

std::span<const std::string_view> Migrations() { return kMigrations; }

}  // namespace hailong::store
