#pragma once

// std::mutex with clang's thread-safety annotations, so that the `clang` preset proves that guarded
// members are touched under their lock. Plain std::mutex inside: ThreadSanitizer understands it.

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define HAILONG_TSA(x) __attribute__((x))
#else
#define HAILONG_TSA(x)
#endif
#define GUARDED_BY(x) HAILONG_TSA(guarded_by(x))
#define REQUIRES(...) HAILONG_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) HAILONG_TSA(locks_excluded(__VA_ARGS__))

namespace hailong::base {

class HAILONG_TSA(capability("mutex")) Mutex {
 public:
  void Lock() HAILONG_TSA(acquire_capability()) { mutex_.lock(); }
  void Unlock() HAILONG_TSA(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class HAILONG_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) HAILONG_TSA(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() HAILONG_TSA(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

class CondVar {
 public:
  // Returns after a Notify, a while, or for no reason: callers loop over their condition.
  void Wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    changed_.wait(lock);
    lock.release();
  }
  void WaitFor(Mutex& mutex, std::chrono::milliseconds at_most) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    changed_.wait_for(lock, at_most);
    lock.release();
  }
  void NotifyAll() { changed_.notify_all(); }
  void NotifyOne() { changed_.notify_one(); }

 private:
  std::condition_variable changed_;
};

}  // namespace hailong::base
