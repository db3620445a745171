#include "server/app/zalo.h"

#include <future>
#include <utility>
#include <vector>

#include "server/model/limits.h"

namespace hailong::app {

zalo::Deliver DeliverTo(intake::Intake& intake) {
  return [&intake](const model::Principal& sender, const std::vector<zalo::Delivery>& deliveries) {
    using Outcome = absl::StatusOr<model::Stored>;
    // All are offered before the first is waited for, so that one commit takes many.
    std::vector<std::future<Outcome>> under_way;
    under_way.reserve(deliveries.size());
    for (const zalo::Delivery& one : deliveries) {
      auto promise = std::make_shared<std::promise<Outcome>>();
      under_way.push_back(promise->get_future());
      intake.Offer(sender,
                   {.response = one.response, .respondent_key = one.respondent_key, .entrance = {}},
                   [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
    }
    std::vector<Outcome> outcomes;
    outcomes.reserve(under_way.size());
    for (std::future<Outcome>& one : under_way) outcomes.push_back(one.get());
    return outcomes;
  };
}

void AddWebhook(zalo::Webhook& webhook, web::Site& site) {
  site.Add({.name = "zalo-webhook",
            .path = "/zalo/webhook",
            .methods = {"GET", "POST"},
            .body_bytes_max = limits::kZaloBodyBytesMax,
            .serve = [&webhook](web::Request request, web::Done done) {
              zalo::WebhookRequest told{.method = std::move(request.method),
                                        .headers = {},
                                        .body = std::move(request.body)};
              told.headers.reserve(request.headers.size());
              for (web::Header& header : request.headers) {
                told.headers.emplace_back(std::move(header.name), std::move(header.value));
              }
              webhook.Receive(
                  told, [done = std::move(done)](int status) { done(web::PlainText(status, "")); });
            }});
}

}  // namespace hailong::app
