#pragma once

// Every limit of the server, written once. What is larger gets a refusal that names the limit.

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace hailong::limits {

// The contract.
inline constexpr size_t kBatchResponsesMax = 500;
inline constexpr size_t kMessageBytesMax = 16 << 20;
inline constexpr size_t kPageSizeDefault = 200;
inline constexpr size_t kPageSizeMax = 1000;
inline constexpr size_t kPageTokenBytesMax = 256;
inline constexpr size_t kImportRowsMax = 5000;
inline constexpr size_t kViolationsMax = 20;  // of one response; the rest is only counted

// Names.
inline constexpr size_t kIdBytesMax = 64;
inline constexpr size_t kUnitIdBytesMax = 35;
inline constexpr size_t kQuestionIdBytesMax = 32;
inline constexpr size_t kNameBytesMax = 500;
inline constexpr size_t kEvidenceBytesMax = 128;
inline constexpr size_t kAuditObjectBytesMax = 200;  // an id and a digest
inline constexpr size_t kCounterBytesMax = 16;
inline constexpr size_t kLanguageBytesMax = 35;  // of a BCP 47 tag

// A questionnaire.
inline constexpr size_t kQuestionsMax = 400;
inline constexpr size_t kSingleChoiceOptionsMax =
    253;  // what a frame holds; 0 and 255 have meanings
inline constexpr size_t kMultipleChoiceOptionsMax = 31;
inline constexpr size_t kFormsMax = 16;
inline constexpr size_t kQuestionnaireBytesMax = 1 << 20;

// A response.
inline constexpr size_t kTextBytesMax = 4000;
inline constexpr size_t kTextsMax = 20;
inline constexpr size_t kPackedAnswersBytesMax = 4 * kQuestionsMax;
inline constexpr uint64_t kDeviceSequenceMax = uint64_t{1} << 53;
inline constexpr absl::Duration kFutureMax = absl::Minutes(5);  // a clock may be this far ahead
inline constexpr absl::Duration kClockOffsetMax = absl::Hours(24 * 3650);

// A round and its units.
inline constexpr size_t kUnitDepthMax = 16;
inline constexpr size_t kRoundUnitsMax = 65535;  // a frame holds a unit in two bytes
inline constexpr absl::Duration kGraceMax = absl::Hours(24 * 90);
inline constexpr absl::Duration kAppealMax = absl::Hours(24 * 366 * 3);
inline constexpr uint64_t kPopulationMax = uint64_t{1} << 40;
inline constexpr size_t kBurstCountMax = 1000;
inline constexpr size_t kWeightingStepsMax = 8;
inline constexpr size_t kRakingQuestionsMax = 4;
inline constexpr uint64_t kWeightingLayersMax =
    10000;  // answers to all questions of a plan, crossed
inline constexpr double kTrimmingUpperMax = 1000;
inline constexpr uint32_t kDisclosureNMinMax = 1000;
inline constexpr size_t kDisclosureTablesMax = 8;
inline constexpr size_t kDisclosureByMax = 3;
inline constexpr size_t kDisclosureQuestionsMax = 4;  // of all tables and the weighting plan

// A kiosk.
inline constexpr size_t kKioskLanguagesMax = 8;
inline constexpr uint32_t kKioskIdleSecondsMax = 600;
inline constexpr uint32_t kKioskCountdownSecondsMax = 120;
inline constexpr uint32_t kKioskPressIntervalMsMax = 60'000;
inline constexpr size_t kKioskMessageBytesMax = 2000;  // in all languages
inline constexpr size_t kKioskSetAsideMax = 20;
inline constexpr size_t kKioskStatusTextBytesMax = 1000;  // what is longer is cut, not refused
inline constexpr absl::Duration kHeartbeatInterval = absl::Minutes(1);
// Of all kiosks together, so that heartbeats cost one COMMIT a minute whatever their number.
inline constexpr absl::Duration kStatusSaveInterval = absl::Minutes(1);
inline constexpr absl::Duration kSilentForMax = absl::Hours(24 * 3650);
// Ten characters of 32: 50 bits. The whole server looks at this many wrong ones at once and then at
// one more in this time: a guess hits one of 500 open codes once in some 140,000 years.
inline constexpr absl::Duration kEnrolmentCodeLife = absl::Hours(24 * 7);
inline constexpr int kEnrolmentTriesMax = 30;
inline constexpr absl::Duration kEnrolmentTryEvery = absl::Seconds(2);

// A survey on the web. Tokens of invitations have 130 random bits, so guessing them is hopeless at
// any rate. Link codes and the checks of slips have 50: at 10,000 tries a second a stranger would
// meet one of 500 links (which hang on walls) in 7 years, and answer for a certain dossier in
// 3,500. So right ones always get in, and the tries below only slow down who is wrong.
inline constexpr size_t kTokenSize = 26;
inline constexpr size_t kLinkCodeSize = 10;
inline constexpr size_t kSlipCheckSize = 10;
inline constexpr int kSurveyTriesMax = 200;
inline constexpr absl::Duration kSurveyTryEvery = absl::Milliseconds(100);
inline constexpr size_t kWebLanguagesMax = 8;
inline constexpr size_t kQuotasMax = 5000;
inline constexpr size_t kInvitationsMax = 5000;  // of one call
inline constexpr size_t kInvitationIdsMax = 1000;
// That invitations were opened is saved together, so that opening costs no COMMIT each.
inline constexpr absl::Duration kOpenedSaveInterval = absl::Seconds(5);
inline constexpr size_t kOpenedUnsavedMax = 100'000;

// Zalo. What a webhook may hold: larger and deeper is refused before it is read.
inline constexpr size_t kZaloBodyBytesMax = 64 << 10;
inline constexpr size_t kZaloDepthMax = 16;
inline constexpr size_t kZaloIdBytesMax = 64;  // of a message, a tracking_id, an event's name
inline constexpr absl::Duration kZaloPastMax = absl::Hours(24);  // retries come hours late
inline constexpr absl::Duration kZaloFutureMax = absl::Minutes(5);
inline constexpr size_t kZaloLabelsMax = 5;
inline constexpr size_t kZaloLabelBytesMax = 100;
inline constexpr size_t kZaloFeedbacksMax = 20;
inline constexpr size_t kZaloInvitationsMax = 1000;  // of a call
inline constexpr size_t kZaloTemplatesMax = 16;
inline constexpr size_t kZaloTemplateParametersMax = 40;
inline constexpr size_t kZaloTemplateParameterBytesMax = 1000;
inline constexpr size_t kZaloMessageCharactersMax = 2000;
inline constexpr size_t kZaloLinkBytesMax = 1000;
inline constexpr size_t kZaloInboxMax = 4096;   // events that wait for the writer
inline constexpr size_t kZaloCommitMax = 1024;  // events of one commit
inline constexpr uint32_t kZaloSendsPerMinuteMax = 4000;

// Work under way.
inline constexpr size_t kWriterJobsMax = 4096;
inline constexpr size_t kCommitResponsesMax = 4096;
inline constexpr size_t kExecutorTasksMax = 1024;
inline constexpr size_t kWatchersMax = 256;
inline constexpr size_t kExportChunkRows = 500;
inline constexpr absl::Duration kRetryDelayBusy = absl::Milliseconds(200);
inline constexpr absl::Duration kRetryDelayDiskFull = absl::Seconds(10);
inline constexpr absl::Duration kRetryDelayKeyMissing = absl::Seconds(60);
inline constexpr absl::Duration kRetryDelayClosed = absl::Seconds(2);
inline constexpr absl::Duration kWatchIntervalMin = absl::Milliseconds(200);
inline constexpr absl::Duration kWatchIntervalMax = absl::Hours(1);

static_assert(kBatchResponsesMax <= kCommitResponsesMax);
// A batch of full questionnaires (about 12 bytes an answer) with a comment each fits into a
// message.
static_assert(kBatchResponsesMax * (kQuestionsMax * 24 + kTextBytesMax) <= kMessageBytesMax);

}  // namespace hailong::limits
