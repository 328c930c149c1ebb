#include "mysql/client/pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "mysql/client/blocking_connection.h"

namespace sabil::mysql {

namespace {
using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
}  // namespace

class Pool::Impl {
  public:
    explicit Impl(PoolOptions options) : options_(std::move(options)), backoff_(options_.backoff_first) {
        options_.connections_max = std::clamp(options_.connections_max, 1U, 1024U);
        watch_ = std::thread([this] { watch_deadlines(); });
    }
    ~Impl() { stop(); }

    void submit(std::string statement, std::vector<Parameter> parameters, Callback done, milliseconds limit);
    void set_identity_check(IdentityCheck check) {
        const std::lock_guard lock(mutex_);
        check_ = std::move(check);
    }
    std::optional<ServerIdentity> identity() const {
        const std::lock_guard lock(mutex_);
        return identity_;
    }
    void reset_connections() {
        const std::lock_guard lock(mutex_);
        ++generation_;
        backoff_ = options_.backoff_first;
        next_connect_ = {};
    }
    Stats stats() const;

  private:
    struct Task;
    using TaskPointer = std::shared_ptr<Task>;
    using Deadlines = std::multimap<SteadyTime, TaskPointer>;
    struct Task {
        std::string statement;
        std::vector<Parameter> parameters;
        Callback done;  // empty once called
        SteadyTime deadline;
        milliseconds limit{0};
        Deadlines::iterator timer;
    };
    struct Worker {
        std::thread thread;
        std::unique_ptr<BlockingConnection> connection;
        std::uint64_t generation = 0;
    };

    void work(Worker& worker);
    void watch_deadlines();
    void finish(const TaskPointer& task, Result<Rows> result);
    Callback take_callback(Task& task);
    Result<Rows> run(Worker& worker, const Task& task);
    Result<void> connect(Worker& worker);
    Result<void> check_identity(const ServerIdentity& identity);
    void disconnect(Worker& worker);
    bool may_take(const Worker& worker) const;
    void stop();

    PoolOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable work_there_;
    std::condition_variable deadlines_changed_;
    bool stopping_ = false;
    std::deque<TaskPointer> queue_;
    Deadlines deadlines_;  // of everything queued or under way
    std::vector<std::unique_ptr<Worker>> workers_;
    std::thread watch_;
    unsigned spare_ = 0;  // workers that have no statement to run
    unsigned busy_ = 0;
    unsigned open_ = 0;
    std::uint64_t generation_ = 0;
    IdentityCheck check_;
    std::optional<ServerIdentity> identity_;
    Error last_connect_error_;
    SteadyTime next_connect_{};
    milliseconds backoff_;
    std::minstd_rand jitter_{std::random_device{}()};
    std::uint64_t statements_ = 0;
    std::uint64_t errors_ = 0;
    std::uint64_t connects_ = 0;
};

void Pool::Impl::submit(std::string statement, std::vector<Parameter> parameters, Callback done, milliseconds limit) {
    if (limit.count() <= 0 || limit > options_.statement_limit) limit = options_.statement_limit;
    auto task = std::make_shared<Task>();
    task->statement = std::move(statement);
    task->parameters = std::move(parameters);
    task->deadline = steady_clock::now() + limit;
    task->limit = limit;
    const char* refused = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            refused = "the pool of MySQL connections is stopping";
        } else if (queue_.size() >= options_.queue_statements_max) {
            refused = "too many statements wait for a MySQL connection";
            ++errors_;
        } else {
            task->done = std::move(done);
            task->timer = deadlines_.emplace(task->deadline, task);
            if (task->timer == deadlines_.begin()) deadlines_changed_.notify_one();
            queue_.push_back(task);
            if (queue_.size() > spare_ && workers_.size() < options_.connections_max) {
                ++spare_;
                auto& worker = *workers_.emplace_back(std::make_unique<Worker>());
                worker.thread = std::thread([this, &worker] { work(worker); });
            }
        }
    }
    if (refused != nullptr) return done(fail(ErrorCode::unavailable, refused));
    work_there_.notify_one();
}

// With the lock held: the callback, once.
Pool::Callback Pool::Impl::take_callback(Task& task) {
    auto done = std::exchange(task.done, nullptr);
    if (done) deadlines_.erase(task.timer);
    return done;
}

void Pool::Impl::finish(const TaskPointer& task, Result<Rows> result) {
    Callback done;
    {
        const std::lock_guard lock(mutex_);
        done = take_callback(*task);
        if (done) {
            ++statements_;
            if (!result) ++errors_;
        }
    }
    if (done) done(std::move(result));
}

// Ends what is past its time, queued or under way; a statement under way then ends for nobody.
void Pool::Impl::watch_deadlines() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (deadlines_.empty()) {
            deadlines_changed_.wait(lock);
            continue;
        }
        const auto first = deadlines_.begin();
        if (first->first > steady_clock::now()) {
            const auto until = first->first;
            deadlines_changed_.wait_until(lock, until);
            continue;
        }
        auto task = first->second;
        auto done = take_callback(*task);
        std::erase(queue_, task);
        ++statements_;
        ++errors_;
        lock.unlock();
        if (done) {
            done(
                fail(ErrorCode::timeout, "MySQL gave no answer within " + std::to_string(task->limit.count()) + " ms"));
        }
        lock.lock();
    }
}

// A worker without a connection leaves the work to those that have one while connecting is held back.
bool Pool::Impl::may_take(const Worker& worker) const {
    return !queue_.empty() && (worker.connection || open_ == 0 || steady_clock::now() >= next_connect_);
}

void Pool::Impl::work(Worker& worker) {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (!may_take(worker)) {
            if (queue_.empty()) {
                work_there_.wait(lock);
            } else {
                const auto until = next_connect_;
                work_there_.wait_until(lock, until);
            }
            continue;
        }
        auto task = std::move(queue_.front());
        queue_.pop_front();
        const bool outdated = worker.generation != generation_;
        ++busy_;
        --spare_;
        lock.unlock();
        if (outdated) disconnect(worker);
        auto result = run(worker, *task);
        lock.lock();
        --busy_;
        ++spare_;
        lock.unlock();
        finish(task, std::move(result));
        lock.lock();
    }
    lock.unlock();
    disconnect(worker);
    BlockingConnection::end_thread();
}

Result<Rows> Pool::Impl::run(Worker& worker, const Task& task) {
    for (int attempt = 0;; ++attempt) {
        const bool fresh = !worker.connection;
        if (fresh) {
            if (auto connected = connect(worker); !connected) return tl::unexpected(connected.error());
        }
        auto result = worker.connection->run(task.statement, task.parameters);
        if (worker.connection->broken()) disconnect(worker);
        // A connection that the server closed while it was idle is found out only now.
        const bool again = !result && !fresh && attempt == 0 && result.error().code == ErrorCode::unavailable &&
                           steady_clock::now() < task.deadline;
        if (!again) return result;
    }
}

Result<void> Pool::Impl::connect(Worker& worker) {
    {
        const std::lock_guard lock(mutex_);
        if (steady_clock::now() < next_connect_) return tl::unexpected(last_connect_error_);
        worker.generation = generation_;
    }
    auto connection = BlockingConnection::open(
        options_.connect, {options_.statement_limit, options_.prepared_per_connection_max, options_.result_bytes_max});
    Result<void> outcome;
    if (!connection) {
        outcome = tl::unexpected(connection.error());
    } else {
        outcome = check_identity((*connection)->identity());
    }
    const std::lock_guard lock(mutex_);
    if (outcome) {
        worker.connection = std::move(*connection);
        identity_ = worker.connection->identity();
        ++open_;
        ++connects_;
        last_connect_error_ = {};
        backoff_ = options_.backoff_first;
        next_connect_ = {};
        return {};
    }
    last_connect_error_ = outcome.error();
    const auto half = std::max<std::int64_t>(1, backoff_.count() / 2);
    next_connect_ = steady_clock::now() + milliseconds(half + static_cast<std::int64_t>(jitter_()) % half);
    backoff_ = std::min(backoff_ * 2, options_.backoff_max);
    return outcome;
}

Result<void> Pool::Impl::check_identity(const ServerIdentity& identity) {
    IdentityCheck check;
    {
        const std::lock_guard lock(mutex_);
        check = check_;
    }
    return check ? check(identity) : Result<void>{};
}

void Pool::Impl::disconnect(Worker& worker) {
    if (!worker.connection) return;
    worker.connection.reset();
    const std::lock_guard lock(mutex_);
    --open_;
}

Pool::Stats Pool::Impl::stats() const {
    const std::lock_guard lock(mutex_);
    return {open_, busy_, queue_.size(), statements_, errors_, connects_, last_connect_error_.message};
}

void Pool::Impl::stop() {
    std::vector<Callback> left;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (auto& task : queue_) left.push_back(take_callback(*task));
        queue_.clear();
    }
    work_there_.notify_all();
    deadlines_changed_.notify_all();
    for (auto& done : left) {
        if (done) done(fail(ErrorCode::unavailable, "the pool of MySQL connections is stopping"));
    }
    for (auto& worker : workers_) worker->thread.join();
    watch_.join();
}

Pool::Pool(PoolOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Pool::~Pool() = default;
void Pool::submit(std::string statement, std::vector<Parameter> parameters, Callback done, milliseconds limit) {
    impl_->submit(std::move(statement), std::move(parameters), std::move(done), limit);
}
void Pool::set_identity_check(IdentityCheck check) {
    impl_->set_identity_check(std::move(check));
}
std::optional<ServerIdentity> Pool::identity() const {
    return impl_->identity();
}
void Pool::reset_connections() {
    impl_->reset_connections();
}
Pool::Stats Pool::stats() const {
    return impl_->stats();
}

}  // namespace sabil::mysql
