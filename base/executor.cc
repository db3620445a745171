#include "base/executor.h"

namespace hailong::base {

Executor::Executor(size_t threads, size_t tasks_max) : tasks_(tasks_max) {
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] {
      while (auto task = tasks_.Take()) (*task)();
    });
  }
}

Executor::~Executor() { Stop(); }

bool Executor::Offer(std::function<void()> task) { return tasks_.Offer(std::move(task)); }

void Executor::Stop() {
  tasks_.Close();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace hailong::base
