// Asks the server what is needed to judge a lookup: how it reads text (sql_mode), which columns the query gives, and of
// which type the columns are that its names are compared with.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/coherence/coherence.h"
#include "proxy/readthrough/lookup_service.h"
#include "proxy/readthrough/lookup_state.h"

namespace sabil::proxy::readthrough {

// Thread-safety: every function from any thread; must outlive the callbacks of `submit`.
class Inspector {
  public:
    Inspector(Coherence& coherence, Submit submit, std::string default_schema, std::chrono::milliseconds limit)
        : coherence_(coherence),
          submit_(std::move(submit)),
          default_schema_(std::move(default_schema)),
          limit_(limit) {}

    using Finding = LookupService::Finding;
    using Findings = std::vector<Finding>;
    // Errors: those of the pool, where the server could not be asked. Sets the lookup's analysis.
    void inspect(std::shared_ptr<LookupState> lookup, std::function<void(Result<Findings>)> done);
    // The same, only the types, in the background, where those known are of another epoch.
    void refresh(const std::shared_ptr<LookupState>& lookup);

  private:
    struct Inspection;
    void read_mode(const std::shared_ptr<Inspection>& inspection);
    void read_types(const std::shared_ptr<Inspection>& inspection);
    void read_json_columns(const std::shared_ptr<Inspection>& inspection);
    void read_columns(const std::shared_ptr<Inspection>& inspection);
    void finish(const std::shared_ptr<Inspection>& inspection, Result<Findings> findings);

    Coherence& coherence_;
    Submit submit_;
    std::string default_schema_;
    std::chrono::milliseconds limit_;
};

}  // namespace sabil::proxy::readthrough
