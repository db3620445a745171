#include "server/zalo/reconciler.h"

#include <algorithm>
#include <cstdlib>

#include "base/log/log.h"
#include "base/status.h"
#include "server/zalo/event.h"
#include "server/zalo/webhook.h"

namespace hailong::zalo {
namespace {

using base::Cat;

constexpr size_t kPageItems = 200;
constexpr size_t kPagesMax = 50;                     // of a window
constexpr absl::Duration kWindow = absl::Hours(24);  // halved where its pages do not suffice
constexpr absl::Duration kWindowMin = absl::Minutes(1);
constexpr absl::Duration kOverlap = absl::Hours(48);  // Zalo may list a rating late
constexpr absl::Duration kFirstLook = absl::Hours(24 * 14);
constexpr absl::Duration kRetry = absl::Minutes(5);

}  // namespace

absl::Duration Reconciler::Step() {
  const absl::Time now = clock_.Now();
  if (!asked_.exchange(false) && now < next_at_)
    return std::min(next_at_ - now, absl::Duration(absl::Minutes(1)));
  const auto found = Look();
  next_at_ = now + (found.ok() ? settings_.reconcile_interval : kRetry);
  {
    base::MutexLock lock(mutex_);
    trouble_ = found.ok() ? "" : std::string(found.status().message());
  }
  if (!found.ok()) {
    base::LogWarning(Cat("zalo: looking for lost ratings: ", found.status().message()));
  } else if (*found > 0) {
    base::LogWarning(Cat("zalo: ", *found, " ratings were found that no webhook had told"));
  }
  return absl::Seconds(1);
}

std::string Reconciler::Trouble() const {
  base::MutexLock lock(mutex_);
  return trouble_;
}

absl::StatusOr<size_t> Reconciler::Look() {
  const absl::Time now = clock_.Now();
  size_t found = 0;
  absl::Status trouble;
  for (const std::string& template_id : settings_.file.template_ids()) {
    const auto of_template = LookAt(template_id, now);
    found += of_template.value_or(0);
    trouble.Update(of_template.status());
    // What Zalo says of one template is nothing about the next; who cannot be reached stays so.
    if (absl::IsUnavailable(of_template.status()) || absl::IsUnknown(of_template.status())) break;
  }
  if (found > 0 && stored_) stored_();
  RETURN_IF_ERROR(trouble);
  return found;
}

absl::StatusOr<absl::Time> Reconciler::ReconciledTo() {
  absl::Time all = absl::InfiniteFuture();
  for (const std::string& template_id : settings_.file.template_ids()) {
    ASSIGN_OR_RETURN(const absl::Time to, store_.ReadZaloReconciled(template_id));
    all = std::min(all, to);
  }
  return all;
}

absl::StatusOr<size_t> Reconciler::LookAt(const std::string& template_id, absl::Time now) {
  ASSIGN_OR_RETURN(const absl::Time before, store_.ReadZaloReconciled(template_id));
  absl::Time from = before == absl::InfinitePast() ? now - kFirstLook : before - kOverlap;
  size_t found = 0;
  while (from < now) {
    const absl::Time to = std::min(from + kWindow, now);
    ASSIGN_OR_RETURN(const size_t in_window, LookAtWindow(template_id, from, to));
    found += in_window;
    from = to;
  }
  RETURN_IF_ERROR(commits_.Run(
      [&](store::ZaloStore& store) { return store.PutZaloReconciled(template_id, now); }));
  return found;
}

absl::StatusOr<ApiAnswer> Reconciler::AskPage(const std::string& template_id, absl::Time from,
                                              absl::Time to, size_t offset) {
  auto answer = api_.ListRatings(template_id, from, to, offset, kPageItems, by_post_);
  if (answer.ok() && answer->verdict == Verdict::kMethod) {
    answer = api_.ListRatings(template_id, from, to, offset, kPageItems, !by_post_);
    // Whichever verb works is the right one from now on.
    if (answer.ok() && answer->verdict == Verdict::kDone) by_post_ = !by_post_;
  }
  RETURN_IF_ERROR(answer.status());
  if (answer->verdict != Verdict::kDone) {
    return absl::FailedPreconditionError(Cat("rating/get answers error ", answer->code));
  }
  return answer;
}

absl::StatusOr<size_t> Reconciler::LookAtWindow(const std::string& template_id, absl::Time from,
                                                absl::Time to) {
  size_t found = 0;
  size_t offset = 0;
  for (size_t page = 0; page < kPagesMax; ++page) {
    ASSIGN_OR_RETURN(const ApiAnswer answer, AskPage(template_id, from, to, offset));
    const base::Json* const data = answer.body.Find("data");
    const base::Json* const items = data != nullptr ? data->Find("data") : nullptr;
    if (items == nullptr || items->items().empty()) return found;
    ASSIGN_OR_RETURN(const size_t of_page, Store(*items));
    found += of_page;
    offset += items->items().size();
    const uint64_t total = std::strtoull(std::string(data->TextOf("total")).c_str(), nullptr, 10);
    if (offset >= total) return found;
  }
  if (to - from <= kWindowMin) {
    return absl::ResourceExhaustedError(
        Cat("rating/get lists more than ", offset, " ratings of template ", template_id, " from ",
            absl::ToUnixMillis(from), " to ", absl::ToUnixMillis(to), ", allowed are ", kPagesMax,
            " pages; the rest and what is later was not looked for"));
  }
  const absl::Time middle = from + (to - from) / 2;
  ASSIGN_OR_RETURN(const size_t earlier, LookAtWindow(template_id, from, middle));
  ASSIGN_OR_RETURN(const size_t later, LookAtWindow(template_id, middle, to));
  return found + earlier + later;
}

absl::StatusOr<size_t> Reconciler::Store(const base::Json& items) {
  const absl::Time now = clock_.Now();
  std::vector<store::ZaloEvent> rows;
  for (const base::Json& item : items.items()) {
    const auto event = ParseListedRating(item, settings_.file.app_id(), settings_.file.oa_id());
    if (!event.has_value()) continue;
    ASSIGN_OR_RETURN(store::ZaloEvent row, RowOf(*event, "", now, vault_));
    rows.push_back(std::move(row));
  }
  std::vector<bool> added;
  RETURN_IF_ERROR(commits_.Run([&](store::ZaloStore& store) -> absl::Status {
    ASSIGN_OR_RETURN(added, store.AppendZaloEvents(rows));
    return absl::OkStatus();
  }));
  return static_cast<size_t>(std::count(added.begin(), added.end(), true));
}

}  // namespace hailong::zalo
