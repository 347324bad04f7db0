// Tells receivers what happened: web hooks, mails and commands, on a thread of its own, so that a slow receiver holds
// up no evaluation. At least once: a server that dies after a receiver was told and before that is stored tells it
// again.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "slipway/base/ticker.h"
#include "slipway/domain/alert_store.h"
#include "slipway/domain/stores.h"
#include "slipway/monitor/actions/messenger.h"
#include "slipway/monitor/actions/payload.h"

namespace slipway::monitor {

class Dispatcher {
 public:
  struct Dependencies {
    domain::ScheduleStore& alerts;
    domain::ActionGroupStore& groups;
    domain::WorkspaceStore& workspaces;
    Messenger& messenger;
    const Clock& clock;
    std::mutex& changing;  // held while events are read and written back; not while a receiver is told
  };
  explicit Dispatcher(Dependencies dependencies);

  void Start() { ticker_.Start(); }
  void Stop() { ticker_.Stop(); }
  void Wake() { ticker_.Wake(); }

  // Makes every attempt that is due. When the next one will be.
  std::optional<Timestamp> Tick(Timestamp now);

 private:
  std::optional<Timestamp> TickWorkspace(const domain::Scope& scope, Timestamp now);
  // The event as it is stored afterwards.
  domain::AlertEvent Deliver(const domain::Scope& scope, domain::AlertEvent event, size_t index, Timestamp now);

  const Dependencies dependencies_;
  Ticker ticker_;
};

// One attempt at one receiver that is told (not started).
Status Tell(Messenger& messenger, const domain::AlertReceiver& receiver, const Notice& notice);

}  // namespace slipway::monitor
